import { assert, Ewma, unreachable } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome } from '@rinha/payment'
import { Circuit, type CircuitOptions, type CircuitState } from './circuit.ts'
import { Limiter, type LimiterOptions } from './limiter.ts'
import type { LaneView } from './policy.ts'

/**
 * The lane to one processor: the one place where the health poll and the outcomes of attempts are fused. It answers
 * two questions: may an attempt start now, and how long will it take.
 *
 * The audit guard. A window of time is audited `auditGuardMs` after its end. An attempt that ends later than that after
 * its requestedAt is inserted while, or after, its window is being read, and the books differ. So a lane is safe only
 * while the latency to expect, plus a margin learned from its spread, stays under the guard; what is not safe is not
 * usable while there is another way.
 *
 * Latency changes in steps: a processor is at 5 ms, and then at 2000. Two things make the estimate follow in one answer
 * instead of twenty, and stop the flow even before the first:
 * - an attempt that is under way for longer than one is expected to take makes the lane stalled: nothing more is sent
 *   until it ends, or until a poll says better;
 * - an answer far outside what was expected is taken as the new level, not averaged in. Downwards only when the level has
 *   lasted: one that goes up and down is a spread, and what it needs is a margin. What was sent before the level went
 *   down is neither learned from nor waited for any more: it tells of a level that is past.
 */
export interface LaneOptions {
  readonly name: string
  /** What the processor keeps of each payment, in hundredths of a percent. */
  readonly feeBps: number
  /** At or under this predicted latency the processor counts as fast. */
  readonly fastMsMax: number
  /** How old a window of time is when its books are closed; 0 for no guard. */
  readonly auditGuardMs: number
  readonly circuit: CircuitOptions
  readonly limiter: LimiterOptions
  /** The pause between polls: what they say is news for that long. */
  readonly healthPollMs: number
}

/** An attempt's permission to be under way. It is given back, once, with the outcome. */
export interface Permit {
  readonly lane: number
  readonly sentAtMs: number
  readonly canary: boolean
}

/** What a poll and the attempts have told about one processor, for the operator. */
export interface LaneReport {
  readonly name: string
  readonly circuit: CircuitState
  /** How often its circuit opened. */
  readonly openedCount: number
  /** The last answer, or missing one, that spoke against its health. */
  readonly lastFailure: string | null
  /** Whether payments may flow to it now: it works, does not stall, and is predicted to answer before the guard. */
  readonly usable: boolean
  readonly inFlightCount: number
  readonly limitCount: number
  readonly predictedMs: number
  readonly reportedFailing: boolean | null
  readonly reportedMinResponseMs: number | null
  readonly polledAgeMs: number | null
  /** The status of an answer about the way to the processor (401, 404, a redirect), until it answers about a payment. */
  readonly wayStatus: number | null
}

/** The weight of one more latency within what was expected. */
const latencyWeight = 0.2
/** Deviations above the average up to which an answer is as expected: as in TCP's retransmission timer (RFC 6298). */
const deviationsExpected = 4
/** What is added to that: the timers, garbage collection and scheduling of two busy machines. */
const latencySlackMs = 60
/** How long a level lasts before a much lower answer is taken as a step and not as part of a spread. */
const levelMsMin = 3000
/** So many lost answers in a row are believed to be of payments that are recorded, where those before were. */
const foundCountMax = 100
/** A processor that asks to be left alone (429 with Retry-After) is, for at most so long. */
const quietMsMax = 10_000

export class Lane {
  readonly options: LaneOptions
  readonly index: number
  /** Nothing is recorded anywhere for long: canaries go out whatever health and guard say. Set by the dispatcher. */
  isLastResort = false
  readonly #circuit: Circuit
  readonly #limiter: Limiter
  readonly #latency = new Ewma(latencyWeight)
  /** Sent since the level last went down. Oldest first: a Set keeps the order in which permits were handed out. */
  readonly #underWay = new Set<Permit>()
  /** Sent before that. */
  readonly #overtaken = new Set<Permit>()
  #steppedUpAtMs = Number.NEGATIVE_INFINITY
  #lastRecordedAtMs = Number.NEGATIVE_INFINITY
  #wayStatus: number | undefined
  /** Payments found since the last answer that told of a record, less the lost answers that they have paid for. */
  #foundCount = 0
  /** It has asked to be left alone until then. */
  #quietUntilMs = Number.NEGATIVE_INFINITY
  #lastFailure: string | null = null
  #reported: { readonly failing: boolean; readonly minResponseMs: number; readonly atMs: number } | undefined

