import { assert } from '@rinha/base'

/**
 * How often `GET /payments/service-health` answers: once per window, and a call in excess WAITS for the next one.
 *
 * It is the original's fixed-window limiter (ASP.NET's, one permit per 5 s, a queue of two, oldest first), which no
 * timer of its own renews: a heartbeat every 100 ms looks whether the window is over. So a window ends at the first
 * beat that finds it at least 5 s old, up to 100 ms late, and a poller with a period of exactly 5 s waits a little each
 * time. Alternatives, which the original is not: a sliding window would free a call 5 s after the last; a token bucket
 * would let calls that were saved up pass at once.
 *
 * The window, as seen by a call:
 *  - *none*: at first, and again once `resetMs` have passed without a call. The call is let through and starts a window.
 *  - *open*: the window's call has not been made. The call is let through.
 *  - *spent*: it has. The call waits, or is refused where `waitingCountMax` wait already.
 * Each end of a window lets the longest waiting call through, which spends the next window, or else opens it.
 *
 * Invariants:
 *  1. Between two ends of windows at most one call is let through.
 *  2. Nobody waits while the window is open.
 *  3. Ends fall on beats, `originMs + n · heartbeatMs`, and are at least `windowMs` apart.
 *
 * No timer here: the beats before `nowMs` are caught up with at every call, and {@link nextGrantMs} says when the next
 * one matters, so that a twin nobody polls has nothing to do.
 */
export interface HealthWindowOptions {
  readonly windowMs: number
  readonly heartbeatMs: number
  readonly waitingCountMax: number
  readonly resetMs: number
}

export class HealthWindow<Call> {
  readonly #options: HealthWindowOptions
  readonly #originMs: number
  readonly #waiting = new Set<Call>()
  /** Counted from the origin, so that the ends of windows are whole beats and not sums of fractions. */
  #startMs: number | undefined
  #spent = false
  #lastCallMs = Number.NEGATIVE_INFINITY

  /** `originMs` is when the heart began to beat, on the same monotonic clock as every `nowMs`. */
  constructor(options: HealthWindowOptions, originMs: number) {
    assert(options.windowMs > 0 && options.heartbeatMs > 0, 'window and heartbeat are positive')
    this.#options = options
    this.#originMs = originMs
  }

  /**
   * A call arrives. Call {@link advance} first: it alone hands out the waiting calls whose turn has come meanwhile.
   */
  ask(call: Call, nowMs: number): 'granted' | 'waiting' | 'refused' {
    if (this.#startMs === undefined || this.#isForgotten(nowMs)) {
      this.#startMs = nowMs - this.#originMs
      this.#spent = false
    }
    this.#lastCallMs = nowMs
    if (!this.#spent) {
      assert(this.#waiting.size === 0, 'nobody waits while the window is open')
      this.#spent = true
      return 'granted'
    }
    if (this.#waiting.size >= this.#options.waitingCountMax) return 'refused'
    this.#waiting.add(call)
    return 'waiting'
  }

  /** Ends the windows that are over by `nowMs` and answers the waiting calls that this let through, oldest first. */
  advance(nowMs: number): Call[] {
    const granted: Call[] = []
    while (this.#startMs !== undefined) {
      const endMs = this.#endMs(this.#startMs)
      if (this.#originMs + endMs > nowMs || this.#isForgotten(nowMs)) break
      this.#startMs = endMs
      this.#spent = false
      for (const call of this.#waiting) {
        this.#waiting.delete(call)
        this.#spent = true
        this.#lastCallMs = this.#originMs + endMs
        granted.push(call)
        break
      }
    }
    return granted
  }

  /** When the longest waiting call is let through, or `undefined` where none waits. */
  nextGrantMs(): number | undefined {
    if (this.#waiting.size === 0 || this.#startMs === undefined) return undefined
    return this.#originMs + this.#endMs(this.#startMs)
  }

  /** A waiting call goes away and makes room for another. */
  abandon(call: Call): boolean {
    return this.#waiting.delete(call)
  }

  /** A call that waits is no silence, however long it has waited. */
  #isForgotten(nowMs: number): boolean {
    return this.#waiting.size === 0 && nowMs - this.#lastCallMs >= this.#options.resetMs
  }

  #endMs(startMs: number): number {
    const { windowMs, heartbeatMs } = this.#options
    return Math.ceil((startMs + windowMs) / heartbeatMs) * heartbeatMs
  }
}
