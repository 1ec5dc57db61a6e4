import { assert, Prng, type Time } from '@rinha/base'
import { EventHeap } from './event-heap.ts'

/**
 * Virtual time and seeded chance, for everything that happens in one simulated run (a discrete-event simulation: the
 * clock jumps from event to event, so that an hour without events costs nothing). Whatever happens is a callback at a
 * time; callbacks never overlap, so a run is one order of events, and the seed fixes it.
 *
 * Alternatives: promises on a fake clock (their order is the platform's, and one costs ten of these callbacks); real
 * time, scaled (never the same twice).
 *
 * Invariants:
 *   W1. Time never runs backwards.
 *   W2. Events at equal times run in the order in which they were scheduled.
 *   W3. The same seed and the same calls give the same {@link traceHash}.
 */
export class World {
  readonly seed: number
  /** The world's own chance. A part that rolls often takes a {@link stream} instead, so as not to disturb others. */
  readonly prng: Prng
  readonly #events = new EventHeap()
  readonly #words = new Map<string, number>()
  #nowMs: number
  #eventCount = 0
  #hashLow = 0x811c9dc5
  #hashHigh = 0x01000193

  constructor(seed: number, startMs = worldStartMs) {
    this.seed = seed
    this.prng = new Prng(seed)
    this.#nowMs = startMs
  }

  /** Milliseconds since the epoch, with fractions: a network is quicker than a millisecond. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** The clocks of a machine that was started together with the world. */
  get time(): Time {
    return { nowMs: this.#nowMs - worldStartMs, wallMs: Math.floor(this.#nowMs) }
  }

  /** Events that have run. */
  get eventCount(): number {
    return this.#eventCount
  }

  /** When the next event is due, or Infinity. */
  get nextMs(): number {
    return this.#events.nextMs
  }

  /** A generator of its own for one part: what one part rolls then never changes what another does. */
  stream(): Prng {
    return new Prng(this.prng.uint32())
  }

  after(delayMs: number, run: () => void): void {
    assert(delayMs >= 0, 'W1: nothing happens before now')
    this.#events.push(this.#nowMs + delayMs, run)
  }

  at(timeMs: number, run: () => void): void {
    assert(timeMs >= this.#nowMs, 'W1: nothing happens before now')
    this.#events.push(timeMs, run)
  }

  /** Runs the next event. False where there is none. */
  step(): boolean {
    const timeMs = this.#events.nextMs
    const run = this.#events.pop()
    if (run === undefined) return false
    this.#nowMs = timeMs
    this.#eventCount += 1
    run()
    return true
  }

  /** Runs everything up to `timeMs`, that moment included; it is then `timeMs`. */
  runUntil(timeMs: number): void {
    assert(timeMs >= this.#nowMs, 'W1: time does not run backwards')
    while (this.#events.nextMs <= timeMs) this.step()
    this.#nowMs = timeMs
  }

  /** Mixes what happened, and when, into the trace hash. */
  note(word: string, a: number, b = 0, c = 0): void {
    let code = this.#words.get(word)
    if (code === undefined) {
      code = textHash(word)
      this.#words.set(word, code)
    }
    this.#mix(code)
    this.#mixNumber(a)
    if (b !== 0) this.#mixNumber(b)
    if (c !== 0) this.#mixNumber(c)
    // Microseconds since the start of the current 2³² of them: as fine as anything here depends on.
    this.#mix(Math.floor((this.#nowMs - worldStartMs) * 1000) | 0)
  }

  /** 16 hexadecimal digits. Two runs with the same hash did, for all that was noted, the same at the same times. */
  get traceHash(): string {
    return hex(this.#hashHigh) + hex(this.#hashLow)
  }

  #mixNumber(value: number): void {
    this.#mix(value | 0)
    if (value >= 2 ** 31) this.#mix(Math.floor(value / 2 ** 32) | 0)
  }

  /** Two halves of 32 bits, each a murmur-like mix (Appleby 2011) that also takes in the other. */
  #mix(bits: number): void {
    const low = Math.imul(this.#hashLow ^ bits, 0x85ebca6b)
    const high = Math.imul(this.#hashHigh ^ bits ^ (low >>> 13), 0xc2b2ae35)
    this.#hashLow = (low ^ (high >>> 16)) | 0
    this.#hashHigh = (high ^ (low >>> 15)) | 0
  }
}

/** When a world begins, unless told: 2025-08-09T21:19:56Z. Fixed, so that no run depends on the day it is made. */
export const worldStartMs = 1_754_774_396_000

function textHash(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash | 0
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0')
}
