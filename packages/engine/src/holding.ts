import type { LaneReport } from '@rinha/routing'

/** Why the oldest queued payment waits, as of now: what the dispatcher meets first. */
export type Holding =
  /** Nothing is sent that the journal has not: it fails. Said by who keeps one. */
  | { readonly reason: 'journalFails' }
  /** A person has paused every processor, or lets it drain. */
  | { readonly reason: 'paused' }
  /** Payments wait to be looked up everywhere before they are sent. */
  | { readonly reason: 'lookedUpFirst'; readonly count: number }
  /** No processor may be sent to: what is against the cheapest one. Not for longer than `leftMs`, where that is known. */
  | ({ readonly reason: 'noneUsable'; readonly leftMs: number | null } & Against)
  /** Waiting for this processor is worth more than the fee of the next one: for so long at the most, and for so many. */
  | ({ readonly reason: 'cheaper'; readonly leftMs: number; readonly heldCountMax: number | null } & Against)
  /** As many attempts are under way there as are allowed. */
  | {
      readonly reason: 'limiter'
      readonly processor: string
      readonly inFlightCount: number
      readonly limitCount: number
    }
  /** A backlog is drained at this rate. */
  | { readonly reason: 'pace'; readonly perSecond: number }

interface Against {
  readonly processor: string
  readonly against: LaneReport['against']
}
