import { assert } from '@rinha/base'
import { paymentState } from '@rinha/payment'
import type { Ledger } from './ledger.ts'
import type { RangeSums } from './range-sums.ts'

const { inFlight, settled, refused } = paymentState

/**
 * Counts every row again and asserts L1, L2 and L4. `told` has the ledger's count of each state, `sums` its sums of
 * each processor.
 */
export function recount(ledger: Ledger, told: readonly number[], sums: readonly RangeSums[]): void {
  const counts = [0, 0, 0, 0, 0, 0]
  const totals = sums.map(() => ({ count: 0, amountCents: 0 }))
  for (let row = 0; row < ledger.count; row += 1) {
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
    total.count += 1
    total.amountCents += ledger.amountCents(row)
  }
  assert(
    counts.every((count, state) => count === told[state]),
    'states are counted',
  )
  for (const [processor, each] of sums.entries()) {
    const { count, amountCents } = each.total(null, null)
    const total = totals[processor]
    assert(total?.count === count && total.amountCents === amountCents, 'sums equal a recount')
    each.checkInvariants()
  }
}
