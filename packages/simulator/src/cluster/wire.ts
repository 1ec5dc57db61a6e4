import { joinBytes, type Prng } from '@rinha/base'
import type { ByteStream, StreamEvents } from '@rinha/channel'
import type { World } from '../world.ts'

/** The faults of the network. All wires of a cluster share one object, which changes with the weather. */
export interface WireWeather {
  delayMsMin: number
  delayMsMax: number
  /** The chance that written bytes arrive in several pieces, and that bytes which have arrived are read together. */
  splitChance: number
}

/** The amount of unsent data after which a socket asks its writer to wait (Node's default). */
const unsentBytesMax = 16 * 1024
const piecesMax = 5

/**
 * A connection between two processes, in place of a TCP socket: an ordered stream of bytes each way.
 *
 * What it can do to them: delay them, cut them into pieces anywhere, join them, stop in the middle of a frame when the
 * connection breaks ({@link cut}), or say nothing at all any more while it looks open ({@link silence}: the other
 * machine has vanished, and either end has to find out by itself).
 *
 * When a process dies ({@link WireEnd.kill}) it does what a kernel does. All that was written arrives, and then the end. But
 * where something is left that the dead one has not read, or comes for it later, the answer is a reset: the next write of
 * the other end fails, and with it what has come there and is not read yet is thrown away, as Node does it.
 */
export class Wire {
  /** The ends of the caller and of the called. */
  readonly ends: readonly [WireEnd, WireEnd]

  readonly caller: string
  /** The machine that is called. */
  readonly machine: number

  constructor(world: World, prng: Prng, weather: WireWeather, names: readonly [string, string], machine = 0) {
    this.caller = names[0]
    this.machine = machine
    const [caller, called] = [
      new WireEnd(world, prng, weather, names[1]),
      new WireEnd(world, prng, weather, names[0]),
    ]
    caller.other = called
    called.other = caller
    this.ends = [caller, called]
  }

  get open(): boolean {
    return this.ends.some(end => end.open)
  }

  /** The connection breaks, and each end learns of it in its own time. */
  cut(): void {
    for (const end of this.ends) {
      end.broken = true
      end.breakOff(connectionReset)
    }
  }

  /** From now on nothing arrives, and neither end is told. */
  silence(): void {
    for (const end of this.ends) end.vanish()
  }
}

const connectionReset = 'read ECONNRESET'
const writeReset = 'write ECONNRESET'

/** Bytes on their way, or the end of the stream, which comes after all bytes. */
interface Piece {
  readonly bytes: Uint8Array
  readonly end: 'none' | 'ended' | { readonly reason: string }
  readonly arrivalMs: number
}

/**
 * One end of a wire, as its owner uses it, and the direction in which it sends.
 *
 * `open` → end() → `ending` (what was written still arrives) → `closed`; destroy(), a break, or the other end's end
 * lead to `closed` from either. `closed` is told a moment later, as the platform does, never from within a call.
 */
export class WireEnd implements ByteStream {
  readonly peer: string
  /** The peer at the other end is no part of the cluster. */
  hostile = false
  /** The network has broken it: what was under way is lost. */
  broken = false
  /** The process at this end, where it may stand still: what arrives waits for it. */
  process: { run(work: () => void): void } | undefined
  /** Observes written bytes before they leave. */
  watch: ((bytes: Uint8Array) => void) | undefined
  other: WireEnd | undefined
  /** The process at this end has died. */
  dead = false
  /** The bytes that were written here were lost. The next write fails. */
  #reset = false
  readonly #world: World
  readonly #prng: Prng
  readonly #weather: WireWeather
  #events: StreamEvents | undefined
  #state: 'open' | 'ending' | 'closed' = 'open'
  /** Written here and not yet arrived over there. */
  #underWay: Piece[] = []
  #unsentBytes = 0
  #needsDrain = false
  #lastArrivalMs = 0
  /** The wire is silent: nothing that is written from now on arrives. */
  #silent = false
  #corkCount = 0
  #corked: Uint8Array[] = []
  #paused = false
  /** Arrived here while it is paused. */
  #held: Piece[] = []

  constructor(world: World, prng: Prng, weather: WireWeather, peer: string) {
    this.#world = world
    this.#prng = prng
    this.#weather = weather
    this.peer = peer
  }

  get open(): boolean {
    return this.#state !== 'closed'
  }

  get needsDrain(): boolean {
    return this.#needsDrain && this.#state === 'open'
  }

  attach(events: StreamEvents): void {
    this.#events = this.process === undefined ? events : eventsThrough(this.process, events)
  }

