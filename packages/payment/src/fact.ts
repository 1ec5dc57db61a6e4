/**
 * What became true of payments, in the order in which it did. Facts are all that changes a ledger: the coordinator
 * applies each when it decides it, a coordinator that starts applies those of the journal, and a standby those that
 * another one has written.
 *
 * A payment is named by its row: the number of payments accepted before it since the beginning or the last purge. Rows
 * are not written down, because the order of facts gives them.
 */
export type Fact =
  /** Whole records (payment-record.ts), none of them known before, and none twice. They get the next rows. */
  | { readonly kind: 'accepted'; readonly acceptedAtMs: number; readonly records: Uint8Array }
  /** An attempt at a processor may begin. From here on the payment may have been recorded there. */
  | {
      readonly kind: 'sent'
      readonly row: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  /**
   * The payment waits again. `refused`: its processor has read it and refused it, so another processor may have it only
   * when a look-up at that one has found nothing. `none`: it may go anywhere.
   */
  | { readonly kind: 'requeued'; readonly row: number; readonly doubt: 'none' | 'refused' }
  | {
      readonly kind: 'settled'
      readonly row: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  | { readonly kind: 'rejected'; readonly row: number; readonly reason: string }
  /** A person has said that this processor has the payment, under this requestedAt: settled. */
  | {
      readonly kind: 'confirmed'
      readonly row: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  /** A person has said that no processor has it nor ever will from an attempt so far: it waits again, and may go anywhere. */
  | { readonly kind: 'released'; readonly row: number }
  /** A person has given a rejected payment up: it stays rejected, and nobody is asked about it any more. */
  | { readonly kind: 'discarded'; readonly row: number }
  /** Every payment is forgotten, and rows begin at 0 again. */
  | { readonly kind: 'purged' }
