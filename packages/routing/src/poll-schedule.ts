import { assert } from '@rinha/base'

/** How much longer the pause of a lane is than that of the next dearer one, so that the dearer is ready when its turn comes. */
const leadMs = 50
/** How long after a lane the next dearer one is asked: time for an answer, and for what waits to set out. */
const staggerMs = 250

interface Lane {
  pauseMs: number
  /** When it was asked last. */
  askedAtMs: number
  /** When its pause is over: Infinity while a poll is under way. */
  readyAtMs: number
}

/**
 * When the health endpoints are asked: the cheapest first, and each dearer one a moment after the one before it.
 *
 * The order is worth money. When all processors come back together, what has gathered sets out for the first one that is
 * seen. With a timer for each processor chance decides which that is: each pause begins with an answer, answers take
 * different times, and so the polls drift apart until the dearer processor is asked seconds before the cheaper.
 *
 * A processor allows one health call in so many seconds, and counts from when the last one arrived. We cannot see when
 * the call arrived, so we count from its answer, which is later and therefore safe. So a lane is ready one pause after
 * its last answer, and a poll begins when
 * 1. its lane is ready, and
 * 2. the next cheaper lane was asked `staggerMs` before. Where that will be more than half a pause from now, the lane does
 *    not wait for it: a cheaper one that is slow to answer must not halve the pace of the dearer.
 * A lane never waits for a dearer one, nor for an answer.
 *
 * The first polls are one pause after the first call of {@link due}: a coordinator that ran before this one may have asked in
 * its last moment. Where that one may still run, they are `firstLateMs` later.
 */
export class PollSchedule {
  readonly #lanes: readonly Lane[]
  readonly #firstLateMs: number
  #isStarted = false
  /** Cached, because every step asks for it and only a poll changes it. */
  #nextAtMs = Number.NEGATIVE_INFINITY

  /** @param pausesMs One per lane, in the order of fees, cheapest first. */
  constructor(pausesMs: readonly number[], firstLateMs = 0) {
    this.#firstLateMs = firstLateMs
    this.#lanes = pausesMs.map(() => ({
      pauseMs: 0,
      askedAtMs: Number.NEGATIVE_INFINITY,
      readyAtMs: Number.POSITIVE_INFINITY,
    }))
    this.configure(pausesMs)
  }

  /** Other pauses, from the next answers on. */
  configure(pausesMs: readonly number[]): void {
    for (const [index, lane] of this.#lanes.entries())
      lane.pauseMs = (pausesMs[index] ?? 0) + leadMs * (pausesMs.length - 1 - index)
    if (this.#isStarted) this.#lookAhead()
  }

  /** The next time to call {@link due} if no answer comes before. */
  get nextAtMs(): number {
    return this.#nextAtMs
  }

  /** The next lane whose poll is due: it counts as begun, until {@link answered}. */
  due(nowMs: number): number | undefined {
    if (!this.#isStarted) this.#start(nowMs)
    if (nowMs < this.#nextAtMs) return undefined
    for (const [index, lane] of this.#lanes.entries()) {
      if (nowMs < this.#dueAtMs(index)) continue
      lane.askedAtMs = nowMs
      lane.readyAtMs = Number.POSITIVE_INFINITY
      this.#lookAhead()
      return index
    }
    return undefined
  }

  /** The poll of a lane ended, with whatever answer or with none. */
  answered(index: number, nowMs: number): void {
    const lane = this.#lanes[index]
    assert(lane?.readyAtMs === Number.POSITIVE_INFINITY, 'what is answered was asked')
    pause(lane, nowMs)
    this.#lookAhead()
  }

  #start(nowMs: number): void {
    this.#isStarted = true
    for (const lane of this.#lanes) pause(lane, nowMs + this.#firstLateMs)
    this.#lookAhead()
  }

  #lookAhead(): void {
    this.#nextAtMs = Number.POSITIVE_INFINITY
    for (const index of this.#lanes.keys()) this.#nextAtMs = Math.min(this.#nextAtMs, this.#dueAtMs(index))
  }

  #dueAtMs(index: number): number {
    const lane = this.#lanes[index]
    if (lane === undefined) return Number.POSITIVE_INFINITY
    const cheaper = this.#lanes[index - 1]
    if (cheaper === undefined) return lane.readyAtMs
    const cheaperComesFirst = cheaper.readyAtMs <= lane.readyAtMs + lane.pauseMs / 2
    return cheaperComesFirst
      ? Number.POSITIVE_INFINITY
      : Math.max(lane.readyAtMs, cheaper.askedAtMs + staggerMs)
  }
}

function pause(lane: Lane, nowMs: number): void {
  lane.readyAtMs = nowMs + lane.pauseMs
}
