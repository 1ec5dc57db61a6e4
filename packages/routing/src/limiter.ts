import { assert } from '@rinha/base'

/**
 * How many attempts may be under way at one processor: the size of its worker pool, found while running.
 *
 * By Little's law (Little 1961) a rate of λ payments a second at a latency of L seconds needs λ·L attempts under way:
 * 600 a second take 6 at 10 ms and 600 at one second. Six workers, the number of the system this one mirrors, carry 60 a
 * second at 100 ms. So the limit starts at six and moves as TCP moves its window (slow start and additive increase,
 * multiplicative decrease: Jacobson 1988; Chiu and Jain 1989):
 *
 * - it grows by one for every record while it was in use, which doubles it each round trip; after a cut, by one a round
 *   trip;
 * - it is halved when the processor pushes back (429) or its answers get lost, once a round trip at most: one burst
 *   of refusals is one signal;
 * - a halving for lost answers is taken back when a look-up finds one of their payments: what is recorded was no congestion;
 * - it never leaves [1, countMax].
 *
 * What it deliberately does not do: read latency. A processor that answers after a constant second is slow, not
 * congested, and cutting its limit would lengthen the queue without shortening the wait. A 5xx does not move it either:
 * that is the circuit's signal.
 */
export interface LimiterOptions {
  readonly countInitial: number
  readonly countMax: number
}

export class Limiter {
  readonly #options: LimiterOptions
  #limit: number
  #slowStartUntil: number
  #inFlightCount = 0
  /** Attempts sent before this have already been answered for by a cut. */
  #cutAtMs = Number.NEGATIVE_INFINITY
  /** The limit before the last cut, where that was for a lost answer and has not been taken back. */
  #limitBeforeLoss = 0

  constructor(options: LimiterOptions) {
    assert(
      options.countInitial >= 1 && options.countInitial <= options.countMax,
      '1 ≤ countInitial ≤ countMax',
    )
    this.#options = options
    this.#limit = options.countInitial
    this.#slowStartUntil = options.countMax
  }

  /** Whole attempts that may be under way at once. */
  get limitCount(): number {
    return Math.floor(this.#limit)
  }

  get inFlightCount(): number {
    return this.#inFlightCount
  }

  get hasRoom(): boolean {
    return this.#inFlightCount < this.limitCount
  }

  /** An attempt starts. A canary may start without room; nothing else may. */
  acquire(): void {
    this.#inFlightCount += 1
  }

  /** An attempt ended with a record. */
  recorded(): void {
    const inUse = this.#inFlightCount * 2 > this.#limit
    this.#release()
    if (!inUse) return
    const step = this.#limit < this.#slowStartUntil ? 1 : 1 / this.#limit
    this.#limit = Math.min(this.#limit + step, this.#options.countMax)
  }

  /** A look-up has found the record of an attempt sent at `sentAtMs` whose answer was lost. */
  found(sentAtMs: number): void {
    if (sentAtMs > this.#cutAtMs) return
    this.#limit = Math.min(Math.max(this.#limit, this.#limitBeforeLoss) + 1, this.#options.countMax)
    this.#limitBeforeLoss = 0
  }

  /** An attempt that was sent at `sentAtMs` ended in a push-back, or its answer got lost. */
  congested(sentAtMs: number, nowMs: number, isLoss: boolean): void {
    this.#release()
    if (sentAtMs < this.#cutAtMs) return
    this.#cutAtMs = nowMs
    this.#limitBeforeLoss = isLoss ? this.#limit : 0
    this.#limit = Math.max(1, this.#limit / 2)
    this.#slowStartUntil = this.#limit
  }

  /** An attempt ended in a way that says nothing about congestion. */
  ended(): void {
    this.#release()
  }

  #release(): void {
    assert(this.#inFlightCount > 0, 'an attempt ends once')
    this.#inFlightCount -= 1
  }
}
