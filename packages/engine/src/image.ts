import { type JournalImage, OpenPayments, RejectedPayments } from '@rinha/journal'
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
  const queuedAtMs = new Float64Array(ledger.count)
  queue.forEach((row, acceptedAtMs) => {
    queuedAtMs[row] = acceptedAtMs
  })
  const [open, rejected] = [new OpenPayments(), new RejectedPayments()]
  for (let row = 0; row < ledger.count; row += 1) {
    const state = ledger.state(row)
    if (state === paymentState.settled) continue
    if (state === paymentState.rejected) {
      rejected.push({ row, reason: ledger.rejectReason(row) })
      continue
    }
    const journey = journeys.get(row)
    if (journey === undefined) {
      const acceptedAtMs = queuedAtMs[row] ?? 0
      open.push({ row, acceptedAtMs, doubt: 'none', processor: -1, requestedAtMs: 0 })
      continue
    }
    const { acceptedAtMs, processor, requestedAtMs } = journey
    if (state === paymentState.inFlight)
      open.push({ row, acceptedAtMs, processor, doubt: 'recorded?', requestedAtMs })
    else open.push({ row, acceptedAtMs, processor, doubt: 'refused', requestedAtMs: 0 })
  }
  return { columns: ledger.copyColumns(), open, rejected }
}
