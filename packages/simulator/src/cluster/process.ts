import type { Time, Timers } from '@rinha/base'
import type { Chance, HandshakeCrypto } from '@rinha/channel'
import { after } from '../after.ts'
import { every } from '../every.ts'
import type { World } from '../world.ts'
import { randomBytes, simulatedCrypto } from './handshake-crypto.ts'

/** The longest time that one turn of an event loop takes. */
const turnMsMax = 0.2

/** How wrong a machine's wall clock is, because somebody set it. */
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
  /** Called after everything that was scheduled for "soon". */
  #soonAtMs = 0
  #dead = false
  /** Until this time, nothing of the process runs. */
  #runsAtMs = 0
  /** What has come meanwhile. */
  readonly #held: (() => void)[] = []

  constructor(world: World, secret: number, wallClock: WallClock = { errorMs: 0 }) {
    this.#world = world
    this.#wallClock = wallClock
    this.#bornAtMs = world.nowMs
    const prng = world.stream()
    this.timers = {
      after: (delayMs, run) => after(world, this, delayMs, run),
      every: (intervalMs, run) => every(this.timers.after, intervalMs, run),
      soon: run => {
        // In the order in which they were scheduled, as in an event loop.
        this.#soonAtMs = Math.max(this.#soonAtMs, world.nowMs + prng.unit() * turnMsMax)
        this.timers.after(this.#soonAtMs - world.nowMs, run)
      },
    }
    this.chance = { unit: () => prng.unit(), bytes: count => randomBytes(prng, count) }
    this.crypto = simulatedCrypto(secret, prng)
  }

  /** The monotonic clock of the process counts from its own start. */
  time(): Time {
    const { nowMs } = this.#world
    return { nowMs: nowMs - this.#bornAtMs, wallMs: Math.floor(nowMs) + this.#wallClock.errorMs }
  }

  /** Wraps the handler of an answer from outside. A dead process does not get it. */
  whileAlive<Outcome>(run: (outcome: Outcome) => void): (outcome: Outcome) => void {
    return outcome => {
      this.run(() => run(outcome))
    }
  }

  /** The event loop stands still for this time. Everything that arrives meanwhile waits, timers included, in order. */
  stall(durationMs: number): void {
    this.#runsAtMs = Math.max(this.#runsAtMs, this.#world.nowMs + durationMs)
    this.#world.at(this.#runsAtMs, this.#catchUp)
  }

  /** How much longer the process stands still. */
  get stalledMs(): number {
    return Math.max(0, this.#runsAtMs - this.#world.nowMs)
  }

  /** Runs it now, or when it stalls no more; never, where it has died. */
  run(work: () => void): void {
    if (this.#dead) return
    if (this.stalledMs > 0 || this.#held.length > 0) this.#held.push(work)
    else work()
  }

  /** One turn of the event loop for each thing that has waited, as if it came now. */
  readonly #catchUp = (): void => {
    if (this.#dead || this.stalledMs > 0) return
    this.#held.shift()?.()
    if (this.#held.length > 0) this.#world.after(0, this.#catchUp)
  }

  /** The process dies at once: nothing of it runs any more. */
  kill(): void {
    this.#dead = true
  }
}
