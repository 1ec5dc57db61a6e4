import { Prng } from '@rinha/base'
import type { ProcessorPorts } from './ports.ts'

/**
 * A clock that advances only when it is told to, and seeded chance. The clock does not begin at a multiple of any interval.
 */
export class ManualTime implements ProcessorPorts {
  #nowMs = 123_456.75
  readonly #startMs = this.#nowMs
  readonly #prng = new Prng(1)
  #timers: { readonly dueMs: number; readonly run: () => void }[] = []

  nowMs(): number {
    return this.#nowMs
  }

  unit(): number {
    return this.#prng.unit()
  }

  get elapsedMs(): number {
    return this.#nowMs - this.#startMs
  }

  get timerCount(): number {
    return this.#timers.length
  }

  after(delayMs: number, run: () => void): void {
    this.#timers.push({ dueMs: this.#nowMs + delayMs, run })
  }

  /** Runs what falls due, in order, and stands `spanMs` later. */
  pass(spanMs: number): void {
    const untilMs = this.#nowMs + spanMs
    for (;;) {
      const [next] = this.#timers.toSorted((one, other) => one.dueMs - other.dueMs)
      if (next === undefined || next.dueMs > untilMs) break
      this.#timers = this.#timers.filter(timer => timer !== next)
      this.#nowMs = next.dueMs
      next.run()
    }
    this.#nowMs = untilMs
  }
}
