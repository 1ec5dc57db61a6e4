import type { World } from './world.ts'

/**
 * How often health is told: one call in a window of 5 s is let through, two more WAIT for the windows after it, further
 * ones are turned away. Windows roll on from the first call, each ending at the first beat of a 100 ms heartbeat that
 * finds it 5 s old; after 10 s without a call the next one starts a fresh window. (The twin's own HealthWindow is the
 * same rule for real time; both are tested against the rule.)
 */
export interface HealthWindowOptions {
  readonly windowMs: number
  readonly heartbeatMs: number
  readonly waitingCountMax: number
  readonly resetMs: number
}

export const officialHealthWindow: HealthWindowOptions = {
  windowMs: 5000,
  heartbeatMs: 100,
  waitingCountMax: 2,
  resetMs: 10_000,
}

export class HealthWindow {
  readonly #world: World
  readonly #options: HealthWindowOptions
  readonly #originMs: number
  readonly #waiting: (() => void)[] = []
  #endMs = Number.NEGATIVE_INFINITY
  #spent = false
  #lastCallMs = Number.NEGATIVE_INFINITY

  constructor(world: World, options: HealthWindowOptions) {
    this.#world = world
    this.#options = options
    this.#originMs = world.nowMs
  }

  /** Calls `granted`, now or in a later window. False where too many wait already. */
  ask(granted: () => void): boolean {
    const nowMs = this.#world.nowMs
    this.#roll(nowMs)
    this.#lastCallMs = nowMs
    if (!this.#spent) {
      this.#spent = true
      granted()
      return true
    }
    if (this.#waiting.length >= this.#options.waitingCountMax) return false
    this.#waiting.push(granted)
    if (this.#waiting.length === 1) this.#wake()
    return true
  }

  /** Moves to the window of now. With somebody waiting, {@link #wake} has been at every end up to now. */
  #roll(nowMs: number): void {
    if (this.#waiting.length > 0) return
    if (nowMs - this.#lastCallMs >= this.#options.resetMs) {
      this.#spent = false
      this.#endMs = this.#beatAfter(nowMs + this.#options.windowMs)
      return
    }
    while (this.#endMs <= nowMs) {
      this.#spent = false
      this.#endMs = this.#beatAfter(this.#endMs + this.#options.windowMs)
    }
  }

  #wake(): void {
    this.#world.at(Math.max(this.#endMs, this.#world.nowMs), () => {
      this.#lastCallMs = this.#world.nowMs
      this.#endMs = this.#beatAfter(this.#endMs + this.#options.windowMs)
      this.#waiting.shift()?.()
      if (this.#waiting.length > 0) this.#wake()
    })
  }

  #beatAfter(timeMs: number): number {
    const { heartbeatMs } = this.#options
    return this.#originMs + Math.ceil((timeMs - this.#originMs) / heartbeatMs) * heartbeatMs
  }
}
