import { Ewma } from '@rinha/base'

const quietGaps = 20
const quietMsMin = 150
/** However thin the flow is, a pause of this length ends it. */
const quietMsMax = 5000
/** The weight of one more gap. */
const gapWeight = 0.1
/** The decay of the longest gap, for each further payment: it is forgotten within some hundred payments. */
const longestGapKept = 0.99

/**
 * How payments arrive: their rate, and whether they have stopped coming.
 *
 * Holding a payment for a cheaper processor is a bet that there will be time later to send it. When payments stop
 * coming, the bet is no longer worth it: nobody knows how long the books stay open, and recording a payment is worth
 * more than the saved fee. A pause counts as a stop when it is far longer than the pauses were: `quietGaps` times the
 * mean gap between payments, twice the longest of late (a few clients that each wait a second come in bursts), and at
 * least `quietMsMin`, so that a hiccup of the network is not taken for the end.
 */
export class Arrivals {
  readonly #gapMs = new Ewma(gapWeight)
  #longestGapMs = 0
  #lastAtMs = Number.NEGATIVE_INFINITY

  /** Payments a second, as of late; 0 before the second payment and after they have stopped. */
  perSecond(nowMs: number): number {
    const gapMs = this.#gapMs.average
    return gapMs === undefined || this.stopped(nowMs) ? 0 : 1000 / Math.max(gapMs, 0.1)
  }

  /** Whether payments came and no longer do. */
  stopped(nowMs: number): boolean {
    return nowMs >= this.stopsAtMs
  }

  /** When they will count as stopped, if no more come: Infinity before the first. */
  get stopsAtMs(): number {
    if (this.#lastAtMs === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY
    return this.#lastAtMs + this.noticeMs
  }

  /** The pause that counts as a stop, as payments come now. */
  get noticeMs(): number {
    const quietMs = Math.max(quietGaps * (this.#gapMs.average ?? quietMsMax), 2 * this.#longestGapMs)
    return Math.min(Math.max(quietMs, quietMsMin), quietMsMax)
  }

  /** `count` payments arrived together. */
  arrived(count: number, nowMs: number): void {
    const gapMs = nowMs - this.#lastAtMs
    if (gapMs <= quietMsMax) {
      this.#gapMs.add(gapMs / count)
      this.#longestGapMs = Math.max(gapMs, this.#longestGapMs * longestGapKept)
    }
    this.#lastAtMs = nowMs
  }
}
