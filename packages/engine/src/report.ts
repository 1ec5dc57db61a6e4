import { unreachable } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import {
  isRejected,
  type PaymentStatus,
  paymentState,
  paymentStateName,
  printCorrelationId,
} from '@rinha/payment'
import type { Lane } from '@rinha/routing'
import type { ConflictReport } from './conflicts.ts'
import type { QueueStatus } from './events.ts'
import { type Money, noMoney } from './fee-periods.ts'
import { isInDoubt, type Journey } from './journey.ts'

/** Reports of the engine's state: to a client about one payment, to an operator about all. */

export function paymentStatus(ledger: Ledger, correlationId: Uint8Array): PaymentStatus {
  const row = ledger.find(correlationId, 0)
  if (row < 0) return { state: 'absent' }
  const amountCents = ledger.amountCents(row)
  const where = { amountCents, processor: ledger.processor(row), requestedAtMs: ledger.requestedAtMs(row) }
  const state = ledger.state(row)
  switch (state) {
    case paymentState.queued:
    case paymentState.refused:
      return { state: 'queued', amountCents }
    case paymentState.inFlight:
      return { state: 'inFlight', ...where }
    case paymentState.settled:
      return { state: 'settled', ...where }
    case paymentState.rejected:
    case paymentState.discarded:
      return { state: 'rejected', amountCents, reason: ledger.rejectReason(row) }
    default:
      return unreachable(state)
  }
}

/** A payment as lists show it. */
export interface PaymentRow {
  readonly correlationId: string
  readonly state: 'queued' | 'inFlight' | 'settled' | 'rejected' | 'discarded'
  readonly amountCents: number
  /** Wall clock. */
  readonly acceptedAtMs: number
  /** Of the attempt under way, of the settlement, or of the refusal; -1 for none. */
  readonly processor: number
  /** The requestedAt of the attempt under way, or of the settlement. */
  readonly requestedAtMs: number | null
  /** The reason of a rejection. */
  readonly reason: string | null
}

export function paymentRow(ledger: Ledger, row: number): PaymentRow {
  const state = ledger.state(row)
  return {
    correlationId: printCorrelationId(ledger.correlationId(row)),
    state: paymentStateName[state],
    amountCents: ledger.amountCents(row),
    acceptedAtMs: ledger.acceptedAtMs(row),
    processor: ledger.processor(row),
    requestedAtMs: ledger.requestedAtMs(row) || null,
    reason: isRejected(state) ? ledger.rejectReason(row) : null,
  }
}

export function queueStatus(
  ledger: Ledger,
  lanes: readonly Lane[],
  journeys: Iterable<Journey>,
  nowMs: number,
  counted: Pick<
    QueueStatus,
    | keyof ConflictReport
    | 'oldestQueuedAgeMs'
    | 'lookedUpFirstCount'
    | 'holding'
    | 'duplicateCount'
    | 'isLastResort'
    | 'guardLeft'
  > & { readonly money: readonly Money[] },
): QueueStatus {
  const { queued, inFlight, settled, rejected, discarded } = ledger.stateCounts()
  const totals = ledger.summary(null, null)
  const unknownCounts = lanes.map(() => 0)
  let oldestUnknownAtMs = nowMs
  for (const journey of journeys) {
    if (!isInDoubt(journey)) continue
    const processor = ledger.processor(journey.row)
    unknownCounts[processor] = (unknownCounts[processor] ?? 0) + 1
    oldestUnknownAtMs = Math.min(oldestUnknownAtMs, journey.enteredAtMs)
  }
  return {
    queuedCount: queued,
    oldestQueuedAgeMs: counted.oldestQueuedAgeMs,
    lookedUpFirstCount: counted.lookedUpFirstCount,
    holding: counted.holding,
    inFlightCount: inFlight,
    unknownCount: unknownCounts.reduce((sum, count) => sum + count, 0),
    oldestUnknownAgeMs: Math.round(nowMs - oldestUnknownAtMs),
    settledCount: settled,
    rejectedCount: rejected,
    discardedCount: discarded,
    acceptedCount: ledger.count,
    keptCount: ledger.keptCount,
    acceptedCountMax: ledger.paymentCountMax,
    archivedToMs: ledger.archivedToMs || null,
    duplicateCount: counted.duplicateCount,
    conflictCount: counted.conflictCount,
    conflicts: counted.conflicts,
    isLastResort: counted.isLastResort,
    guardLeft: counted.guardLeft,
    processors: lanes.map((lane, index) => ({
      ...lane.report(nowMs),
      unknownCount: unknownCounts[index] ?? 0,
      settledCount: totals[index]?.count ?? 0,
      settledAmountCents: totals[index]?.amountCents ?? 0,
      ...(counted.money[index] ?? noMoney),
    })),
  }
}
