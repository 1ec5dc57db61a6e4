import { unreachable } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome } from '@rinha/payment'
import { AuditGuard } from './audit-guard.ts'
import { Circuit, type CircuitOptions } from './circuit.ts'
import type { LaneReport } from './lane-report.ts'
import { LatencyLevel } from './latency-level.ts'
import { Limiter, type LimiterOptions } from './limiter.ts'
import type { LaneView } from './policy.ts'
import { ProbeClock } from './probe-clock.ts'
import { RecordRun } from './record-run.ts'
import type { Sending } from './sending.ts'

/**
 * The lane to one processor: the one place where the health poll and the outcomes of attempts are fused. It answers
 * two questions: may an attempt start now, and how long will it take.
 *
 * - Whether the processor works: {@link Circuit}. It counts failures, and tells an outage from a usual share of them.
 * - How many attempts it takes at once: {@link Limiter}. It tells congestion from loss.
 * - How long an attempt takes: {@link LatencyLevel}. The level is where most answers are, and it changes in steps. The tail is
 *   the rare answer far above it, and it stays. It tells one from the other (CUSUM: Page 1954, in shift.ts) in a distribution
 *   of latencies (DDSketch: Masson, Rim and Lee 2019, in latency-histogram.ts).
 *
 * Under an audit guard ({@link AuditGuard} says what there is to protect) a lane is usable while its level is under the
 * guard, with a margin for its spread, and its tail past the guard is no more than one answer in a thousand. The two are
 * different reasons. A level past the guard makes every payment late, and polls tell when it ends: there is something to
 * wait for. A tail makes a few late, and only the payments that are sent show whether it is still there: there is nothing to
 * wait for, so it is only a reason to prefer another lane (`tailed`). Without a guard, or with nothing left to protect,
 * neither makes a lane unusable.
 *
 * A lane that stalls gets a probe now and then: one payment. The stall ends when a probe ends in time or tells the new
 * level, so no poll is needed. If the level is past the guard, the overdue attempts are late already, and a probe adds
 * one more late payment.
 */
export interface LaneOptions {
  readonly name: string
  /** The processor's fee, in hundredths of a percent of each payment. */
  readonly feeBps: number
  /** The processor counts as fast while its predicted latency is at or below this. */
  readonly fastMsMax: number
  /** How old a window of time is when its books are closed; 0 for no guard. */
  readonly auditGuardMs: number
  readonly circuit: CircuitOptions
  readonly limiter: LimiterOptions
  /** The pause between polls. A poll's answer counts as current for that long. */
  readonly healthPollMs: number
}

/** An attempt's permission to be under way. It is given back, once, with the outcome. */
export interface Permit {
  readonly lane: number
  readonly sentAtMs: number
  readonly canary: boolean
}

/** What a health endpoint has answered, so long ago. */
export interface HealthReport {
  readonly failing: boolean
  readonly minResponseTimeMs: number
  readonly ageMs: number
}

/**
 * If the payments of earlier lost answers were found recorded, this many further lost answers in a row are assumed to be
 * recorded, too.
 */
const foundCountMax = 100
/** The longest time for which a Retry-After of a 429 is respected. */
const quietMsMax = 10_000

export class Lane {
  options: LaneOptions
  readonly index: number
  /** Set by the engine, and looked at by who sends. */
  sending: Sending = 'on'
  /** Nothing is recorded anywhere for long: canaries go out whatever health and guard say. Set by the dispatcher. */
  isLastResort = false
  /** Payments have stopped coming: what waits now may never be recorded. Set by the dispatcher. */
  isEnding = false
  /** When attempts were recorded. */
  readonly records = new RecordRun()
  readonly #circuit: Circuit
  readonly #limiter: Limiter
  readonly #latency: LatencyLevel
  readonly #guard: AuditGuard
  readonly #probes = new ProbeClock()
  #wayStatus: number | undefined
  /**
   * Payments that look-ups found since the last answer that told of a record, less the lost answers that were forgiven for
   * them.
   */
  #foundCount = 0
  /** The processor has asked for a pause until then (Retry-After). */
  #quietUntilMs = Number.NEGATIVE_INFINITY
  #lastFailure: string | null = null
  #sentCount = 0
  #canaryCount = 0
  #pushedBackCount = 0
  #reported: { readonly failing: boolean; readonly minResponseMs: number; readonly atMs: number } | undefined

