import type { CircuitState } from './circuit.ts'
import type { Sending } from './sending.ts'

/** What polls and attempts have shown about one processor, for the operator. */
export interface LaneReport {
  readonly name: string
  readonly feeBps: number
  /** A person has said so; see {@link Sending}. */
  readonly paused: boolean
  readonly draining: boolean
  readonly circuit: CircuitState
  /** How often its circuit opened. */
  readonly openedCount: number
  /** The last answer, or missing one, that spoke against its health. */
  readonly lastFailure: string | null
  /** Usable as a policy sees it (`usable` of a LaneView). False while an operator has paused or drained the lane. */
  readonly usable: boolean
  /**
   * Why the lane is not usable; the first reason of this list: a person paused it, its circuit is open, it sent
   * Retry-After, its answers are overdue, its level is past the audit guard, its tail is.
   */
  readonly against: Exclude<Sending, 'on'> | 'down' | 'leftAlone' | 'stalled' | 'level' | 'tail' | null
  /** Attempts ever begun, those of them that were canaries, and those that were answered 429. */
  readonly sentCount: number
  readonly canaryCount: number
  readonly pushedBackCount: number
  readonly inFlightCount: number
  readonly limitCount: number
  /** Half of all attempts take longer. */
  readonly predictedMs: number
  /** One answer in a hundred takes longer. */
  readonly tailMs: number
  readonly reportedFailing: boolean | null
  readonly reportedMinResponseMs: number | null
  readonly polledAgeMs: number | null
  /** The status of the last answer to an attempt, if it is about the way to the processor: 401, 404, a redirect. */
  readonly wayStatus: number | null
}
