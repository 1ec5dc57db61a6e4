import type { Time } from '@rinha/base'
import { forwardStepCountMax, forwardStepMsMin } from './limits.ts'

/**
 * By how much the wall clock was set forward lately. A payment's time of acceptance is the wall clock's. After such a step a payment
 * from before it looks older than it is, so its age is counted by the wall clock less the step.
 *
 * A machine that was suspended looks like one, too. That is no harm: what is counted as younger leaves later.
 */
export class ForwardSteps {
  #last: Time
  /** Oldest first. */
  readonly #steps: { atMs: number; byMs: number }[] = []

  constructor(startedAt: Time) {
    this.#last = startedAt
  }

  /** Compares the two clocks with those of the last look. */
  look(time: Time): void {
    const { nowMs, wallMs } = this.#last
    this.#last = time
    const byMs = time.wallMs - wallMs - (time.nowMs - nowMs)
    if (byMs < forwardStepMsMin) return
    this.#steps.push({ atMs: time.nowMs, byMs })
    if (this.#steps.length <= forwardStepCountMax) return
    const [first, second] = this.#steps
    if (first !== undefined && second !== undefined) second.byMs += first.byMs
    this.#steps.shift()
  }

  /** The sum of the steps of the last `withinMs`. */
  sumMs(nowMs: number, withinMs: number): number {
    return this.#steps.reduce((sum, { atMs, byMs }) => sum + (nowMs - atMs <= withinMs ? byMs : 0), 0)
  }
}
