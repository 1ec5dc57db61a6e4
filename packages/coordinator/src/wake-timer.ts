import type { Cancel, Timers } from '@rinha/base'

/** The one timer that stands for "time has passed", at the earliest moment that was asked for. Times are monotonic. */
export class WakeTimer {
  readonly #timers: Pick<Timers, 'after'>
  readonly #wake: () => void
  #atMs = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined

  constructor(timers: Pick<Timers, 'after'>, wake: () => void) {
    this.#timers = timers
    this.#wake = wake
  }

  /** Infinity asks for nothing. */
  ask(atMs: number, nowMs: number): void {
    if (atMs >= this.#atMs) return
    this.cancel()
    this.#atMs = atMs
    // Whole milliseconds, and at least one: a platform's timer may cut fractions off, and come too early.
    this.#cancel = this.#timers.after(Math.max(1, Math.ceil(atMs - nowMs)), () => {
      this.#atMs = Number.POSITIVE_INFINITY
      this.#wake()
    })
  }

  cancel(): void {
    this.#cancel?.()
    this.#atMs = Number.POSITIVE_INFINITY
  }
}
