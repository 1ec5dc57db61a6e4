import type { OpenPayments } from './open-payments.ts'
import type { RejectedPayments } from './rejected-payments.ts'

/**
 * What a journal holds: facts about payments, in the order in which they became true. A payment is named by its row: the
 * number of payments accepted before it since the journal began or was purged. Rows are not written; order gives them.
 */
export type JournalEntry =
  /** Whole records of 24 bytes (correlationId, amountCents unsigned big-endian), none of them known before. They get the next rows. */
  | { readonly kind: 'accepted'; readonly acceptedAtMs: number; readonly records: Uint8Array }
  /** An attempt at a processor may begin. From here on the payment may have been recorded there. */
  | {
      readonly kind: 'sent'
      readonly row: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  /**
   * The payment waits again. `refused`: its processor had read it, so that another may have it only once a look-up there
   * has found nothing. `none`: it may go anywhere.
   */
  | { readonly kind: 'requeued'; readonly row: number; readonly doubt: 'none' | 'refused' }
  | {
      readonly kind: 'settled'
      readonly row: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  | { readonly kind: 'rejected'; readonly row: number; readonly reason: string }
  /** Every payment is forgotten, and rows begin at 0 again. */
  | { readonly kind: 'purged' }

/** Fields of consecutive payments, each an array with one element a payment (`ids`: 16 bytes). */
export interface PaymentColumns {
  readonly count: number
  readonly ids: Uint8Array
  readonly amountCents: Uint32Array
  /** 0 queued, 1 in flight, 2 settled, 3 rejected: `paymentState` of the ledger. */
  readonly states: Uint8Array
  /** -1 for none. */
  readonly processors: Int8Array
  readonly requestedAtMs: Float64Array
}

/** Everything that has to outlive the process, as it was after some entry. Nobody changes it any more. */
export interface JournalImage {
  /** All payments by row, in pieces. */
  readonly columns: readonly PaymentColumns[]
  /** By row, like `rejected`. */
  readonly open: OpenPayments
  readonly rejected: RejectedPayments
}
