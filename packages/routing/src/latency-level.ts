import { LatencyHistogram } from './latency-histogram.ts'
import { Shift } from './shift.ts'

/** An attempt, as far as its latency goes. */
export interface Sent {
  readonly sentAtMs: number
}

/** The timers, garbage collection and scheduling of two busy machines: added to what is expected. */
const slackMs = 60
/** How far past the median an answer is expected, in distances from the median to the slowest (quickest) tenth. */
const spreadsExpected = 3
/** This many unexpected answers in a row mean a new level, if unexpected answers were rare before. */
const shiftCount = 3
/** A tail counts if its faded weight is at least half a late answer: one late answer, a minute ago. */
const tailWeightMin = 0.5
/** A lane keeps the guard while no more than one answer in a thousand comes after it. */
const tailShareMax = 1 / 1000
/** The half-life of a tail without new samples. Nothing else would show that the tail is over. */
const tailHalfLifeMs = 30_000

/**
 * What latency to expect of one processor: a level, and a tail.
 *
 * The level is where most answers are. It changes in steps: a processor is at 5 ms, and then at 2000. The tail is the rare
 * answer far above it: one in a hundred after 3 s. Both look the same at first: an attempt is under way for longer than
 * expected. They call for opposite things. After a step nothing more should be sent until it is known where the level is
 * now, and what was learned before is worth nothing. In a tail everything goes on, and the late answer is one more sample.
 *
 * {@link Shift} tells them apart, by how probable it is that so many of the last attempts were late. An attempt is late
 * once: when it becomes overdue, or when it ends, whichever is first. However long it hangs, it counts as one.
 *
 * - Expected is up to three times as far from the median as the slowest tenth is (`expectedMsMax`), plus a slack.
 * - A shift of attempts that have not ended stalls: nothing is known but that the level is another. The first of them that
 *   ends tells the new level. Any attempt that ends in time takes the stall back. An attempt that was sent before one that
 *   ended in time is not of the shift, however late it ends: it is of the old level's tail.
 * - A shift downwards is the same with answers that are far too quick. A poll may tell of a level, too.
 * - Attempts sent before a shift are neither learned from nor waited for, because they belong to the old level.
 */
export class LatencyLevel {
  readonly #histogram: LatencyHistogram
  readonly #slower = new Shift(shiftCount)
  readonly #quicker = new Shift(shiftCount)
  /** Oldest first: a Set keeps the order in which attempts were sent. */
  readonly #underWay = new Set<Sent>()
  readonly #overdue = new Set<Sent>()
  /** Overdue for longer than the guard: sampled already, since their answers may take minutes. */
  readonly #sampled = new Set<Sent>()
  /** Sent before the level was another: whether they were overdue. */
  readonly #overtaken = new Map<Sent, boolean>()
  #guardMs: number
  readonly #onOverdue: () => void
  readonly #onShift: () => void
  #lastSampleAtMs = 0
  /** When the latest attempt was sent that has ended in time: until then the level was this one. */
  #levelUntilMs = Number.NEGATIVE_INFINITY

  /** `onOverdue` is called for each attempt that takes longer than expected, `onShift` for a new level. */
  constructor(guardMs: number, onOverdue: () => void, onShift: () => void) {
    this.#guardMs = guardMs
    this.#histogram = new LatencyHistogram(guardMs)
    this.#onOverdue = onOverdue
    this.#onShift = onShift
  }

  setGuard(guardMs: number): void {
    this.#guardMs = guardMs
    this.#histogram.setBound(guardMs)
  }

  /** The latency to expect of the next attempt; 0 until something is known. */
  get predictedMs(): number {
    return this.#histogram.medianMs
  }

  /** One answer in a hundred takes longer. */
  get tailMs(): number {
    return this.#histogram.quantileMs(0.99)
  }

  /** Up to where an answer is as expected. */
  get expectedMsMax(): number {
    const { medianMs, highMs } = this.#histogram
    return medianMs + spreadsExpected * (highMs - medianMs) + slackMs
  }

  /** The level has changed, and no answer has shown the new one yet. */
  get isStalled(): boolean {
    return this.#slower.isSeen
  }

  /** Whether the level itself is under the guard: half of all answers are. */
  get isUnderGuard(): boolean {
    return this.#histogram.medianMs + slackMs < this.#guardMs
  }

