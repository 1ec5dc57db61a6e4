import { assert } from './assert.ts'

/** An exponentially weighted moving average. The first sample sets it; `weight` is the share that each further one gets. */
export class Ewma {
  readonly #weight: number
  #average: number | undefined

  constructor(weight: number) {
    assert(weight > 0 && weight <= 1, 'a weight is in (0, 1]')
    this.#weight = weight
  }

  /** `undefined` before the first sample. */
  get average(): number | undefined {
    return this.#average
  }

  add(sample: number): void {
    this.#average =
      this.#average === undefined ? sample : this.#average + this.#weight * (sample - this.#average)
  }
}
