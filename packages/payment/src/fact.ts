/**
 * A fact is what became true of a payment, or may be done from here on. Facts come in one order, and nothing else changes a ledger. The coordinator
 * applies each fact when it decides it, a coordinator that starts applies those of the journal, and a standby applies
 * those that another coordinator has written.
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
   * The payment is queued again. `none`: it may go to any processor. `refused`: its processor has read and refused it,
   * so it may go to another processor only after a look-up at the first one has found nothing.
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
  /**
   * A person has said that no processor has the payment, and that no attempt so far will still record it. It is queued
   * again, and may go to any processor.
   */
  | { readonly kind: 'released'; readonly row: number }
  /** A person has given up a rejected payment: it stays rejected, and is no longer listed. */
  | { readonly kind: 'discarded'; readonly row: number }
  /**
   * Settlements before `archivedToMs`, a whole second, are kept by seconds from now on, also those that are still to come. Of the
   * payments before `firstRow`, those leave that were discarded or have settled in archived time. The others stay under their rows,
   * and leave with a later fact of this kind. Neither number ever becomes less, but by a purge.
   */
  | { readonly kind: 'retired'; readonly firstRow: number; readonly archivedToMs: number }
  /**
   * This processor's health may be asked. It changes no payment: a coordinator that cannot write it, because another one has
   * taken over, must not ask, since processors allow one question in so many seconds.
   */
  | { readonly kind: 'polled'; readonly processor: number }
  /** What the next coordinator has to know beside the payments. The latest text of a topic counts, also after a purge. */
  | { readonly kind: 'noted'; readonly topic: NoteTopic; readonly text: string }
  /** Every payment is forgotten, and rows begin at 0 again. */
  | { readonly kind: 'purged' }

/**
 * What outlives a coordinator beside the payments: which processors are paused, changed settings, and fees; and which shard's payments
 * these are, where there are several. `predecessor`: not empty while a coordinator whose payments are not in this journal may have
 * sent new ones.
 */
export const noteTopics = ['sending', 'settings', 'fees', 'shard', 'predecessor'] as const
export type NoteTopic = (typeof noteTopics)[number]
/** Bytes of UTF-8: the most that a note has. */
export const noteBytesMax = 512 * 1024
