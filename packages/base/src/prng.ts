import { assert } from './assert.ts'

/**
 * A seeded pseudo-random number generator (sfc32: small, fast, 128 bits of state; Doty-Humphrey, PractRand). Chance is
 * an argument: a shell seeds it from the system, a simulation from its command line. The same seed gives the same run.
 * Not for secrets.
 */
export class Prng {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed), 'a seed is a safe integer')
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9 | 0
    for (let round = 0; round < 12; round += 1) this.uint32()
  }

  /** An integer in [0, 2³²). */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A number in [0, 1). */
  unit(): number {
    return this.uint32() / 2 ** 32
  }

  /** An integer in [min, max], both ends included. */
  integer(min: number, max: number): number {
    assert(
      Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max,
      'min and max are ordered integers',
    )
    return min + Math.floor(this.unit() * (max - min + 1))
  }

  /** One of the values, each with the same probability. There must be at least one. */
  pick<T>(values: readonly T[]): T {
    return values[this.integer(0, values.length - 1)] as T
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }
}
