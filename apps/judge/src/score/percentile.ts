import { assert } from '@rinha/base'

/**
 * The value below which `part` (0 to 1) of the values lie, by k6's rule: between two ranks, in a straight line; rank
 * `part · (count − 1)`. 0 of no values, as k6 has it.
 */
export function percentile(values: ArrayLike<number>, part: number): number {
  assert(part >= 0 && part <= 1, 'a percentile is a part from 0 to 1')
  const sorted = new Float64Array(values).sort()
  if (sorted.length === 0) return 0
  const rank = part * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? 0
  const high = sorted[Math.ceil(rank)] ?? 0
  return low + (high - low) * (rank - Math.floor(rank))
}
