import type { AttemptOutcome, Fact, HealthOutcome, LookupOutcome, RecordConflict } from '@rinha/payment'
import type { LaneReport, Sending } from '@rinha/routing'
import type { ConflictReport } from './conflicts.ts'
import type { LaneFee, Money } from './fee-periods.ts'
import type { Holding } from './holding.ts'
import type { EngineSettings } from './options.ts'
import type { Order } from './orders.ts'

/**
 * Names one piece of work that the shell does for the engine. The shell gives it back, untouched, with the outcome.
 * `generation` tells work begun before a purge from work of now.
 */
export interface WorkToken {
  readonly generation: number
}

/** What the engine is told. */
export type EngineEvent =
  /** `count` whole records, as payment-record.ts of @rinha/payment has them. */
  | { readonly kind: 'accept'; readonly records: Uint8Array; readonly count: number }
  | { readonly kind: 'attemptEnded'; readonly token: WorkToken; readonly outcome: AttemptOutcome }
  | { readonly kind: 'lookUpEnded'; readonly token: WorkToken; readonly outcome: LookupOutcome }
  | { readonly kind: 'healthPolled'; readonly processor: number; readonly outcome: HealthOutcome }
  /** Forgets every payment. The outcomes of attempts under way are then ignored. */
  | { readonly kind: 'purge' }
  /** A node was welcomed by another coordinator before this one: clients may post again what that one has sent. */
  | { readonly kind: 'predecessor' }
  /** A person ends what nobody else can. What {@link Engine.judge} does not allow changes nothing. */
  | { readonly kind: 'orders'; readonly orders: readonly Order[] }
  /** A person says what may be sent to these processors from now on, all in one step. */
  | { readonly kind: 'operate'; readonly processors: readonly number[]; readonly sending: Sending }
  /** What settles under attempts from now on is priced at these fees; {@link EngineEvent} `configure` says so, too. */
  | { readonly kind: 'price'; readonly fees: readonly LaneFee[] }
  /** Other settings, effective in this step. The lanes are the same, in the same order. */
  | { readonly kind: 'configure'; readonly settings: EngineSettings }
  /** Time has passed: `Engine.wakeAtMs` has come. */
  | { readonly kind: 'tick' }

/** What the engine asks for. Each is answered by exactly one event, however late. */
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
  | { readonly kind: 'pollHealth'; readonly processor: number }

/**
 * What one event comes to. The facts are true as soon as they are decided; whoever keeps a log appends them, in this
 * order, before the next step. The effects are to be carried out when the facts are as safe as they are to be.
 */
export interface Step {
  readonly facts: readonly Fact[]
  readonly effects: readonly EngineEffect[]
  /** Of the records that were to be accepted, those that are not the payment whose correlationId they have. */
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
  /** Of those in flight, how many may have been recorded already by an attempt whose answer was lost. */
  readonly unknownCount: number
  /** Since the oldest of those was accepted. */
  readonly oldestUnknownAgeMs: number
  readonly settledCount: number
  readonly rejectedCount: number
  /** Of those rejected, how many a person has discarded. They are no longer listed. */
  readonly discardedCount: number
  readonly acceptedCount: number
  readonly acceptedCountMax: number
  /** Payments that came again under a correlationId that was known; they changed nothing. */
  readonly duplicateCount: number
  /** Nothing has been recorded anywhere for long: each processor gets canaries, whatever speaks against it. */
  readonly isLastResort: boolean
  /** The probability that the audited books are still equal, from 1 down to 0; 0 where there is no audit guard. */
  readonly guardLeft: number
  readonly processors: readonly (LaneReport &
    Money & {
      /** Payments that may have been recorded there without us knowing: with `inFlightCount`, what it is to be drained of. */
      readonly unknownCount: number
      readonly settledCount: number
      readonly settledAmountCents: number
    })[]
}
