import { assert } from './assert.ts'

/**
 * An exponentially weighted moving average and the mean deviation from it, both in the unit of the samples. The first
 * sample sets the average; `weight` is the share that each further one gets. The pair is the one TCP keeps for its
 * round-trip time (Jacobson 1988, RFC 6298): average plus a few deviations says what the next sample will hardly exceed.
 */
export class Ewma {
  readonly #weight: number
  #average: number | undefined
  #deviation = 0

  constructor(weight: number) {
    assert(weight > 0 && weight <= 1, 'a weight is in (0, 1]')
    this.#weight = weight
  }

  get average(): number | undefined {
    return this.#average
  }

  get deviation(): number {
    return this.#deviation
  }

  add(sample: number): void {
    if (this.#average === undefined) {
      this.reset(sample)
      return
    }
    const error = sample - this.#average
    this.#average += this.#weight * error
    this.#deviation += this.#weight * (Math.abs(error) - this.#deviation)
  }

  /** Forgets what was and starts from one value; from nothing when it is `undefined`. */
  reset(average: number | undefined): void {
    this.#average = average
    this.#deviation = 0
  }
}