  write(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    if (this.#reset) return this.#failToWrite()
    // A dead process reads nothing of it.
    this.#reset = this.other?.dead === true
    this.watch?.(bytes)
    this.#unsentBytes += bytes.length
    if (this.#unsentBytes >= unsentBytesMax) this.#needsDrain = true
    if (this.#corkCount > 0) this.#corked.push(bytes)
    else this.#send(bytes)
  }

  cork(): void {
    this.#corkCount += 1
  }

  uncork(): void {
    this.#corkCount -= 1
    if (this.#corkCount === 0) this.#sendCorked()
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#world.after(0, () => this.#release())
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#sendCorked()
    this.#state = 'ending'
    if (!this.#silent) this.#post(noBytes, 'ended')
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#close(undefined)
    this.breakOff(this.#prng.chance(0.5) ? connectionReset : undefined)
  }

  /** The process at this end is gone: it hears nothing more, and its system ends the connection as systems do. */
  kill(): void {
    this.#events = undefined
    if (this.#state === 'closed') return
    const { other } = this
    this.dead = true
    if (other !== undefined)
      other.#reset = [...this.#held, ...other.#underWay].some(({ bytes }) => bytes.length > 0)
    this.#close(undefined)
    if (!this.#silent) this.#post(noBytes, 'ended')
  }

  /** The other end's system has answered with a reset. What it sent before, and is not read yet, is lost. */
  #failToWrite(): void {
    if (this.other !== undefined) this.other.#underWay = []
    this.#close(writeReset)
  }

  /** No process accepted the connection. */
  refuse(): void {
    this.#close('connect ECONNREFUSED')
  }

  /** A part of the bytes under way from here, from their beginning, may still arrive. Then the other end learns of the break. */
  breakOff(reason: string | undefined): void {
    if (this.#silent) return
    const kept = this.#prng.integer(0, this.#underWay.length)
    const last = this.#underWay[kept]
    this.#underWay.length = kept
    const arrivedBytes = last === undefined ? 0 : this.#prng.integer(0, last.bytes.length)
    if (last !== undefined && arrivedBytes > 0) this.#post(last.bytes.subarray(0, arrivedBytes), 'none')
    this.#post(noBytes, reason === undefined ? 'ended' : { reason })
  }

  /** The bytes on their way from here, and those written later, do not arrive. */
  vanish(): void {
    this.#underWay = []
    this.#silent = true
    this.broken = true
  }

  #sendCorked(): void {
    if (this.#corked.length === 0) return
    const corked = this.#corked
    this.#corked = []
    this.#send(joinBytes(corked))
  }

  #send(bytes: Uint8Array): void {
    if (this.#silent || this.#state === 'closed') return
    for (const piece of this.#pieces(bytes)) this.#post(piece, 'none')
  }

  #post(bytes: Uint8Array, end: Piece['end']): void {
    const { delayMsMin, delayMsMax } = this.#weather
    const delayMs = delayMsMin + this.#prng.unit() * (delayMsMax - delayMsMin)
    const arrivalMs = Math.max(this.#lastArrivalMs, this.#world.nowMs + delayMs)
    this.#lastArrivalMs = arrivalMs
    const piece = { bytes, end, arrivalMs }
    this.#underWay.push(piece)
    this.#world.at(arrivalMs, () => this.#arrive(piece))
  }

  #arrive(piece: Piece): void {
    // Otherwise it was lost, or read together with the one before.
    if (this.#underWay[0] === piece) this.other?.receive(this.#takeArrived(piece))
  }

  /** The bytes that the other end reads at once: one piece, and now and then also the bytes that arrived right after it. */
  #takeArrived(first: Piece): Piece {
    this.#underWay.shift()
    const [second] = this.#underWay
    if (second === undefined || second.arrivalMs > first.arrivalMs || second.end !== 'none') return first
    if (!this.#prng.chance(0.5)) return first
    this.#underWay.shift()
    return { ...first, bytes: joinBytes([first.bytes, second.bytes]) }
  }

  receive(piece: Piece): void {
    if (this.#state === 'closed') return
    if (this.#paused || this.#held.length > 0) this.#held.push(piece)
    else this.#read(piece)
  }

  #release(): void {
    while (!this.#paused && this.#state !== 'closed') {
      const piece = this.#held.shift()
      if (piece === undefined) return
      this.#read(piece)
    }
  }

  #read({ bytes, end }: Piece): void {
    if (end === 'none') {
      this.#events?.onData(bytes)
      this.other?.onRead(bytes.length)
      return
    }
    this.#close(end === 'ended' ? undefined : end.reason)
    // An end that learns that the other one sends no more closes as well, so no connection stays half-open here.
    if (end === 'ended') this.breakOff(undefined)
  }

  /** The other end has read so many of the bytes that were written here. */
  onRead(readBytes: number): void {
    this.#unsentBytes -= readBytes
    if (!this.needsDrain || this.#unsentBytes > 0) return
    this.#needsDrain = false
    this.#events?.onDrained()
  }

  #close(reason: string | undefined): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#held = []
    this.#world.after(this.#prng.unit(), () => {
      if (reason !== undefined) this.#events?.onError(reason)
      this.#events?.onClosed()
    })
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

const noBytes = new Uint8Array(0)

function eventsThrough(process: NonNullable<WireEnd['process']>, events: StreamEvents): StreamEvents {
  const run = (work: () => void) => process.run(work)
  return {
    onData: chunk => run(() => events.onData(chunk)),
    onDrained: () => run(() => events.onDrained()),
    onError: reason => run(() => events.onError(reason)),
    onClosed: () => run(() => events.onClosed()),
  }
}
