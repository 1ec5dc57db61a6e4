import type { AttemptOutcome, Fact, HealthOutcome, LookupOutcome, Note, RecordConflict } from '@rinha/payment'
import type { HealthReport, LaneReport, Sending } from '@rinha/routing'
import type { ConflictReport } from './conflicts.ts'
import type { LaneFee, Money } from './fee-periods.ts'
import type { Holding } from './holding.ts'
import type { EngineSettings } from './options.ts'
import type { Order } from './orders.ts'
import type { Retirement } from './retention.ts'

/**
 * Names one piece of work that the shell does for the engine. The shell gives it back, untouched, with the outcome.
 * `generation` tells work begun before a purge from work of now.
 */
export interface WorkToken {
  readonly generation: number
}

/** An event for the engine. */
export type EngineEvent =
  /** `count` whole records, as payment-record.ts of @rinha/payment has them. */
  | { readonly kind: 'accept'; readonly records: Uint8Array; readonly count: number }
  | { readonly kind: 'attemptEnded'; readonly token: WorkToken; readonly outcome: AttemptOutcome }
  | { readonly kind: 'lookUpEnded'; readonly token: WorkToken; readonly outcome: LookupOutcome }
  | { readonly kind: 'healthPolled'; readonly processor: number; readonly outcome: HealthOutcome }
  /** What another coordinator's latest polls have said, by processor; undefined where it is not known. */
  | { readonly kind: 'healthTold'; readonly reports: readonly (HealthReport | undefined)[] }
  /** Lets payments leave, as {@link Retention} has said. Ignored where a purge came in between. */
  | { readonly kind: 'retire'; readonly retirement: Retirement }
  /** Forgets every payment. The outcomes of attempts under way are then ignored. */
  | { readonly kind: 'purge' }
  /** A node was welcomed by another coordinator before this one: clients may post again what that one has sent. */
  | { readonly kind: 'predecessor' }
  /** A person's order about a payment. An order that {@link Engine.judge} does not allow changes nothing. */
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  /** A person's order that pauses, drains or resumes these processors, all in one step. */
  | { readonly kind: 'operate'; readonly processors: readonly number[]; readonly sending: Sending }
  /**
   * New fees, at which attempts are priced that are sent from the next whole second on. {@link EngineEvent} `configure` changes fees, too.
   */
  | { readonly kind: 'price'; readonly fees: readonly LaneFee[] }
  /** Other settings, effective in this step. The lanes are the same, in the same order. */
  | { readonly kind: 'configure'; readonly settings: EngineSettings }
  /** What a person has set, to be known to the coordinator that leads next. It changes nothing here. */
  | ({ readonly kind: 'note' } & Note)
  /** Time has passed: `Engine.wakeAtMs` has come. */
  | { readonly kind: 'tick' }

/** A call that the engine asks for. Exactly one event answers it, however late. */
export type EngineEffect =
  | {
      readonly kind: 'send'
      readonly token: WorkToken
      readonly processor: number
      readonly correlationId: Uint8Array
      readonly amountCents: number
      readonly requestedAtMs: number
      /** Monotonic: now. */
      readonly askedAtMs: number
    }
  | {
      readonly kind: 'lookUp'
      readonly token: WorkToken
      readonly processor: number
      readonly correlationId: Uint8Array
    }
  /** `askedAtMs` as above. */
  | { readonly kind: 'pollHealth'; readonly processor: number; readonly askedAtMs: number }

/**
 * The result of one event. The facts are true as soon as they are decided. A journal appends them, in this order, before
 * the next step. The effects are carried out when the facts are as safe as the configuration asks.
 */
export interface Step {
  readonly facts: readonly Fact[]
  readonly effects: readonly EngineEffect[]
  /** Of the records that should have been accepted, those whose correlationId belongs to another payment. */
  readonly conflicts: readonly RecordConflict[]
}

/** What an operator is shown. Counts are payments. accepted = queued + inFlight + settled + rejected, always. */
export interface QueueStatus extends ConflictReport {
  readonly queuedCount: number
  readonly oldestQueuedAgeMs: number
  /** Of those queued, how many are looked up at every processor first: a coordinator before this one may have sent them. */
  readonly lookedUpFirstCount: number
  /** Why the oldest of those queued waits; null where none does. */
  readonly holding: Holding | null
  readonly inFlightCount: number
  /** Of the payments in flight, how many may already be recorded, by an attempt whose answer was lost. */
  readonly unknownCount: number
  /** The time since the oldest of those was accepted. */
  readonly oldestUnknownAgeMs: number
  readonly settledCount: number
  readonly rejectedCount: number
  /** Of the rejected payments, how many a person has discarded. They are no longer listed. */
  readonly discardedCount: number
  readonly acceptedCount: number
  /** Of the payments accepted, how many are in memory, */
  readonly keptCount: number
  /** and how many can be. */
  readonly acceptedCountMax: number
  /** Settlements before this instant, a whole second, are known by seconds; null where each is known. */
  readonly archivedToMs: number | null
  /** Payments that came again under a correlationId that was known; they changed nothing. */
  readonly duplicateCount: number
  /** Nothing has been recorded anywhere for long: each processor gets canaries, whatever speaks against it. */
  readonly isLastResort: boolean
  /** The probability that the audited books are still equal, from 1 down to 0; 0 where there is no audit guard. */
  readonly guardLeft: number
  readonly processors: readonly (LaneReport &
    Money & {
      /**
       * Payments that the processor may have recorded without our knowledge. A lane is drained when this and
       * `inFlightCount` are 0.
       */
      readonly unknownCount: number
      readonly settledCount: number
      readonly settledAmountCents: number
    })[]
}
