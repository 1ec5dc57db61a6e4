import { Ewma, unreachable } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome } from '@rinha/payment'
import { Circuit, type CircuitOptions, type CircuitState } from './circuit.ts'
import { Limiter, type LimiterOptions } from './limiter.ts'

/**
 * The lane to one processor: the one place where the health poll and the outcomes of attempts are fused. It answers
 * three questions: may an attempt start now, how long will it take, and when is the next poll.
 */
export interface LaneOptions {
  readonly name: string
  /** What the processor keeps of each payment, in hundredths of a percent. */
  readonly feeBps: number
  /** At or under this predicted latency the processor counts as fast. */
  readonly fastMsMax: number
  readonly circuit: CircuitOptions
  readonly limiter: LimiterOptions
  /** The processors allow one health call in 5 s; it is counted here from the last answer. */
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
  readonly inFlightCount: number
  readonly limitCount: number
  readonly predictedMs: number
  readonly reportedFailing: boolean | null
  readonly reportedMinResponseMs: number | null
  readonly polledAtMs: number | null
}

/** The weight of one more latency: a step is followed to 90 % within about ten attempts. */
const latencyWeight = 0.2

export class Lane {
  readonly options: LaneOptions
  readonly index: number
  readonly #circuit: Circuit
  readonly #limiter: Limiter
  readonly #latency = new Ewma(latencyWeight)
  #lastRecordedAtMs = Number.NEGATIVE_INFINITY
  #reported: { readonly failing: boolean; readonly minResponseMs: number; readonly atMs: number } | undefined
  #nextPollAtMs = Number.NEGATIVE_INFINITY
  #polling = false

  constructor(options: LaneOptions, index: number) {
    this.options = options
    this.index = index
    this.#circuit = new Circuit(options.circuit)
    this.#limiter = new Limiter(options.limiter)
  }

  /** Whether payments may flow, as far as health goes. */
  get working(): boolean {
    return this.#circuit.state === 'closed'
  }

  /** The latency to expect of the next attempt; 0 until something is known. */
  get predictedMs(): number {
    return this.#latency.average ?? 0
  }

  get fast(): boolean {
    return this.predictedMs <= this.options.fastMsMax
  }

  get hasRoom(): boolean {
    return this.working && this.#limiter.hasRoom
  }

  canaryDue(nowMs: number): boolean {
    return nowMs >= this.#circuit.canaryAtMs
  }

  /** When the health endpoint is to be asked next: Infinity while it is being asked. */
  get pollAtMs(): number {
    return this.#polling ? Number.POSITIVE_INFINITY : this.#nextPollAtMs
  }

  /** A permit for one attempt, as the canary where one is due, or `undefined` when none may start now. */
  tryStart(nowMs: number): Permit | undefined {
    const canary = this.canaryDue(nowMs)
    if (!canary && !this.hasRoom) return undefined
    if (canary) this.#circuit.startCanary(nowMs)
    this.#limiter.acquire()
    return { lane: this.index, sentAtMs: nowMs, canary }
  }

  /** The attempt of a permit ended. Every permit comes back here exactly once. */
  ended(permit: Permit, outcome: AttemptOutcome, nowMs: number): void {
    switch (outcome.kind) {
      case 'recorded':
      case 'duplicate':
        this.#limiter.recorded()
        this.#circuit.recorded(permit.canary)
        this.#latency.add(nowMs - permit.sentAtMs)
        this.#lastRecordedAtMs = nowMs
        return
      case 'refused':
        if (outcome.pushedBack) this.#pushedBack(permit, nowMs)
        else this.#refused(permit, nowMs)
        return
      case 'unknown':
        this.#limiter.congested(permit.sentAtMs, nowMs)
        this.#circuit.failed(permit.canary, nowMs)
        return
      case 'rejected':
        this.#limiter.ended()
        if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
        return
      default:
        unreachable(outcome)
    }
  }

  /** Whether the health endpoint is to be asked now; if so, the asking is taken as done until {@link polled}. */
  startPollIfDue(nowMs: number): boolean {
    if (this.#polling || nowMs < this.#nextPollAtMs) return false
    this.#polling = true
    return true
  }

  polled(outcome: HealthOutcome, nowMs: number): void {
    this.#polling = false
    this.#nextPollAtMs = nowMs + this.options.healthPollMs
    if (outcome.kind === 'unknown') return
    this.#reported = { failing: outcome.failing, minResponseMs: outcome.minResponseTimeMs, atMs: nowMs }
    this.#circuit.polled(outcome.failing, nowMs)
    // The poll knows the delay before any attempt does; where attempts are being recorded they know better.
    const attemptsAreFresh = nowMs - this.#lastRecordedAtMs < this.options.healthPollMs
    if (!attemptsAreFresh || outcome.minResponseTimeMs > this.predictedMs)
      this.#latency.reset(outcome.minResponseTimeMs)
  }

  report(): LaneReport {
    return {
      name: this.options.name,
      circuit: this.#circuit.state,
      inFlightCount: this.#limiter.inFlightCount,
      limitCount: this.#limiter.limitCount,
      predictedMs: Math.round(this.predictedMs * 10) / 10,
      reportedFailing: this.#reported?.failing ?? null,
      reportedMinResponseMs: this.#reported?.minResponseMs ?? null,
      polledAtMs: this.#reported?.atMs ?? null,
    }
  }

  #refused(permit: Permit, nowMs: number): void {
    this.#limiter.ended()
    this.#circuit.failed(permit.canary, nowMs)
  }

  #pushedBack(permit: Permit, nowMs: number): void {
    this.#limiter.congested(permit.sentAtMs, nowMs)
    if (permit.canary) this.#circuit.canaryInconclusive(nowMs)
  }
}
