import { assert } from '@rinha/base'

/**
 * How old payments were when they settled. Ages are kept in buckets that are 1 ms wide at first and 5 % wider each, so
 * a percentile is right to 5 % and costs a few hundred numbers.
 */
export class AgeHistogram {
  readonly #acceptedAts: Float64Array
  /** 1 where the row has settled. */
  readonly #settled: Uint8Array
  readonly #buckets = new Float64Array(400)
  #acceptedCount = 0

  constructor(countMax: number) {
    this.#acceptedAts = new Float64Array(countMax)
    this.#settled = new Uint8Array(countMax)
  }

  /** The next payment is accepted: row 0, 1, … as the ledger counts them. */
  accepted(nowMs: number): void {
    assert(this.#acceptedCount < this.#acceptedAts.length, 'no more payments than were reckoned with')
    this.#acceptedAts[this.#acceptedCount] = nowMs
    this.#acceptedCount += 1
  }

  settled(row: number, nowMs: number): void {
    assert(row < this.#acceptedCount && this.#settled[row] === 0, 'an accepted payment settles once')
    this.#settled[row] = 1
    this.#add(nowMs - (this.#acceptedAts[row] as number))
  }

  /** Of all accepted; what has not settled counts with its age at `nowMs`. In milliseconds, 0 for none. */
  percentileMs(share: number, nowMs: number): number {
    const buckets = this.#buckets.slice()
    for (let row = 0; row < this.#acceptedCount; row += 1) {
      if (this.#settled[row] === 1) continue
      const bucket = bucketOf(nowMs - (this.#acceptedAts[row] as number))
      buckets[bucket] = (buckets[bucket] as number) + 1
    }
    let left = Math.ceil(share * this.#acceptedCount)
    for (let bucket = 0; bucket < buckets.length; bucket += 1) {
      left -= buckets[bucket] as number
      if (left <= 0) return this.#acceptedCount === 0 ? 0 : Math.round(1.05 ** bucket)
    }
    return Math.round(1.05 ** (buckets.length - 1))
  }

  #add(ageMs: number): void {
    const bucket = bucketOf(ageMs)
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + 1
  }
}

function bucketOf(ageMs: number): number {
  return Math.min(399, Math.ceil(Math.log(Math.max(1, ageMs)) / Math.log(1.05)))
}
