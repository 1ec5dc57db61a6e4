import { assert } from '@rinha/base'

/**
 * How many attempts may be under way at one processor: the size of its worker pool, found while running.
 *
 * By Little's law (Little 1961) a rate of λ payments a second at a latency of L seconds needs λ·L attempts under way:
 * 600 a second take 6 at 10 ms and 600 at one second. Six workers, the number of the system this one mirrors, carry 60 a
 * second at 100 ms. So the limit starts at six and grows by one for every record while it is in use, which doubles it each
 * round trip (slow start: Jacobson 1988). A cut of a tenth or more has found where the processor is full. From there on it
 * grows by a tenth a round trip, and by one at least, until the processor is at another level.
 *
 * It shrinks only by signs of congestion. It looks at a round trip at a time: what ends until an attempt is recorded
 * that was sent after the first of them.
 * - Push-backs (429): the limit shrinks by half their share, of late. All of them halve it, one in a hundred takes
 *   half a percent (DCTCP: Alizadeh et al. 2010). A 429 at random then costs what it refuses, and no more: up to one in six
 *   are made up for by the growth. Where a processor counts, the limit settles where it refuses one in six.
 * - Latency that grows with what is under way: the limit shrinks by the ratio of the unloaded latency, doubled, to what it is
 *   now, to a half at most (the gradient of Netflix's concurrency-limits; TCP Vegas: Brakmo and Peterson 1995). The unloaded
 *   latency is the least of a round trip, or that of one with at most two under way. A constant second is slow, not
 *   congested: at a new level it is found anew.
 *   A cut is an experiment: where three in a row leave the latency as it was, it is the processor's own, and the limit is
 *   put back.
 * - Loss is not congestion (resets, 5xx, time-outs): only where most of a round trip is lost, the limit is halved.
 *
 * An overdue attempt does not count against the limit, so that attempts that hang do not block others. All together
 * never exceed `countMax`. The limit never leaves [1, countMax].
 */
export interface LimiterOptions {
  readonly countInitial: number
  readonly countMax: number
}

/** Latency may be so far above twice the unloaded one: two busy machines scatter by that without any load. */
const slackMs = 60
/** After this many cuts without an effect, the load is not the cause of the latency. */
const vainCutCountMax = 3
/** With at most this many attempts under way there is no load: their latency is the unloaded latency. */
const fewCount = 2
/** If fewer attempts end in a round trip, it is not judged by its losses. */
const lossCountMin = 4

/** A cut by so much has found where the processor is full. */
const cutFactorOfBound = 0.9
/** The weight of one more round trip in the share that is pushed back: of few attempts one tells little. */
const pushedBackWeight = 1 / 4
/** By how much each record raises the limit from there on. */
const growthAfterCut = 0.1

export class Limiter {
  #options: LimiterOptions
  #limit: number
  #slowStartUntil: number
  #inFlightCount = 0
  #overdueCount = 0
  readonly #roundTrip = new RoundTrip()
  #pushedBackShare = 0
  #unloadedMs = Number.POSITIVE_INFINITY
  /** Kept since the first cut for latency: the latency at that time, and the number of cuts without an effect. */
  #experiment: Experiment | undefined

  constructor(options: LimiterOptions) {
    assert(
      options.countInitial >= 1 && options.countInitial <= options.countMax,
      '1 ≤ countInitial ≤ countMax',
    )
    this.#options = options
    this.#limit = options.countInitial
    this.#slowStartUntil = options.countMax
  }

