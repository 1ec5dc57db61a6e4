import { assert, type Cancel, type Timers } from '@rinha/base'

/** Lets calls begin one after the other, at most `callsPerSecondMax` a second and never two at once. */
export class CallRate {
  readonly #intervalMs: number
  readonly #nowMs: () => number
  readonly #timers: Timers
  #nextAtMs = Number.NEGATIVE_INFINITY
  #cancel: Cancel = () => {}

  constructor(callsPerSecondMax: number, nowMs: () => number, timers: Timers) {
    assert(callsPerSecondMax > 0, 'some calls are allowed')
    this.#intervalMs = 1000 / callsPerSecondMax
    this.#nowMs = nowMs
    this.#timers = timers
  }

  /** Runs it as soon as the rate allows. The caller waits for it before calling again. */
  whenDue(run: () => void): void {
    const nowMs = this.#nowMs()
    const dueAtMs = Math.max(nowMs, this.#nextAtMs)
    this.#nextAtMs = dueAtMs + this.#intervalMs
    if (dueAtMs <= nowMs) run()
    else this.#cancel = this.#timers.after(dueAtMs - nowMs, run)
  }

  stop(): void {
    this.#cancel()
  }
}
