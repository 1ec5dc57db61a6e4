import type { ProcessorPorts } from './ports.ts'

/** How long the late answers of a processor are late. */
export const tailKinds = ['none', 'uniform', 'logNormal', 'pareto'] as const
type TailKind = (typeof tailKinds)[number]

/**
 * What a processor does now and then, by chance, besides its usual behaviour; {@link noNoise} is nothing. Shares are of
 * all payments, in [0, 1]. One payment is lost, failed or pushed back in one way at the most.
 */
export interface ProcessorNoise {
  readonly tailKind: TailKind
  /** Payments that take longer, by a time drawn anew for each. */
  readonly tailShare: number
  /** Uniform: the shortest. Log-normal: the median. Pareto: the scale, which is the shortest. */
  readonly tailMsMin: number
  /** Whatever the kind, no tail is longer. */
  readonly tailMsMax: number
  /** Log-normal: sigma. Pareto: alpha. */
  readonly tailShape: number
  /** The payment is recorded first and only its answer is late; else it is recorded at the end. */
  readonly tailAfterInsert: boolean
  /** The connection is reset at once, and nothing is recorded. */
  readonly resetBeforeShare: number
  /** The connection is reset in place of the answer. */
  readonly resetAfterShare: number
  /** 503 in place of the answer. */
  readonly failAfterShare: number
  /** 429 at once. */
  readonly pushBackShare: number
  /** 429 at once for what comes in excess of it; 0: no limit. */
  readonly perSecondMax: number
  /** Each payment takes so much longer for each call that runs when it begins, itself included: a brown-out. */
  readonly loadMs: number
  /** The first payment after a second without any takes this much longer; those that follow, less and less. */
  readonly slowStartMs: number
}

export const noNoise: ProcessorNoise = {
  tailKind: 'none',
  tailShare: 0,
  tailMsMin: 0,
  tailMsMax: 0,
  tailShape: 1,
  tailAfterInsert: false,
  resetBeforeShare: 0,
  resetAfterShare: 0,
  failAfterShare: 0,
  pushBackShare: 0,
  perSecondMax: 0,
  loadMs: 0,
  slowStartMs: 0,
}

/** A little noise of every kind at once. The processor handles most payments as usual. */
export const everyNoiseAtOnce: ProcessorNoise = {
  ...noNoise,
  tailKind: 'uniform',
  tailShare: 0.01,
  tailMsMin: 3000,
  tailMsMax: 3000,
  tailAfterInsert: true,
  resetBeforeShare: 0.01,
  resetAfterShare: 0.01,
  failAfterShare: 0.005,
  pushBackShare: 0.01,
}

/** The fate of one call, drawn when it arrives. */
export type Fate = 'sound' | 'pushedBack' | 'resetBefore' | 'resetAfter' | 'failedAfter'

/**
 * Draws the noise of one processor. The model tells it of every call and of every payment that begins, and asks what is
 * to become of it.
 *
 * Invariants:
 *  N1. {@link noNoise} draws nothing, so that a run without noise is the run it would be without this file.
 *  N2. One number decides a call's fate: shares are exact, not diluted by each other. Where they sum up to more than 1,
 *      the last of push-back, reset before, reset after, failure after get what is left.
 *  N3. A look-up is pushed back and reset as often as a payment (where nothing is inserted, before and after are one),
 *      and counts against `perSecondMax`. It has no tail, no failure, and neither wakes a processor nor waits for it.
 *  N4. `perSecondMax` is a token bucket that holds one second's worth and is full at first.
 *  N5. Until the first payment the processor rests, as after a pause. All that begin while it wakes would, alone, end
 *      together: `slowStartMs` after the first.
 */
export class NoiseSource {
  readonly noise: ProcessorNoise
  readonly #ports: ProcessorPorts
  #tokenCount: number
  #tokensAtMs = 0
  #lastBeganMs = Number.NEGATIVE_INFINITY
  #wokenMs = 0

  constructor(noise: ProcessorNoise, ports: ProcessorPorts) {
    this.noise = noise
    this.#ports = ports
    this.#tokenCount = noise.perSecondMax
    if (noise.perSecondMax > 0) this.#tokensAtMs = ports.nowMs()
  }

  fateOfPayment(): Fate {
    return this.#fate(this.noise.failAfterShare)
  }

  fateOfLookUp(): Fate {
    return this.#fate(0)
  }

  /** How much longer than usual a payment takes that begins now, its tail apart. */
  loadMs(runningCount: number): number {
    const { loadMs, slowStartMs } = this.noise
    return loadMs * runningCount + (slowStartMs > 0 ? this.#wakingMs(slowStartMs) : 0)
  }

  /** The tail of one payment; 0 for most. */
  tailMs(): number {
    const { tailKind, tailShare, tailMsMin, tailMsMax, tailShape } = this.noise
    if (tailKind === 'none' || !this.#chance(tailShare)) return 0
    const unit = this.#ports.unit()
    switch (tailKind) {
      case 'uniform':
        return tailMsMin + (tailMsMax - tailMsMin) * unit
      case 'logNormal':
        return Math.min(tailMsMax, tailMsMin * Math.exp(tailShape * normal(unit, this.#ports.unit())))
      case 'pareto':
        return Math.min(tailMsMax, tailMsMin * (1 - unit) ** (-1 / tailShape))
    }
  }

  #fate(failAfterShare: number): Fate {
    const { pushBackShare, resetBeforeShare, resetAfterShare } = this.noise
    if (!this.#takeToken()) return 'pushedBack'
    const failFrom = pushBackShare + resetBeforeShare + resetAfterShare
    if (failFrom + failAfterShare === 0) return 'sound'
    const unit = this.#ports.unit()
    if (unit < pushBackShare) return 'pushedBack'
    if (unit < pushBackShare + resetBeforeShare) return 'resetBefore'
    if (unit < failFrom) return 'resetAfter'
    return unit < failFrom + failAfterShare ? 'failedAfter' : 'sound'
  }

  #takeToken(): boolean {
    const { perSecondMax } = this.noise
    if (perSecondMax === 0) return true
    const nowMs = this.#ports.nowMs()
    const gainedCount = ((nowMs - this.#tokensAtMs) / 1000) * perSecondMax
    this.#tokenCount = Math.min(perSecondMax, this.#tokenCount + gainedCount)
    this.#tokensAtMs = nowMs
    if (this.#tokenCount < 1) return false
    this.#tokenCount -= 1
    return true
  }

  #wakingMs(slowStartMs: number): number {
    const nowMs = this.#ports.nowMs()
    if (nowMs - this.#lastBeganMs >= restMs) this.#wokenMs = nowMs
    this.#lastBeganMs = nowMs
    return Math.max(0, slowStartMs - (nowMs - this.#wokenMs))
  }

  #chance(share: number): boolean {
    return share > 0 && this.#ports.unit() < share
  }
}

/** After this time without a payment, a processor counts as resting. */
const restMs = 1000

/** A standard normal number of two even ones (Box and Muller 1958). */
function normal(one: number, other: number): number {
  return Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other)
}
