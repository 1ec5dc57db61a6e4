import type { Sample } from './metrics.ts'

/** Upper bounds of the buckets, in milliseconds: from a sync of a disk to an attempt that times out. */
const boundsMs = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 1500, 2500, 5000, 10_000, 30_000, 60_000]

/**
 * Counts how long things took, for a Prometheus histogram. An observation is made for each payment: it is a short search
 * and two additions, without a label to look up and without an allocation. The buckets are summed up by who reads them.
 */
export class Histogram {
  readonly #counts = new Float64Array(boundsMs.length + 1)
  #sumMs = 0

  /** Less than nothing, as a wall clock that was set back says, counts as nothing. */
  observe(tookMs: number): void {
    let bucket = 0
    while (bucket < boundsMs.length && tookMs > (boundsMs[bucket] as number)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1
    if (tookMs > 0) this.#sumMs += tookMs
  }

  /** The samples of a Prometheus histogram, in seconds: `_bucket` with `le`, `_sum` and `_count`. */
  samples(labels: Sample['labels'] = {}): readonly Sample[] {
    let count = 0
    const buckets = [...this.#counts].map((added, bucket): Sample => {
      count += added
      const bound = boundsMs[bucket]
      const le = bound === undefined ? '+Inf' : String(bound / 1000)
      return { suffix: '_bucket', labels: { ...labels, le }, value: count }
    })
    return [
      ...buckets,
      { suffix: '_sum', labels, value: this.#sumMs / 1000 },
      { suffix: '_count', labels, value: count },
    ]
  }
}
