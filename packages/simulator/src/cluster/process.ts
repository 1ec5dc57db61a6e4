import type { Time, Timers } from '@rinha/base'
import type { Chance, HandshakeCrypto } from '@rinha/channel'
import { every } from '../every.ts'
import type { World } from '../world.ts'
import { randomBytes, simulatedCrypto } from './handshake-crypto.ts'

/** What is at hand in one turn of an event loop takes so long, at most. */
const turnMsMax = 0.2

/** A machine's wall clock, which somebody may set: by so much it is wrong. */
export interface WallClock {
  errorMs: number
}

/** What one life of a process has of its machine: clocks, timers that die with it, and chance. */
export class Process {
  readonly timers: Timers
  readonly chance: Chance
  readonly crypto: HandshakeCrypto
  readonly #world: World
  readonly #wallClock: WallClock
  readonly #bornAtMs: number
  /** When what was to be done soon has been done. */
  #soonAtMs = 0
  #dead = false
  /** Until then nothing of it runs. */
  #runsAtMs = 0

  constructor(world: World, secret: number, wallClock: WallClock = { errorMs: 0 }) {
    this.#world = world
    this.#wallClock = wallClock
    this.#bornAtMs = world.nowMs
    const prng = world.stream()
    this.timers = {
      after: (delayMs, run) => this.#schedule(delayMs, run),
      every: (intervalMs, run) => every(this.timers.after, intervalMs, run),
      soon: run => {
        // In the order in which it was asked for, as an event loop does it.
        this.#soonAtMs = Math.max(this.#soonAtMs, world.nowMs + prng.unit() * turnMsMax)
        this.#schedule(this.#soonAtMs - world.nowMs, run)
      },
    }
    this.chance = { unit: () => prng.unit(), bytes: count => randomBytes(prng, count) }
    this.crypto = simulatedCrypto(secret, prng)
  }

  /** Its monotonic clock counts from its own start. */
  time(): Time {
    const { nowMs } = this.#world
    return { nowMs: nowMs - this.#bornAtMs, wallMs: Math.floor(nowMs) + this.#wallClock.errorMs }
  }

  /** For an answer from outside: told to the living only. */
  whileAlive<Outcome>(run: (outcome: Outcome) => void): (outcome: Outcome) => void {
    return outcome => {
      this.run(() => run(outcome))
    }
  }

  /** Its event loop stands still for so long: what comes meanwhile, its timers too, waits, in order. */
  stall(durationMs: number): void {
    this.#runsAtMs = Math.max(this.#runsAtMs, this.#world.nowMs + durationMs)
  }

  /** For how long it will stand still. */
  get stalledMs(): number {
    return Math.max(0, this.#runsAtMs - this.#world.nowMs)
  }

  /** Runs it now, or when it stalls no more; never, where it has died. */
  run(work: () => void): void {
    if (this.#dead) return
    if (this.stalledMs === 0) work()
    else this.#world.at(this.#runsAtMs, () => this.run(work))
  }

  /** It dies without a word: nothing of it runs any more. */
  kill(): void {
    this.#dead = true
  }

  #schedule(delayMs: number, run: () => void): () => void {
    let cancelled = false
    this.#world.after(delayMs, () =>
      this.run(() => {
        if (!cancelled) run()
      }),
    )
    return () => {
      cancelled = true
    }
  }
}