  constructor(options: LaneOptions, index: number) {
    this.options = options
    this.index = index
    this.#circuit = new Circuit(options.circuit)
    this.#limiter = new Limiter(options.limiter)
  }

  /** What a policy sees of it now. */
  view(nowMs: number): LaneView {
    return {
      feeBps: this.options.feeBps,
      working: this.working && !this.#isQuiet(nowMs),
      usable: this.usable(nowMs),
      stalled: this.stalled(nowMs),
      fast: this.predictedMs <= this.options.fastMsMax,
      predictedMs: this.predictedMs,
      proven: this.#lastRecordedAtMs !== Number.NEGATIVE_INFINITY,
    }
  }

  /** Whether payments may flow, as far as health goes. */
  get working(): boolean {
    return this.#circuit.state === 'closed'
  }

  /** The latency to expect of the next attempt; 0 until something is known. */
  get predictedMs(): number {
    return this.#latency.average ?? 0
  }

  /** Up to where an answer is as expected. */
  get #expectedMsMax(): number {
    return this.predictedMs + deviationsExpected * this.#latency.deviation + latencySlackMs
  }

  /** Whether an attempt that starts now is predicted to end before its window is audited. */
  get safe(): boolean {
    return this.options.auditGuardMs === 0 || this.#expectedMsMax < this.options.auditGuardMs
  }

  /** Whether an attempt is under way for longer than expected: the level may have changed. */
  stalled(nowMs: number): boolean {
    if (this.#latency.average === undefined) return false
    for (const oldest of this.#underWay) return nowMs - oldest.sentAtMs > this.#expectedMsMax
    return false
  }

  usable(nowMs: number): boolean {
    return this.working && !this.#isQuiet(nowMs) && this.safe && !this.stalled(nowMs)
  }

  /** Whether its own health endpoint said, last, that it is failing. */
  get reportedFailing(): boolean {
    return this.#reported?.failing ?? false
  }

  /** When an attempt was last recorded; −Infinity before the first. */
  get lastRecordedAtMs(): number {
    return this.#lastRecordedAtMs
  }

  get inFlightCount(): number {
    return this.#limiter.inFlightCount
  }

  hasRoom(nowMs: number): boolean {
    return this.working && !this.#isQuiet(nowMs) && this.#limiter.hasRoom
  }

  #isQuiet(nowMs: number): boolean {
    return nowMs < this.#quietUntilMs
  }

  /**
   * A canary is an ordinary payment, and what it will take is not known. Under a guard that is a risk to the books, so
   * there it is sent only to a processor whose health endpoint does not answer; one that does is believed, but for the last
   * resort.
   */
  canaryDue(nowMs: number): boolean {
    if (nowMs < this.#circuit.canaryAtMs || this.#isQuiet(nowMs)) return false
    if (this.isLastResort) return true
    if (!this.safe) return false
    return this.options.auditGuardMs === 0 || this.#reported === undefined
  }

  /**
   * Whether an attempt whose answer was lost may be repeated now, though the lane is shut. Its requestedAt is of the past
   * in any case, so there is no window to keep clean by waiting for a poll: the sooner it is recorded the better.
   */
  repeatDue(nowMs: number): boolean {
    return nowMs >= this.#circuit.canaryAtMs && !this.#isQuiet(nowMs)
  }

  /** A permit for one attempt, as the canary where one is due, or `undefined` when none may start now. */
  tryStart(nowMs: number, isRepeat = false): Permit | undefined {
    const canary = isRepeat ? this.repeatDue(nowMs) : this.canaryDue(nowMs)
    if (!canary && !this.hasRoom(nowMs)) return undefined
    if (canary) this.#circuit.startCanary(nowMs)
    this.#limiter.acquire()
    const permit = { lane: this.index, sentAtMs: nowMs, canary }
    this.#underWay.add(permit)
    return permit
  }

  /** The attempt of a permit ended. Every permit comes back here exactly once. */
  ended(permit: Permit, outcome: AttemptOutcome, nowMs: number): void {
    const isPast = this.#overtaken.delete(permit)
    assert(isPast || this.#underWay.delete(permit), 'a permit comes back once')
    switch (outcome.kind) {
      case 'recorded':
      case 'duplicate':
        this.#wayStatus = undefined
        this.#foundCount = 0
        this.#limiter.recorded()
        this.#circuit.recorded(permit.canary)
        if (!isPast) this.#learn(permit.sentAtMs, nowMs)
        this.#lastRecordedAtMs = nowMs
        return
      case 'refused':
        if (outcome.pushedBack) this.#pushedBack(permit, outcome.retryAfterMs, nowMs)
        else this.#refused(permit, outcome, nowMs)
        return
      case 'unknown':
        this.#lost(permit, outcome.reason, nowMs)
        return
      case 'rejected':
        this.#limiter.ended()
        if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
        return
      default:
        unreachable(outcome)
    }
  }

  /**
   * A look-up has found a payment whose attempt was sent then: it was recorded, whatever became of its answer. Where answers
   * are lost and payments are not, each one found pays for one more lost answer, which then counts for nothing.
   */
  found(sentAtMs: number): void {
    this.#wayStatus = undefined
    this.#foundCount = Math.min(this.#foundCount + 1, foundCountMax)
    this.#limiter.found(sentAtMs)
    this.#circuit.found(sentAtMs)
  }

  polled(outcome: HealthOutcome, nowMs: number): void {
    if (outcome.kind === 'unknown') {
      this.#reported = undefined
      return
    }
    this.#reported = { failing: outcome.failing, minResponseMs: outcome.minResponseTimeMs, atMs: nowMs }
    if (outcome.failing) this.#lastFailure = 'its health endpoint says failing'
    this.#circuit.polled(outcome.failing, nowMs)
    // The poll knows the delay before any attempt does; where attempts are being recorded they know better.
    const attemptsAreFresh = nowMs - this.#lastRecordedAtMs < this.options.healthPollMs
    if (outcome.minResponseTimeMs > this.predictedMs) this.#stepUp(outcome.minResponseTimeMs, nowMs)
    else if (!attemptsAreFresh) this.#latency.reset(outcome.minResponseTimeMs)
  }

  report(nowMs: number): LaneReport {
    return {
      name: this.options.name,
      circuit: this.#circuit.state,
      openedCount: this.#circuit.openedCount,
      lastFailure: this.#lastFailure,
      usable: this.usable(nowMs),
      inFlightCount: this.#limiter.inFlightCount,
      limitCount: this.#limiter.limitCount,
      predictedMs: Math.round(this.predictedMs * 10) / 10,
      reportedFailing: this.#reported?.failing ?? null,
      reportedMinResponseMs: this.#reported?.minResponseMs ?? null,
      polledAgeMs: this.#reported === undefined ? null : Math.round(nowMs - this.#reported.atMs),
      wayStatus: this.#wayStatus ?? null,
    }
  }

  #learn(sentAtMs: number, nowMs: number): void {
    const latencyMs = nowMs - sentAtMs
    const expectedMsMin = 2 * this.predictedMs - this.#expectedMsMax
    if (latencyMs > this.#expectedMsMax) this.#stepUp(latencyMs, nowMs)
    else if (latencyMs < expectedMsMin && nowMs - this.#steppedUpAtMs >= levelMsMin)
      this.#stepDown(latencyMs, sentAtMs)
    else this.#latency.add(latencyMs)
  }

  #stepUp(latencyMs: number, nowMs: number): void {
    this.#latency.reset(latencyMs)
    this.#steppedUpAtMs = nowMs
  }

  #stepDown(latencyMs: number, sentAtMs: number): void {
    this.#latency.reset(latencyMs)
    for (const permit of this.#underWay) {
      if (permit.sentAtMs >= sentAtMs) return
      this.#underWay.delete(permit)
      this.#overtaken.add(permit)
    }
  }

  #refused(
    permit: Permit,
    { wayStatus, reason }: AttemptOutcome & { readonly kind: 'refused' },
    nowMs: number,
  ): void {
    this.#wayStatus = wayStatus
    this.#limiter.ended()
    this.#failed(permit, reason, nowMs)
  }

  #lost(permit: Permit, reason: string, nowMs: number): void {
    if (this.#foundCount > 0) {
      this.#foundCount -= 1
      this.#limiter.ended()
      if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
      return
    }
    this.#limiter.congested(permit.sentAtMs, nowMs, true)
    this.#failed(permit, reason, nowMs)
  }

  #failed(permit: Permit, reason: string, nowMs: number): void {
    this.#lastFailure = reason
    this.#circuit.failed(permit.canary, nowMs)
  }

  #pushedBack(permit: Permit, retryAfterMs: number | undefined, nowMs: number): void {
    this.#limiter.congested(permit.sentAtMs, nowMs, false)
    if (retryAfterMs !== undefined) this.#quietUntilMs = nowMs + Math.min(retryAfterMs, quietMsMax)
    if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
  }
}
