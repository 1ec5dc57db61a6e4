import { assert } from '@rinha/base'

/**
 * How long to wait before attempt number `attempt` (from 0) after a failure: exponential with full jitter, anything
 * from 0 to min(delayMsMax, delayMsMin · 2^attempt), evenly. Full jitter spreads the nodes that lost one coordinator at
 * one moment over the whole span, which equal or no jitter does not (M. Brooker, "Exponential Backoff And Jitter", 2015).
 *
 * `unit` is a random number in [0, 1).
 */
export function backoffDelayMs(
  attempt: number,
  delayMsMin: number,
  delayMsMax: number,
  unit: number,
): number {
  assert(attempt >= 0 && delayMsMin > 0 && delayMsMin <= delayMsMax, 'a backoff grows from its minimum')
  assert(unit >= 0 && unit < 1, 'chance is in [0, 1)')
  // Past 2^30 the cap has long been reached; the exponent stays where a double is exact.
  return Math.floor(unit * Math.min(delayMsMax, delayMsMin * 2 ** Math.min(attempt, 30)))
}