  /** Another most from now on: what is under way past it ends. */
  configure(options: LimiterOptions): void {
    if (this.#slowStartUntil === this.#options.countMax) this.#slowStartUntil = options.countMax
    this.#options = options
    this.#limit = Math.min(this.#limit, options.countMax)
  }

  /** Attempts that may be under way at once, as a whole number, without the overdue ones. */
  get limitCount(): number {
    return Math.floor(this.#limit)
  }

  get inFlightCount(): number {
    return this.#inFlightCount
  }

  get hasRoom(): boolean {
    return this.#inFlightCount - this.#overdueCount < this.limitCount && !this.isFull
  }

  /** The configured maximum of attempts is under way. */
  get isFull(): boolean {
    return this.#inFlightCount >= this.#options.countMax
  }

  /** An attempt starts. A canary may start without room; nothing else may. */
  acquire(): void {
    this.#inFlightCount += 1
  }

  /** An attempt under way takes longer than expected. */
  overdue(): void {
    this.#overdueCount += 1
    assert(this.#overdueCount <= this.#inFlightCount, 'what is overdue is under way')
  }

  /** An attempt ended in time with a record. */
  recorded(sentAtMs: number, nowMs: number): void {
    const inTimeCount = this.#inFlightCount - this.#overdueCount
    const isInUse = inTimeCount * 2 > this.#limit
    this.#release(false)
    this.#roundTrip.recorded(nowMs - sentAtMs, inTimeCount, isInUse)
    if (isInUse) this.#grow()
    this.#closeRoundTrip(sentAtMs, nowMs, true)
  }

  /** An attempt that was overdue ended with a record. Its latency is not that of the others, and says nothing of load. */
  recordedLate(): void {
    const isInUse = this.#inFlightCount * 2 > this.#limit
    this.#release(true)
    if (isInUse) this.#grow()
  }

  /** A look-up has found the record of an attempt whose answer was lost. */
  found(): void {
    this.#grow()
  }

  /** An attempt ended in a 429. */
  pushedBack(sentAtMs: number, nowMs: number, wasOverdue: boolean): void {
    this.#release(wasOverdue)
    this.#roundTrip.pushedBackCount += 1
    this.#closeRoundTrip(sentAtMs, nowMs, false)
  }

  /** The answer of an attempt got lost. */
  lost(sentAtMs: number, nowMs: number, wasOverdue: boolean): void {
    this.#release(wasOverdue)
    this.#roundTrip.lostCount += 1
    this.#closeRoundTrip(sentAtMs, nowMs, false)
  }

  /** An attempt ended in a way that says nothing about congestion. */
  ended(wasOverdue: boolean): void {
    this.#release(wasOverdue)
  }

  /** The processor is at another level: what latency it has unloaded is to be found anew. */
  shifted(): void {
    this.#slowStartUntil = this.#options.countMax
    this.#unloadedMs = Number.POSITIVE_INFINITY
    this.#experiment = undefined
    this.#roundTrip.begin(Number.NEGATIVE_INFINITY)
  }

  #grow(): void {
    const step = this.#limit < this.#slowStartUntil ? 1 : Math.max(growthAfterCut, 1 / this.#limit)
    this.#limit = Math.min(this.#limit + step, this.#options.countMax)
  }

  #closeRoundTrip(sentAtMs: number, nowMs: number, isRecord: boolean): void {
    const {
      beganAtMs,
      count,
      pushedBackCount,
      lostCount,
      recordedCount,
      meanMs,
      meanInFlightCount,
      wasInUse,
    } = this.#roundTrip
    if (beganAtMs === Number.NEGATIVE_INFINITY) this.#roundTrip.beganAtMs = nowMs
    // A refusal comes back sooner than a record, so it ends a round trip only if there are no records.
    if (sentAtMs < this.#roundTrip.beganAtMs || (!isRecord && count < this.limitCount)) return
    this.#roundTrip.begin(nowMs)
    this.#pushedBackShare += pushedBackWeight * (pushedBackCount / count - this.#pushedBackShare)
    if (pushedBackCount > 0) this.#cut(1 - this.#pushedBackShare / 2)
    if (count >= lossCountMin && lostCount * 2 > count) this.#cut(0.5)
    if (recordedCount > 0) this.#compare(meanMs, meanInFlightCount, wasInUse)
  }

  /** Whether the latency of a round trip has grown with the number of attempts under way. */
  #compare(latencyMs: number, inFlightCount: number, wasInUse: boolean): void {
    this.#unloadedMs = inFlightCount <= fewCount ? latencyMs : Math.min(this.#unloadedMs, latencyMs)
    const toleratedMs = 2 * this.#unloadedMs + slackMs
    if (latencyMs <= toleratedMs) {
      this.#experiment = undefined
      return
    }
    if (!wasInUse) return
    if (this.#experiment === undefined)
      this.#experiment = { limit: this.#limit, latencyMs, inFlightCount, vainCount: 0 }
    const { limit, latencyMs: beforeMs, inFlightCount: beforeCount, vainCount } = this.#experiment
    // If latency were proportional to the load, it would have fallen as the load did. Half of that fall is enough to
    // count.
    const share = inFlightCount / beforeCount
    const isVain = share < 0.9 && latencyMs > (beforeMs * (1 + share)) / 2
    if (!isVain || vainCount + 1 < vainCutCountMax) {
      this.#experiment = { ...this.#experiment, vainCount: isVain ? vainCount + 1 : vainCount }
      return this.#cut(Math.max(0.5, toleratedMs / latencyMs))
    }
    this.#limit = Math.max(this.#limit, limit)
    this.#slowStartUntil = this.#options.countMax
    this.#unloadedMs = latencyMs
    this.#experiment = undefined
  }

  #cut(factor: number): void {
    this.#limit = Math.max(1, this.#limit * factor)
    if (factor <= cutFactorOfBound) this.#slowStartUntil = this.#limit
  }

  #release(wasOverdue: boolean): void {
    assert(this.#inFlightCount > 0, 'an attempt ends once')
    this.#inFlightCount -= 1
    if (wasOverdue) this.#overdueCount -= 1
  }
}

interface Experiment {
  readonly limit: number
  readonly latencyMs: number
  readonly inFlightCount: number
  readonly vainCount: number
}

/** The attempts that have ended since the round trip began. */
class RoundTrip {
  beganAtMs = Number.NEGATIVE_INFINITY
  pushedBackCount = 0
  lostCount = 0
  recordedCount = 0
  wasInUse = false
  #latencySumMs = 0
  #inFlightSum = 0

  get count(): number {
    return this.recordedCount + this.pushedBackCount + this.lostCount
  }

  get meanMs(): number {
    return this.#latencySumMs / this.recordedCount
  }

  get meanInFlightCount(): number {
    return this.#inFlightSum / this.recordedCount
  }

  begin(atMs: number): void {
    this.beganAtMs = atMs
    this.pushedBackCount = 0
    this.lostCount = 0
    this.recordedCount = 0
    this.wasInUse = false
    this.#latencySumMs = 0
    this.#inFlightSum = 0
  }

  recorded(latencyMs: number, inFlightCount: number, isInUse: boolean): void {
    this.recordedCount += 1
    this.#inFlightSum += inFlightCount
    this.#latencySumMs += latencyMs
    this.wasInUse ||= isInUse
  }
}
