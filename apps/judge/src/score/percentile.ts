import { assert } from '@rinha/base'

/**
 * The value below which `part` (0 to 1) of the values lie, by k6's rule: between two ranks, in a straight line; rank
 * `part · (count − 1)`. 0 of no values, as k6 has it. `sorted` ascends.
 */
export function percentile(sorted: Float64Array, part: number): number {
  assert(part >= 0 && part <= 1, 'a percentile is a part from 0 to 1')
  if (sorted.length === 0) return 0
  const rank = part * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? 0
  const high = sorted[Math.ceil(rank)] ?? 0
  return low + (high - low) * (rank - Math.floor(rank))
}

/** Every latency of a run in one column that doubles as it fills: exact percentiles need each value, and 8 bytes hold it. */
export class LatencyColumn {
  #values: Float64Array
  #count = 0

  constructor(countInitial = 1024) {
    this.#values = new Float64Array(Math.max(1, countInitial))
  }

  get count(): number {
    return this.#count
  }

  push(latencyMs: number): void {
    assert(latencyMs >= 0, 'a latency is not negative')
    this.#reserve(1)
    this.#values[this.#count] = latencyMs
    this.#count += 1
  }

  pushAll(latenciesMs: Float64Array): void {
    this.#reserve(latenciesMs.length)
    this.#values.set(latenciesMs, this.#count)
    this.#count += latenciesMs.length
  }

  /** Hands out what is in the column, as a copy, and empties it. */
  take(): Float64Array {
    const taken = this.#values.slice(0, this.#count)
    this.#count = 0
    return taken
  }

  percentile(part: number): number {
    return percentile(this.#values.slice(0, this.#count).sort(), part)
  }

  #reserve(count: number): void {
    let size = this.#values.length
    while (size < this.#count + count) size *= 2
    if (size === this.#values.length) return
    const grown = new Float64Array(size)
    grown.set(this.#values.subarray(0, this.#count))
    this.#values = grown
  }
}