  /** Whether more answers come after the guard than there may, or are about to. */
  hasTail(nowMs: number): boolean {
    const { weight } = this.#histogram
    const lateWeight = this.#histogram.weightAboveBound
    const isAboutTo = this.expectedMsMax >= this.#guardMs
    if (!isAboutTo && lateWeight <= tailShareMax * weight) return false
    const faded = 0.5 ** ((nowMs - this.#lastSampleAtMs) / tailHalfLifeMs)
    return (isAboutTo ? weight : lateWeight) * faded >= tailWeightMin
  }

  started(attempt: Sent): void {
    this.#underWay.add(attempt)
  }

  /** Notices attempts that have become overdue. Call it with the present time before any other method. */
  look(nowMs: number): void {
    if (this.#histogram.weight === 0) return
    for (const attempt of this.#underWay) {
      if (nowMs - attempt.sentAtMs <= this.expectedMsMax) break
      this.#underWay.delete(attempt)
      this.#overdue.add(attempt)
      this.#slower.bad()
      this.#onOverdue()
    }
    if (this.#guardMs === 0 || this.isStalled) return
    for (const attempt of this.#overdue) {
      if (nowMs - attempt.sentAtMs <= this.#guardMs) break
      this.#overdue.delete(attempt)
      this.#sampled.add(attempt)
      this.#sample(nowMs - attempt.sentAtMs, nowMs)
    }
  }

  /** An attempt was recorded. Whether it was overdue. */
  recorded(attempt: Sent, nowMs: number): boolean {
    this.look(nowMs)
    const latencyMs = nowMs - attempt.sentAtMs
    if (this.#underWay.delete(attempt)) {
      this.#learn(attempt, latencyMs, nowMs)
      return false
    }
    const wasOverdue = this.#overtaken.get(attempt)
    if (wasOverdue !== undefined) {
      this.#overtaken.delete(attempt)
      return wasOverdue
    }
    const isSampled = this.#sampled.delete(attempt)
    this.#overdue.delete(attempt)
    if (this.isStalled && attempt.sentAtMs > this.#levelUntilMs) this.#stepTo(latencyMs, nowMs)
    else if (!isSampled) this.#sample(latencyMs, nowMs)
    return true
  }

  /** It ended without telling its latency. Whether it was overdue. */
  ended(attempt: Sent): boolean {
    if (this.#underWay.delete(attempt)) return false
    if (this.#overdue.delete(attempt) || this.#sampled.delete(attempt)) return true
    const wasOverdue = this.#overtaken.get(attempt) ?? false
    this.#overtaken.delete(attempt)
    return wasOverdue
  }

  /** The processor itself says what an attempt takes at least; `isNews`: no attempt has told of late. */
  polled(minMs: number, isNews: boolean, nowMs: number): void {
    this.look(nowMs)
    const isHigher = minMs > this.#histogram.highMs
    if (this.#histogram.weight > 0 && !isHigher && !(isNews && this.#isTooQuick(minMs)))
      return this.#slower.reset()
    this.#stepTo(minMs, nowMs)
    for (const attempt of this.#underWay) this.#overtaken.set(attempt, false)
    for (const attempt of [...this.#overdue, ...this.#sampled]) this.#overtaken.set(attempt, true)
    for (const attempts of [this.#underWay, this.#overdue, this.#sampled]) attempts.clear()
  }

  #isTooQuick(latencyMs: number): boolean {
    const { medianMs, lowMs } = this.#histogram
    return latencyMs < medianMs - spreadsExpected * (medianMs - lowMs) - slackMs
  }

  #learn(attempt: Sent, latencyMs: number, nowMs: number): void {
    if (this.#histogram.weight === 0) return this.#sample(latencyMs, nowMs)
    this.#slower.good()
    this.#levelUntilMs = Math.max(this.#levelUntilMs, attempt.sentAtMs)
    if (this.#isTooQuick(latencyMs)) this.#quicker.bad()
    else this.#quicker.good()
    if (!this.#quicker.isSeen) return this.#sample(latencyMs, nowMs)
    this.#stepTo(latencyMs, nowMs)
    for (const earlier of this.#underWay) {
      if (earlier.sentAtMs >= attempt.sentAtMs) return
      this.#underWay.delete(earlier)
      this.#overtaken.set(earlier, false)
    }
  }

  #stepTo(latencyMs: number, nowMs: number): void {
    this.#histogram.reset()
    this.#slower.reset()
    this.#quicker.reset()
    this.#sample(latencyMs, nowMs)
    this.#onShift()
  }

  #sample(latencyMs: number, nowMs: number): void {
    this.#histogram.add(latencyMs)
    this.#lastSampleAtMs = nowMs
  }
}
