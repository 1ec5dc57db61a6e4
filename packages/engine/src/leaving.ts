import type { ArchivedPayment } from '@rinha/archive'
import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import type { Retirement } from './retention.ts'

/**
 * The payments that leave memory with a retirement, with their rows, each made when it is asked for: payments that had stayed
 * behind may leave in any number.
 */
export function* leaving(
  ledger: Ledger,
  { firstRow, archivedToMs }: Retirement,
): Generator<{ readonly row: number; readonly payment: ArchivedPayment }> {
  for (const row of ledger.leaving(firstRow, archivedToMs))
    yield { row, payment: archivedPayment(ledger, row) }
}

function archivedPayment(ledger: Ledger, row: number): ArchivedPayment {
  const isSettled = ledger.state(row) === paymentState.settled
  return {
    correlationId: ledger.correlationId(row),
    amountCents: ledger.amountCents(row),
    acceptedAtMs: ledger.acceptedAtMs(row),
    state: isSettled ? 'settled' : 'discarded',
    processor: isSettled ? ledger.processor(row) : -1,
    requestedAtMs: isSettled ? ledger.requestedAtMs(row) : 0,
    reason: isSettled ? '' : ledger.rejectReason(row),
  }
}
