import { assert } from '@rinha/base'
import { isUsable, type Market, segmentsOf } from './schedule.ts'

/**
 * The bound that no policy reaches except by luck: what somebody earns who knows the schedule. Each payment goes to the
 * cheapest processor that is usable at some time from the payment's arrival to the end of the run, waiting for it at no
 * cost; usable is not failing, with a delay under the guard where there is one; a payment for which there is no such
 * processor goes to the cheapest that works at some time, however slow; without any it is lost.
 *
 * What makes it a bound and not a plan: processors take any number of payments at once, and what is sent at the last
 * moment still counts. A policy that ignores the guard may earn more (and be fined for it).
 *
 * `arrivals` has the payments that arrive in each segment (`segmentsOf`). In the currency's units, as all nets here.
 */
export function clairvoyantNet(schedule: Market, arrivals: readonly number[]): number {
  const segments = segmentsOf(schedule)
  assert(arrivals.length === segments.length, 'arrivals are counted by segment')
  const { feesBps, audit, amountCents } = schedule
  let netBpsCents = 0
  let best = feesBps.length
  let bestAtAnyDelay = feesBps.length
  for (let index = segments.length - 1; index >= 0; index -= 1) {
    const processors = segments[index]?.processors ?? []
    best = cheapest(
      best,
      processors.findIndex(stage => isUsable(stage, audit.guardMs)),
    )
    bestAtAnyDelay = cheapest(
      bestAtAnyDelay,
      processors.findIndex(stage => isUsable(stage, 0)),
    )
    const feeBps = feesBps[best] ?? feesBps[bestAtAnyDelay]
    if (feeBps !== undefined) netBpsCents += (arrivals[index] ?? 0) * amountCents * (10_000 - feeBps)
  }
  return netBpsCents / 1_000_000
}

/** The lower of two places in the order of fees; -1 is none. */
function cheapest(one: number, other: number): number {
  return other < 0 ? one : Math.min(one, other)
}
