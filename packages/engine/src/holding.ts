import type { LaneReport } from '@rinha/routing'

/** Why the oldest queued payment waits, as of now: what the dispatcher meets first. */
export type Holding =
  /**
   * The journal fails, and nothing is sent before it is journaled. The coordinator adds this reason; the engine has no
   * journal.
   */
  | { readonly reason: 'journalFails' }
  /** A person has paused every processor, or lets it drain. */
  | { readonly reason: 'paused' }
  /** Payments wait to be looked up everywhere before they are sent. The look-ups begin in `beginsInMs`; 0: they have begun. */
  | { readonly reason: 'lookedUpFirst'; readonly count: number; readonly beginsInMs: number }
  /**
   * No processor is usable; `against` says why the cheapest one is not. `leftMs` is the longest this can last, if that
   * is known.
   */
  | ({ readonly reason: 'noneUsable'; readonly leftMs: number | null } & Against)
  /** A processor is usable, and the policy chose none: it waits, for as long as it does. `against` is of the cheapest one. */
  | ({ readonly reason: 'policy'; readonly leftMs: null } & Against)
  /**
   * The policy waits for this processor, because that is worth more than the next one's fee: for at most `leftMs`, and
   * for at most `heldCountMax` payments.
   */
  | ({ readonly reason: 'cheaper'; readonly leftMs: number; readonly heldCountMax: number | null } & Against)
  /** The limiter allows no more attempts there. */
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
