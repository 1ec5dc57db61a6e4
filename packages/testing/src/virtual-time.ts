interface Due {
  readonly atMs: number
  readonly run: () => void
}

/**
 * The clock and the timers of a process, in a test: time passes only when the test says so, and nothing is waited for. The
 * timers have the shape of `Timers` in `@rinha/base`, so both can be handed to code that takes its time from outside.
 *
 * A moment ends with `soon`: as in Node.js, timers that are due run first, and then what was put off to the end of the turn.
 */
export class VirtualTime {
  nowMs = 0
  /** By their time, and in the order in which they were set among equal ones. */
  readonly #due: Due[] = []
  #soon: (() => void)[] = []

  /** Timers that run. */
  get timerCount(): number {
    return this.#due.length
  }

  /** Nothing is scheduled, so nothing will happen however much time passes. */
  get isIdle(): boolean {
    return this.#due.length === 0 && this.#soon.length === 0
  }

  readonly after = (delayMs: number, run: () => void): (() => void) => {
    const due = { atMs: this.nowMs + delayMs, run }
    this.#due.splice(this.#due.findLastIndex(({ atMs }) => atMs <= due.atMs) + 1, 0, due)
    return () => {
      const index = this.#due.indexOf(due)
      if (index >= 0) this.#due.splice(index, 1)
    }
  }

  readonly every = (intervalMs: number, run: () => void): (() => void) => {
    const tick = () => {
      cancel = this.after(intervalMs, tick)
      run()
    }
    let cancel = this.after(intervalMs, tick)
    return () => cancel()
  }

  readonly soon = (run: () => void): void => {
    this.#soon.push(run)
  }

  /** One turn: what is due now, and then what was put off to the end of a turn before. */
  turn(): void {
    while (this.#nextMs <= this.nowMs) this.#due.shift()?.run()
    for (const run of this.#soon.splice(0)) run()
  }

  /** Turns, as long as something happens without any time passing. */
  settle(): void {
    while (this.#nextMs <= this.nowMs || this.#soon.length > 0) this.turn()
  }

  pass(spanMs: number): void {
    const untilMs = this.nowMs + spanMs
    this.settle()
    while (this.#nextMs <= untilMs) {
      this.nowMs = this.#nextMs
      this.settle()
    }
    this.nowMs = untilMs
  }

  get #nextMs(): number {
    return this.#due[0]?.atMs ?? Number.POSITIVE_INFINITY
  }
}
