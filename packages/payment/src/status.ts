/**
 * The status of one payment. `processor` is an index into the configured list, in which the dearest is last. `isArchived`: it has
 * left memory, and is in the archive.
 */
export type PaymentStatus =
  | { readonly state: 'absent' }
  | { readonly state: 'queued'; readonly amountCents: number }
  | {
      readonly state: 'inFlight'
      readonly amountCents: number
      readonly processor: number
      readonly requestedAtMs: number
    }
  | {
      readonly state: 'settled'
      readonly amountCents: number
      readonly processor: number
      readonly requestedAtMs: number
      readonly isArchived?: true
    }
  | {
      readonly state: 'rejected'
      readonly amountCents: number
      readonly reason: string
      readonly isArchived?: true
    }

/** One processor's part of a summary. */
export interface ProcessorTotal {
  readonly count: number
  readonly amountCents: number
}
