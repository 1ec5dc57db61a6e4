import { assert } from '@rinha/base'

/**
 * How fast a backlog is drained: a token bucket whose rate follows the need.
 *
 * When a processor recovers, thousands of payments wait, and sending them as fast as one can takes the CPU from the API
 * nodes and the proxy beside us: the slow 1 % of all answers then fall into that second. The rate is therefore what
 * drains the backlog in `drainMs`, at least twice what arrives (or the backlog would stay), and never past
 * `perSecondMax`. When payments have stopped coming there is nobody to disturb, and the limit is `perSecondMaxAtEnd`.
 *
 * Without a backlog no payment is delayed: the bucket holds `burstMs` of the rate, and the rate is at least
 * `perSecondMin`.
 *
 * It also says when: payments leave the queue in passes. Each payment that leaves alone wakes this process, its processor
 * and this process again; ten that leave together do so hardly more often. So a pass is followed by a pause, the longer the
 * more it has sent: half of `tickMsMax` after one payment, all of it after two or more. Who comes after a pause, as a lone
 * payment does, leaves at once.
 */
export interface PaceOptions {
  readonly drainMs: number
  readonly perSecondMin: number
  readonly perSecondMax: number
  readonly perSecondMaxAtEnd: number
  readonly burstMs: number
  /** The longest pause between two passes; 0 for none. */
  readonly tickMsMax: number
}

export const paceDefaults: PaceOptions = {
  drainMs: 4000,
  perSecondMin: 500,
  perSecondMax: 2500,
  perSecondMaxAtEnd: 5500,
  burstMs: 10,
  tickMsMax: 8,
}

/** A pass that has sent so many is followed by the longest pause. */
const fullPassCount = 2
/** While payments wait and none may leave, the policy is asked again this often; as often a paced backlog moves on. */
const idlePassMs = 5

export class Pace {
  #options: PaceOptions
  #tokens = 0
  #filledAtMs = Number.NEGATIVE_INFINITY
  #perSecond = 0
  /** Sent since it was filled. */
  #sentCount = 0

  constructor(options: PaceOptions = paceDefaults) {
    this.#options = options
    this.configure(options)
  }

  /** Another pace from now on. */
  configure(options: PaceOptions): void {
    assert(options.drainMs > 0 && options.burstMs > 0, 'times are positive')
    assert(
      options.perSecondMin > 0 && options.perSecondMin <= options.perSecondMax,
      'perSecondMin ≤ perSecondMax',
    )
    assert(options.tickMsMax >= 0, 'a pause is not negative')
    assert(options.perSecondMax <= options.perSecondMaxAtEnd, 'perSecondMax ≤ perSecondMaxAtEnd')
    this.#options = options
  }

  /** When the next pass may begin: what happens until then waits for it. */
  get nextPassAtMs(): number {
    const { tickMsMax } = this.#options
    const pauseMs = this.#sentCount === 0 ? idlePassMs : (this.#sentCount * tickMsMax) / fullPassCount
    return this.#filledAtMs + Math.min(pauseMs, tickMsMax)
  }

  /** The time at which the next pass should begin if payments wait and no other event happens. */
  get wakeAtMs(): number {
    const isIdle = this.#sentCount === 0 || this.#options.tickMsMax === 0
    return isIdle ? this.#filledAtMs + idlePassMs : this.nextPassAtMs
  }

  /** Begins a pass: sets the rate by the need and fills the bucket up to now. */
  fill(nowMs: number, queuedCount: number, arrivalsPerSecond: number, ending: boolean): void {
    const { drainMs, perSecondMin, perSecondMax, perSecondMaxAtEnd, burstMs, tickMsMax } = this.#options
    const needed = Math.max(perSecondMin, 2 * arrivalsPerSecond, (queuedCount * 1000) / drainMs)
    const perSecond = ending ? perSecondMaxAtEnd : Math.min(needed, perSecondMax)
    // A timer may be late by half a pause. The bucket still fills for that time.
    const savedMs = Math.max(burstMs, 2 * tickMsMax)
    const burst = Math.max(1, (perSecond * savedMs) / 1000)
    const elapsedMs = Math.min(nowMs - this.#filledAtMs, savedMs)
    this.#filledAtMs = nowMs
    this.#sentCount = 0
    this.#perSecond = perSecond
    this.#tokens = Math.min(burst, this.#tokens + (perSecond * elapsedMs) / 1000)
  }

  /** The rate that was set last. */
  get perSecond(): number {
    return this.#perSecond
  }

  get perSecondMaxAtEnd(): number {
    return this.#options.perSecondMaxAtEnd
  }

  /** Whether one more payment may be sent now. */
  get open(): boolean {
    return this.#tokens >= 1
  }

  /** Counts one payment that was sent. */
  spend(): void {
    this.#tokens -= 1
    this.#sentCount += 1
  }
}
