import type { Prng } from '@rinha/base'
import type { World } from '../world.ts'

/** What an end of a {@link Wire} hears. Nothing comes after `onClosed`, which comes once. */
export interface WireOwner {
  onBytes(chunk: Uint8Array): void
  /** All that was written has left, after there had been too much of it. */
  onDrained(): void
  onClosed(cause: string): void
}

/** What the network does to bytes. One object for all wires of a cluster, changed as the weather changes. */
export interface WireWeather {
  delayMsMin: number
  delayMsMax: number
  /** The chance that what is written arrives in several pieces. */
  splitChance: number
}

/** As much unsent data as a socket takes before it asks to wait (Node's default). */
const unsentBytesMax = 16 * 1024
const piecesMax = 5

/** A piece of what was written, on its way. */
interface Piece {
  readonly bytes: Uint8Array
}

/** One direction of a wire: bytes arrive in order, in pieces of any size, as late as the weather has it. */
class Direction {
  readonly underWay: Piece[] = []
  unsentBytes = 0
  wasFull = false
  lastArrivalMs = 0
}

/**
 * A connection between an API node and the coordinator, in place of a TCP socket: an ordered stream of bytes each way.
 *
 * What it can do to them: delay, cut into pieces anywhere, stop in the middle of a frame when the connection breaks
 * ({@link cut}), or say nothing at all any more while it looks open ({@link silence}: the other machine has vanished).
 *
 * States: `open` → cut(), or either end's destroy() → `closed`; an end's end() → `closing`: what it wrote before still
 * arrives, then both ends close.
 */
export class Wire {
  readonly ends: readonly [WireEnd, WireEnd]
  readonly #world: World
  readonly #prng: Prng
  readonly #weather: WireWeather
  readonly #directions = [new Direction(), new Direction()] as const
  #state: 'open' | 'closing' | 'closed' = 'open'
  #silent = false

  constructor(world: World, prng: Prng, weather: WireWeather) {
    this.#world = world
    this.#prng = prng
    this.#weather = weather
    this.ends = [new WireEnd(this, 0), new WireEnd(this, 1)]
  }

  get open(): boolean {
    return this.#state !== 'closed'
  }

  full(from: 0 | 1): boolean {
    return this.#directions[from].unsentBytes >= unsentBytesMax
  }

  write(from: 0 | 1, bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    const direction = this.#directions[from]
    direction.unsentBytes += bytes.length
    if (this.full(from)) direction.wasFull = true
    if (this.#silent) return
    for (const piece of this.#pieces(bytes)) this.#post(from, direction, { bytes: piece })
  }

  /** The connection breaks: of what is on its way a part may still arrive, up to any byte. */
  cut(cause: string): void {
    if (this.#state === 'closed') return
    for (const from of [0, 1] as const) {
      const first = this.#directions[from].underWay.shift()
      if (first === undefined || this.#silent) continue
      const arrived = this.#prng.integer(0, first.bytes.length)
      if (arrived > 0) this.ends[from === 0 ? 1 : 0].owner?.onBytes(first.bytes.subarray(0, arrived))
    }
    this.#close(cause)
  }

  /** From now on nothing arrives, and nobody is told: the other end's machine is gone. */
  silence(): void {
    this.#silent = true
    for (const direction of this.#directions) direction.underWay.length = 0
  }

  /** What was written so far still arrives, then both ends learn that the connection is over. */
  end(from: 0 | 1): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    const lastMs = Math.max(this.#world.nowMs, this.#directions[from].lastArrivalMs)
    this.#world.at(lastMs, () => this.#close('closed by the other end'))
  }

  #close(cause: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    for (const direction of this.#directions) direction.underWay.length = 0
    for (const end of this.ends) {
      this.#world.after(this.#prng.unit(), () => end.owner?.onClosed(cause))
    }
  }

  #post(from: 0 | 1, direction: Direction, piece: Piece): void {
    const { delayMsMin, delayMsMax } = this.#weather
    const delayMs = delayMsMin + this.#prng.unit() * (delayMsMax - delayMsMin)
    const arrivalMs = Math.max(direction.lastArrivalMs, this.#world.nowMs + delayMs)
    direction.lastArrivalMs = arrivalMs
    direction.underWay.push(piece)
    this.#world.at(arrivalMs, () => this.#arrive(from, direction, piece))
  }

  #arrive(from: 0 | 1, direction: Direction, piece: Piece): void {
    if (direction.underWay[0] !== piece) return
    direction.underWay.shift()
    direction.unsentBytes -= piece.bytes.length
    this.ends[from === 0 ? 1 : 0].owner?.onBytes(piece.bytes)
    if (!direction.wasFull || direction.unsentBytes > 0) return
    direction.wasFull = false
    this.ends[from].owner?.onDrained()
  }

  #pieces(bytes: Uint8Array): readonly Uint8Array[] {
    if (bytes.length < 2 || !this.#prng.chance(this.#weather.splitChance)) return [bytes]
    const pieces: Uint8Array[] = []
    let at = 0
    while (at < bytes.length) {
      const isLast = pieces.length === piecesMax - 1
      const end = isLast ? bytes.length : this.#prng.integer(at + 1, bytes.length)
      pieces.push(bytes.subarray(at, end))
      at = end
    }
    return pieces
  }
}

/** One end of a wire, as its owner uses it. */
export class WireEnd {
  owner: WireOwner | undefined
  readonly #wire: Wire
  readonly #side: 0 | 1

  constructor(wire: Wire, side: 0 | 1) {
    this.#wire = wire
    this.#side = side
  }

  /** True while it holds as much unsent data as it should. */
  get full(): boolean {
    return this.#wire.full(this.#side)
  }

  write(bytes: Uint8Array): void {
    this.#wire.write(this.#side, bytes)
  }

  end(): void {
    this.#wire.end(this.#side)
  }

  destroy(cause: string): void {
    this.#wire.cut(cause)
  }
}
