import { assert } from '@rinha/base'

/**
 * How fast a backlog is drained: a token bucket whose rate follows the need.
 *
 * When a processor recovers, thousands of payments wait, and sending them as fast as one can takes the CPU from the API
 * nodes and the proxy beside us: the slow 1 % of all answers then fall into that second. The rate is therefore what
 * drains the backlog in `drainMs`, at least twice what arrives (or the backlog would stay), and never past
 * `perSecondMax`. When payments have stopped coming there is nobody to disturb, and the limit is `perSecondMaxAtEnd`.
 *
 * A payment that finds no backlog is never held up: the bucket holds `burstMs` of the rate, and at least
 * `perSecondMin` flows.
 */
export interface PaceOptions {
  readonly drainMs: number
  readonly perSecondMin: number
  readonly perSecondMax: number
  readonly perSecondMaxAtEnd: number
  readonly burstMs: number
}

export const paceDefaults: PaceOptions = {
  drainMs: 4000,
  perSecondMin: 500,
  perSecondMax: 2500,
  perSecondMaxAtEnd: 3500,
  burstMs: 10,
}

export class Pace {
  #options: PaceOptions
  #tokens = 0
  #filledAtMs = Number.NEGATIVE_INFINITY
  #perSecond = 0

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
    assert(options.perSecondMax <= options.perSecondMaxAtEnd, 'perSecondMax ≤ perSecondMaxAtEnd')
    this.#options = options
  }

  /** Sets the rate by the need and fills the bucket up to now. */
  fill(nowMs: number, queuedCount: number, arrivalsPerSecond: number, ending: boolean): void {
    const { drainMs, perSecondMin, perSecondMax, perSecondMaxAtEnd, burstMs } = this.#options
    const needed = Math.max(perSecondMin, 2 * arrivalsPerSecond, (queuedCount * 1000) / drainMs)
    const perSecond = ending ? perSecondMaxAtEnd : Math.min(needed, perSecondMax)
    const burst = Math.max(1, (perSecond * burstMs) / 1000)
    const elapsedMs = Math.min(nowMs - this.#filledAtMs, burstMs)
    this.#filledAtMs = nowMs
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

  /** One payment was sent. */
  spend(): void {
    this.#tokens -= 1
  }
}