  /** `guard` is what all lanes protect together. */
  constructor(options: LaneOptions, index: number, guard = new AuditGuard(options.auditGuardMs)) {
    this.options = options
    this.index = index
    this.#guard = guard
    this.#circuit = new Circuit(options.circuit)
    this.#limiter = new Limiter(options.limiter)
    this.#latency = new LatencyLevel(
      options.auditGuardMs,
      () => this.#limiter.overdue(),
      () => this.#limiter.shifted(),
    )
  }

  /** Other options from now on. What is known of the processor stays. */
  configure(options: LaneOptions): void {
    this.options = options
    this.#circuit.configure(options.circuit)
    this.#limiter.configure(options.limiter)
    this.#latency.setGuard(options.auditGuardMs)
  }

  /** The lane as a policy sees it now. */
  view(nowMs: number): LaneView {
    this.look(nowMs)
    const stalled = this.#latency.isStalled
    const flows = this.flows(nowMs)
    const tailed = flows && !stalled && this.safe && this.#hasTail(nowMs)
    return {
      feeBps: this.options.feeBps,
      working: flows,
      usable: flows && !stalled && this.safe && !tailed,
      stalled,
      tailed,
      fast: this.predictedMs <= this.options.fastMsMax,
      predictedMs: this.predictedMs,
      proven: this.records.lastAtMs !== Number.NEGATIVE_INFINITY,
    }
  }

  /** Whether payments may flow, as far as health goes. */
  get working(): boolean {
    return this.#circuit.state === 'closed'
  }

  /** The latency to expect of the next attempt; 0 until something is known. */
  get predictedMs(): number {
    return this.#latency.predictedMs
  }

  /** Whether the level is such that an attempt that starts now ends before its window is audited. */
  get safe(): boolean {
    return !this.#guard.isOn || this.#latency.isUnderGuard
  }

  /** Notices attempts that have become overdue, which take no room any more, and sets the clock of the canaries accordingly. */
  look(nowMs: number): void {
    this.#latency.look(nowMs)
    // A lane past the guard gets no payments, so only a poll can show that the processor has become quick again.
    const isLeft = this.#latency.isStalled || (!this.safe && this.#reported === undefined)
    this.#probes.look(isLeft, this.#guard.isOn, nowMs)
  }

  #hasTail(nowMs: number): boolean {
    return this.#guard.isOn && this.#latency.hasTail(nowMs)
  }

  /** Whether its own health endpoint said, last, that it is failing. */
  get reportedFailing(): boolean {
    return this.#reported?.failing ?? false
  }

  get inFlightCount(): number {
    return this.#limiter.inFlightCount
  }

  /** Whether attempts may start, as soon as there is room. */
  flows(nowMs: number): boolean {
    return this.working && !this.#isQuiet(nowMs)
  }

  hasRoom(nowMs: number): boolean {
    return this.flows(nowMs) && this.#limiter.hasRoom
  }

  #isQuiet(nowMs: number): boolean {
    return nowMs < this.#quietUntilMs
  }

  /**
   * A canary is an ordinary payment, and what it will take is not known. Under a guard that could make the books
   * differ. So no canary is sent to a processor whose health endpoint says failing, except when payments have stopped,
   * and as the last resort.
   */
  canaryDue(nowMs: number): boolean {
    if (this.#isQuiet(nowMs)) return false
    if (this.working) {
      this.look(nowMs)
      return this.#probes.isDue(nowMs) && !this.#limiter.isFull
    }
    if (nowMs < this.#circuit.canaryAtMs) return false
    if (this.isLastResort) return true
    return this.safe && (this.isEnding || !this.#guard.isOn || !this.reportedFailing)
  }

  /**
   * Whether an attempt whose answer was lost may be repeated now, although the lane is closed. The repeat keeps its old
   * requestedAt, so waiting for a poll would protect no window. The sooner it is recorded, the better.
   */
  repeatDue(nowMs: number): boolean {
    return nowMs >= this.#circuit.canaryAtMs && !this.#isQuiet(nowMs)
  }

  /** A permit for one attempt, as the canary where one is due, or `undefined` when none may start now. */
  tryStart(nowMs: number, isRepeat = false): Permit | undefined {
    const canary = isRepeat ? this.repeatDue(nowMs) : this.canaryDue(nowMs)
    if (!canary && !this.hasRoom(nowMs)) return undefined
    const isProbe = canary && this.working
    if (isProbe) this.#probes.started(nowMs)
    else if (canary) this.#circuit.startCanary(nowMs)
    this.#limiter.acquire()
    this.#sentCount += 1
    if (canary) this.#canaryCount += 1
    const permit = { lane: this.index, sentAtMs: nowMs, canary: canary && !isProbe }
    this.#latency.started(permit)
    return permit
  }

  /** The attempt of a permit ended. Every permit comes back here exactly once. */
  ended(permit: Permit, outcome: AttemptOutcome, nowMs: number): void {
    if (outcome.kind === 'recorded' || outcome.kind === 'duplicate') return this.#recorded(permit, nowMs)
    const wasOverdue = this.#latency.ended(permit)
    switch (outcome.kind) {
      case 'refused':
        if (outcome.withdrawn) this.#endedUntold(permit, wasOverdue, nowMs)
        else if (outcome.pushedBack) this.#pushedBack(permit, outcome.retryAfterMs, wasOverdue, nowMs)
        else this.#refused(permit, outcome, wasOverdue, nowMs)
        return
      case 'unknown':
        this.#lost(permit, outcome.reason, wasOverdue, nowMs)
        return
      case 'rejected':
        this.#endedUntold(permit, wasOverdue, nowMs)
        return
      default:
        unreachable(outcome)
    }
  }

  /**
   * A look-up has found a payment whose attempt was sent then: it was recorded, whatever became of its answer. If
   * answers get lost and payments do not, each payment that is found cancels one later lost answer: that one does not
   * count against the processor.
   */
  found(sentAtMs: number): void {
    this.#wayStatus = undefined
    this.#foundCount = Math.min(this.#foundCount + 1, foundCountMax)
    this.#limiter.found()
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
    const attemptsAreFresh = nowMs - this.records.lastAtMs < this.options.healthPollMs
    this.#latency.polled(outcome.minResponseTimeMs, !attemptsAreFresh, nowMs)
  }

  /**
   * What another coordinator knows of the health endpoint, told again and again. Each poll counts once, and no longer than two pauses; where
   * nothing is told, attempts alone show how the processor is.
   */
  told(report: HealthReport | undefined, nowMs: number): void {
    const ageMsMax = 2 * this.options.healthPollMs
    const knownMs = this.#reported?.atMs ?? Number.NEGATIVE_INFINITY
    if (nowMs - knownMs > ageMsMax) this.#reported = undefined
    if (report === undefined || report.ageMs > ageMsMax) return
    const polledMs = nowMs - report.ageMs
    // The age grows by the way here, which takes different times.
    if (polledMs < knownMs + this.options.healthPollMs / 2) return
    this.polled({ kind: 'answered', ...report }, nowMs)
    this.#reported = { failing: report.failing, minResponseMs: report.minResponseTimeMs, atMs: polledMs }
  }

  report(nowMs: number): LaneReport {
    return {
      name: this.options.name,
      feeBps: this.options.feeBps,
      paused: this.sending === 'paused',
      draining: this.sending === 'draining',
      circuit: this.#circuit.state,
      openedCount: this.#circuit.openedCount,
      lastFailure: this.#lastFailure,
      usable: this.sending === 'on' && this.view(nowMs).usable,
      against: this.#against(nowMs),
      sentCount: this.#sentCount,
      canaryCount: this.#canaryCount,
      pushedBackCount: this.#pushedBackCount,
      inFlightCount: this.#limiter.inFlightCount,
      limitCount: this.#limiter.limitCount,
      predictedMs: Math.round(this.predictedMs * 10) / 10,
      tailMs: Math.round(this.#latency.tailMs * 10) / 10,
      reportedFailing: this.#reported?.failing ?? null,
      reportedMinResponseMs: this.#reported?.minResponseMs ?? null,
      polledAgeMs: this.#reported === undefined ? null : Math.round(nowMs - this.#reported.atMs),
      wayStatus: this.#wayStatus ?? null,
    }
  }

  #against(nowMs: number): LaneReport['against'] {
    if (this.sending !== 'on') return this.sending
    if (!this.working) return 'down'
    if (this.#isQuiet(nowMs)) return 'leftAlone'
    if (this.#latency.isStalled) return 'stalled'
    if (!this.safe) return 'level'
    return this.#hasTail(nowMs) ? 'tail' : null
  }

  #recorded(permit: Permit, nowMs: number): void {
    this.#wayStatus = undefined
    this.#foundCount = 0
    if (this.#latency.recorded(permit, nowMs)) this.#limiter.recordedLate()
    else this.#limiter.recorded(permit.sentAtMs, nowMs)
    this.#guard.recorded(permit.sentAtMs, nowMs)
    this.#circuit.recorded(permit.canary)
    this.records.recorded(nowMs)
  }

  #refused(
    permit: Permit,
    { wayStatus, reason }: AttemptOutcome & { readonly kind: 'refused' },
    wasOverdue: boolean,
    nowMs: number,
  ): void {
    this.#wayStatus = wayStatus
    this.#limiter.ended(wasOverdue)
    this.#failed(permit, reason, nowMs)
  }

  #lost(permit: Permit, reason: string, wasOverdue: boolean, nowMs: number): void {
    if (this.#foundCount > 0) {
      this.#foundCount -= 1
      return this.#endedUntold(permit, wasOverdue, nowMs)
    }
    this.#limiter.lost(permit.sentAtMs, nowMs, wasOverdue)
    this.#failed(permit, reason, nowMs)
  }

  /** The outcome says nothing about the processor. */
  #endedUntold(permit: Permit, wasOverdue: boolean, nowMs: number): void {
    this.#limiter.ended(wasOverdue)
    if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
  }

  #failed(permit: Permit, reason: string, nowMs: number): void {
    this.#lastFailure = reason
    this.#circuit.failed(permit.canary, nowMs)
  }

  #pushedBack(permit: Permit, retryAfterMs: number | undefined, wasOverdue: boolean, nowMs: number): void {
    this.#limiter.pushedBack(permit.sentAtMs, nowMs, wasOverdue)
    this.#pushedBackCount += 1
    if (retryAfterMs !== undefined) this.#quietUntilMs = nowMs + Math.min(retryAfterMs, quietMsMax)
    if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
  }
}
