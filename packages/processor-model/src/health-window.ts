import { assert } from '@rinha/base'
import type { ProcessorOptions } from './options.ts'
import type { ProcessorPorts } from './ports.ts'

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
 *  - *none*: at first, and again once `healthResetMs` have passed without a call. The call is let through and starts one.
 *  - *open*: the window's call has not been made. The call is let through.
 *  - *spent*: it has. The call waits, or is refused where `healthWaitingCountMax` wait already.
 * Each end of a window lets the longest waiting call through, which spends the next window, or else opens it.
 *
 * Invariants:
 *  1. Between two ends of windows at most one call is let through.
 *  2. Nobody waits while the window is open.
 *  3. Ends fall on beats, whole heartbeats after the beginning, and are at least `healthWindowMs` apart.
 *
 * There is a timer only while a call waits. Otherwise the next call catches up with the windows that have ended.
 */
export class HealthWindow {
  readonly #options: ProcessorOptions
  readonly #ports: ProcessorPorts
  /** When the heart began to beat. Times below count from here, so that ends are whole beats and not sums of fractions. */
  readonly #originMs: number
  readonly #waiting = new Set<() => void>()
  #endMs = Number.NEGATIVE_INFINITY
  #lastCallMs = Number.NEGATIVE_INFINITY
  #spent = false
  #timerSet = false

  constructor(options: ProcessorOptions, ports: ProcessorPorts) {
    assert(options.healthWindowMs > 0 && options.healthHeartbeatMs > 0, 'window and heartbeat are positive')
    this.#options = options
    this.#ports = ports
    this.#originMs = ports.nowMs()
  }

  /** Calls `granted` when the call is let through: now, or in a later window. False where too many wait already. */
  ask(granted: () => void): boolean {
    const nowMs = this.#nowMs()
    this.#advance(nowMs)
    if (this.#isForgotten(nowMs)) this.#open(nowMs)
    this.#lastCallMs = nowMs
    if (!this.#spent) {
      this.#spent = true
      granted()
      return true
    }
    if (this.#waiting.size >= this.#options.healthWaitingCountMax) return false
    this.#waiting.add(granted)
    this.#setTimer()
    return true
  }

  /** A waiting call goes away and makes room for another. */
  abandon(granted: () => void): void {
    this.#waiting.delete(granted)
  }

  /** Ends the windows that are over by `nowMs`, and lets a waiting call through at each end. */
  #advance(nowMs: number): void {
    while (this.#endMs <= nowMs && !this.#isForgotten(nowMs)) {
      const endMs = this.#endMs
      this.#open(endMs)
      for (const granted of this.#waiting) {
        this.#waiting.delete(granted)
        this.#spent = true
        this.#lastCallMs = endMs
        granted()
        break
      }
    }
  }

  /** A call that waits is no silence, however long it has waited. */
  #isForgotten(nowMs: number): boolean {
    return this.#waiting.size === 0 && nowMs - this.#lastCallMs >= this.#options.healthResetMs
  }

  #open(startMs: number): void {
    const { healthWindowMs, healthHeartbeatMs } = this.#options
    this.#spent = false
    this.#endMs = Math.ceil((startMs + healthWindowMs) / healthHeartbeatMs) * healthHeartbeatMs
  }

  #setTimer(): void {
    if (this.#timerSet || this.#waiting.size === 0) return
    this.#timerSet = true
    const endMs = this.#endMs
    this.#ports.after(Math.max(0, endMs - this.#nowMs()), () => {
      this.#timerSet = false
      // A timer that fires a little early counts as the end of the window all the same.
      this.#advance(Math.max(endMs, this.#nowMs()))
      this.#setTimer()
    })
  }

  #nowMs(): number {
    return this.#ports.nowMs() - this.#originMs
  }
}
