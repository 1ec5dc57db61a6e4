import type { Chance, HandshakeCrypto, Timers } from '@rinha/channel'
import type { World } from '../world.ts'
import { randomBytes, simulatedCrypto } from './handshake-crypto.ts'

/** What is at hand in one turn of an event loop takes so long, at most. */
const turnMsMax = 0.2

/** What one life of a process has of its machine: timers that die with it, and chance. */
export class Process {
  readonly timers: Timers
  readonly chance: Chance
  readonly crypto: HandshakeCrypto
  readonly #world: World
  #dead = false

  constructor(world: World, secret: number) {
    this.#world = world
    const prng = world.stream()
    this.timers = {
      after: (delayMs, run) => this.#schedule(delayMs, run),
      every: (intervalMs, run) => this.#every(intervalMs, run),
      soon: run => {
        this.#schedule(prng.unit() * turnMsMax, run)
      },
    }
    this.chance = { unit: () => prng.unit(), bytes: count => randomBytes(prng, count) }
    this.crypto = simulatedCrypto(secret, prng)
  }

  /** It dies without a word: nothing of it runs any more. */
  kill(): void {
    this.#dead = true
  }

  #schedule(delayMs: number, run: () => void): () => void {
    let cancelled = false
    this.#world.after(delayMs, () => {
      if (!cancelled && !this.#dead) run()
    })
    return () => {
      cancelled = true
    }
  }

  #every(intervalMs: number, run: () => void): () => void {
    let cancel = () => {}
    const next = () => {
      cancel = this.#schedule(intervalMs, () => {
        next()
        run()
      })
    }
    next()
    return () => cancel()
  }
}
