import { assert } from '@rinha/base'

/** The bound of each bucket is a tenth above that of the one before. */
const bucketGrowth = 1.1
const bucketMsMin = 0.1
/** The last bucket begins at 120 s: no attempt is waited for as long. */
const bucketCount = 150
const bucketGrowthLog = Math.log(bucketGrowth)
/** The decay of each sample's weight, for each further sample: about the last thousand count. */
const kept = 1 - 1 / 1000
/** The weight of a new sample grows instead of all others shrinking, up to this. */
const weightMax = 1e9

/**
 * The latencies of late of one processor, as a distribution.
 *
 * One number cannot say what a processor is like: 5 ms on average is 5 ms each time, or 0 ms and one answer in a hundred
 * after half a second. So samples are counted in buckets whose bounds grow by a constant factor, which gives every quantile
 * with the same relative error (5 % here; DDSketch: Masson, Rim and Lee 2019; HdrHistogram: Tene 2012). Older samples weigh less:
 * each new one is entered with more weight than the one before (forward decay: Cormode et al. 2009).
 *
 * {@link weight} says how sure an answer is: it is the number of samples for the first few hundred, and never more than 1000.
 */
export class LatencyHistogram {
  readonly #buckets = new Float64Array(bucketCount)
  /**
   * Sums of the samples in each bucket, so that a bucket of equal samples gives their exact latency, not the bucket's
   * middle.
   */
  readonly #sums = new Float64Array(bucketCount)
  #total = 0
  #sampleWeight = 1
  #boundMs: number
  #aboveBound = 0
  /** Samples since the quantiles were last found. */
  #unseenCount = 0
  #median = 0
  #low = 0
  #high = 0

  /** `boundMs`: what takes longer is counted as it comes; see {@link weightAboveBound}. */
  constructor(boundMs = Number.POSITIVE_INFINITY) {
    this.#boundMs = boundMs
  }

  /** Sets another bound. Earlier samples are counted by it as well, with an error of at most one bucket. */
  setBound(boundMs: number): void {
    this.#boundMs = boundMs
    this.#aboveBound = 0
    for (const [bucket, weight] of this.#buckets.entries())
      if (weight > 0 && (this.#sums[bucket] ?? 0) / weight > boundMs) this.#aboveBound += weight
  }

  /** How many samples of the latest weight the histogram is worth. 0: nothing is known. */
  get weight(): number {
    return this.#total / this.#sampleWeight
  }

  /** Half of all answers take longer; ms. 0 where nothing is known. */
  get medianMs(): number {
    this.#refresh()
    return this.#median
  }

  /** One in ten answers is quicker; ms. */
  get lowMs(): number {
    this.#refresh()
    return this.#low
  }

  /** One in ten answers takes longer; ms. */
  get highMs(): number {
    this.#refresh()
    return this.#high
  }

  add(latencyMs: number): void {
    assert(latencyMs >= 0, 'a latency is not negative')
    const bucket = bucketOf(latencyMs)
    this.#sampleWeight /= kept
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + this.#sampleWeight
    this.#sums[bucket] = (this.#sums[bucket] ?? 0) + this.#sampleWeight * latencyMs
    this.#total += this.#sampleWeight
    if (latencyMs > this.#boundMs) this.#aboveBound += this.#sampleWeight
    this.#unseenCount += 1
    if (this.#sampleWeight > weightMax) this.#scale(1 / this.#sampleWeight)
  }

  reset(): void {
    this.#buckets.fill(0)
    this.#sums.fill(0)
    this.#total = 0
    this.#sampleWeight = 1
    this.#aboveBound = 0
    this.#unseenCount = 1
  }

  /** How many samples took longer than the bound, in units of {@link weight}. */
  get weightAboveBound(): number {
    return this.#aboveBound / this.#sampleWeight
  }

  /** The latency that a share of all answers does not exceed; ms. 0 where nothing is known. */
  quantileMs(share: number): number {
    const wanted = share * this.#total
    let below = 0
    for (let bucket = 0; bucket < bucketCount; bucket += 1) {
      const weight = this.#buckets[bucket] ?? 0
      below += weight
      // The median of two samples is the greater one, because one quick answer says less than one slow one.
      if (below > wanted && weight > 0) return (this.#sums[bucket] ?? 0) / weight
    }
    return 0
  }

  /** Quantiles are asked for once a turn. They are found anew when one sample in sixteen is new: it hardly moves them. */
  #refresh(): void {
    if (this.#unseenCount === 0 || this.#unseenCount * 16 < this.weight) return
    this.#unseenCount = 0
    this.#low = this.quantileMs(0.1)
    this.#median = this.quantileMs(0.5)
    this.#high = this.quantileMs(0.9)
  }

  #scale(factor: number): void {
    for (const values of [this.#buckets, this.#sums])
      for (const [bucket, value] of values.entries()) values[bucket] = value * factor
    this.#total *= factor
    this.#aboveBound *= factor
    this.#sampleWeight *= factor
  }
}

/** Bucket 0 holds latencies below the lowest bound. */
function bucketOf(latencyMs: number): number {
  if (latencyMs < bucketMsMin) return 0
  const bucket = 1 + Math.floor(Math.log(latencyMs / bucketMsMin) / bucketGrowthLog)
  return Math.min(bucket, bucketCount - 1)
}
