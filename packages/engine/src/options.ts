import type { Archive } from '@rinha/archive'
import type { Time } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import type { LaneOptions, PaceOptions, Policy, Sending } from '@rinha/routing'
import type { FeePeriod } from './fee-periods.ts'

/** The options that may be changed while the engine runs. */
export type EngineSettings = Pick<EngineOptions, 'lanes' | 'policy' | 'pace'>

export interface EngineOptions {
  /** The processors, cheapest first. */
  readonly lanes: readonly LaneOptions[]
  readonly policy: Policy
  /** What an operator allowed for each lane before; `on` if it is missing. */
  readonly sending?: readonly Sending[] | undefined
  /** Which fees an earlier process has had in force when. */
  readonly feePeriods?: readonly FeePeriod[]
  /** How fast a backlog is drained. */
  readonly pace: PaceOptions
  /**
   * The ledger: a new one, or one that was filled from a journal or from another coordinator's facts. From here on only
   * the engine changes it.
   */
  readonly ledger: Ledger
  /** Payments that have left the ledger. Missing: such a payment is unknown. */
  readonly archive?: Pick<Archive, 'find' | 'generation'> | undefined
  readonly startedAt: Time
  /** For how long after the start another coordinator may still begin polls: the first ones are so much later. */
  readonly firstPollsLateMs?: number
  /** Payments that have ended leave memory at this age, or earlier where room is short. 0 or missing: none ever leaves. */
  readonly retainMs?: number
  /** No payment leaves within this time after it was accepted, nor after the start; simulations are shorter than what ships. */
  readonly keptMsMin?: number
  /** False: it never asks a processor for its health, and learns of it by the event `healthTold`. */
  readonly pollsHealth?: boolean
  /**
   * What to do about a coordinator before this one, if the ledger was empty at the start: how long new payments are looked
   * up first after the last report of it (0: never), and the timeout of its attempts. Missing: nothing.
   */
  readonly predecessor?: { readonly spanMs: number; readonly attemptTimeoutMs: number }
}
