import { assert } from '@rinha/base'
import { paymentState } from '@rinha/payment'
import type { Ledger } from './ledger.ts'
import type { SettledSums } from './settled-sums.ts'

const { inFlight, settled, refused, discarded } = paymentState

/**
 * Counts every row again and asserts L1, L2, L4 and L8. `told` has the ledger's count of each state, `sums` its sums of
 * each processor.
 */
export function recount(ledger: Ledger, told: readonly number[], sums: readonly SettledSums[]): void {
  const { left } = ledger
  const counts = [0, 0, 0, 0, 0, 0]
  counts[settled] = left.settledCount
  counts[discarded] = left.discardedCount
  const totals = left.settled.map(total => ({ ...total }))
  let recentCount = 0
  for (const row of ledger.rows()) {
    const state = ledger.state(row)
    counts[state] = (counts[state] ?? 0) + 1
    const isRequested = state === inFlight || state === settled
    assert(
      ledger.processor(row) >= 0 === (isRequested || state === refused),
      'L4: a processor where one has it',
    )
    assert(ledger.requestedAtMs(row) > 0 === isRequested, 'L4: a requestedAt where one has it')
    const total = totals[ledger.processor(row)]
    if (state !== settled || total === undefined) continue
    if (ledger.requestedAtMs(row) >= ledger.archivedToMs) recentCount += 1
    total.count += 1
    total.amountCents += ledger.amountCents(row)
  }
  assert(
    counts.every((count, state) => count === told[state]),
    'states are counted',
  )
  const allCount = counts.reduce((sum, count) => sum + count, 0)
  assert(allCount === ledger.count, 'L1: what is here and what has left is all that came')
  const recentSum = sums.reduce((sum, each) => sum + each.recent.count, 0)
  assert(recentSum === recentCount, 'L8: what settled in time that is not archived is here')
  for (const [processor, each] of sums.entries()) {
    const { count, amountCents } = each.total(null, null)
    const total = totals[processor]
    assert(total?.count === count && total.amountCents === amountCents, 'sums equal a recount')
    each.checkInvariants()
  }
}
