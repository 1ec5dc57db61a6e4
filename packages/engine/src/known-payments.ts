import type { Archive, ArchivedPayment } from '@rinha/archive'
import type { Ledger } from '@rinha/ledger'
import { isRejected, type PaymentStatus, printCorrelationId } from '@rinha/payment'
import type { KnownPayment } from './conflicts.ts'
import { type PaymentRow, paymentRow, paymentStatus } from './report.ts'

type FoundIn = Pick<Archive, 'find' | 'generation'> | undefined

/**
 * Payments by their ids, wherever they are: in the ledger, or in the archive. A payment that is in both is the ledger's, because its
 * row is still in force. After a purge the archive is not asked until it has begun anew.
 */
export class KnownPayments {
  readonly #ledger: Ledger
  readonly #archive: FoundIn

  constructor(ledger: Ledger, archive: FoundIn) {
    this.#ledger = ledger
    this.#archive = archive
  }

  /** The payment whose 16 bytes stand at `offset`. */
  find(ids: Uint8Array, offset: number): KnownPayment | undefined {
    const ledger = this.#ledger
    const row = ledger.find(ids, offset)
    if (row >= 0)
      return {
        amountCents: ledger.amountCents(row),
        rejectReason: isRejected(ledger.state(row)) ? ledger.rejectReason(row) : undefined,
      }
    const archived = this.archived(ids, offset)
    return (
      archived && {
        amountCents: archived.amountCents,
        rejectReason: archived.state === 'discarded' ? archived.reason : undefined,
      }
    )
  }

  status(correlationId: Uint8Array): PaymentStatus {
    const status = paymentStatus(this.#ledger, correlationId)
    const archived = status.state === 'absent' ? this.archived(correlationId, 0) : undefined
    if (archived === undefined) return status
    const { state, amountCents, processor, requestedAtMs, reason } = archived
    return state === 'settled'
      ? { state, amountCents, processor, requestedAtMs, isArchived: true }
      : { state: 'rejected', amountCents, reason, isArchived: true }
  }

  /** A payment as lists show it; `row` is -1 where it is in the archive. */
  payment(correlationId: Uint8Array): { readonly row: number; readonly payment: PaymentRow } | undefined {
    const row = this.#ledger.find(correlationId, 0)
    if (row >= 0) return { row, payment: paymentRow(this.#ledger, row) }
    const archived = this.archived(correlationId, 0)
    return archived && { row, payment: archivedRow(archived) }
  }

  /** The payment in the archive whose 16 bytes stand at `offset`. */
  archived(ids: Uint8Array, offset: number): ArchivedPayment | undefined {
    if (this.#archive?.generation !== this.#ledger.forgotten.count) return undefined
    return this.#archive.find(ids, offset)
  }
}

function archivedRow({ correlationId, requestedAtMs, reason, ...rest }: ArchivedPayment): PaymentRow {
  return {
    ...rest,
    correlationId: printCorrelationId(correlationId),
    requestedAtMs: requestedAtMs || null,
    reason: rest.state === 'discarded' ? reason : null,
  }
}
