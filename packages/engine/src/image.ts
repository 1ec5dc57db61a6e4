import type { JournalImage, OpenPayment } from '@rinha/journal'
import { type Ledger, paymentState } from '@rinha/ledger'
import type { Journey } from './journey.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * The engine's state as the next process has to see it. An attempt that is under way now is, for whoever comes after a
 * crash, one whose end is not known.
 */
export function imageOf(
  ledger: Ledger,
  queue: PaymentQueue,
  journeys: ReadonlyMap<number, Journey>,
): JournalImage {
  const open = new Map<number, OpenPayment>()
  queue.forEach((row, acceptedAtMs) => {
    open.set(row, { row, acceptedAtMs, doubt: 'none', processor: -1, requestedAtMs: 0 })
  })
  for (const { row, acceptedAtMs, processor, requestedAtMs } of journeys.values()) {
    const isInFlight = ledger.state(row) === paymentState.inFlight
    const known: Pick<OpenPayment, 'doubt' | 'requestedAtMs'> = isInFlight
      ? { doubt: 'recorded?', requestedAtMs }
      : { doubt: 'refused', requestedAtMs: 0 }
    open.set(row, { row, acceptedAtMs, processor, ...known })
  }
  return {
    columns: ledger.copyColumns(),
    open: [...open.values()].sort((a, b) => a.row - b.row),
    rejected: ledger.rejectedRows().map(row => ({ row, reason: ledger.rejectReason(row) })),
  }
}
