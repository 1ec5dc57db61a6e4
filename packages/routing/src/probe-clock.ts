/** The first pause before a lane is probed, without a guard and under one. It doubles up to the longest. */
const pauseMsMin = 100
const guardedPauseMsMin = 400
const pauseMsMax = 1000

/** When a lane that gets no payments is probed with one. The pause before each probe is twice the one before it. */
export class ProbeClock {
  #atMs = Number.POSITIVE_INFINITY
  #pauseMs = pauseMsMin

  isDue(nowMs: number): boolean {
    return nowMs >= this.#atMs
  }

  /** Says whether the lane gets no payments. The first pause begins when that becomes true. */
  look(isLeft: boolean, isGuarded: boolean, nowMs: number): void {
    if (!isLeft) this.#atMs = Number.POSITIVE_INFINITY
    else if (this.#atMs === Number.POSITIVE_INFINITY)
      this.#later(isGuarded ? guardedPauseMsMin : pauseMsMin, nowMs)
  }

  /** A probe begins. */
  started(nowMs: number): void {
    this.#later(2 * this.#pauseMs, nowMs)
  }

  #later(pauseMs: number, nowMs: number): void {
    this.#pauseMs = Math.min(pauseMs, pauseMsMax)
    this.#atMs = nowMs + this.#pauseMs
  }
}
