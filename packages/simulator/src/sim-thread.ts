import type { Timers } from '@rinha/base'
import type { ProcessorClient } from '@rinha/processor'
import { after } from './after.ts'
import { every } from './every.ts'
import type { World } from './world.ts'

/** The number of calls that one core can begin in a second. */
export const usualCallsPerSecond = 5500

/**
 * Models the time of a process's one thread: beginning a call to a processor takes some time, and whatever comes
 * meanwhile (answers, payments, timers, the auditor) waits. So a burst of 700 is on its way 127 ms later, and the
 * requestedAt of its last payment is older than its sending, as in the real one.
 *
 * A turn is an event loop's: first what has come, in its order, then what was to be done `soon`.
 */
export class SimThread {
  readonly timers: Timers
  readonly #world: World
  readonly #callMs: number
  #freeAtMs: number
  #inbox: (() => void)[] = []
  #soon: (() => void)[] = []
  #isScheduled = false

  constructor(world: World, callsPerSecond: number) {
    this.#world = world
    this.#callMs = 1000 / callsPerSecond
    this.#freeAtMs = world.nowMs
    this.timers = {
      after: (delayMs, run) => after(world, this, delayMs, run),
      every: (intervalMs, run) => every(this.timers.after, intervalMs, run),
      soon: run => {
        this.#soon.push(run)
        this.#schedule()
      },
    }
  }

  /** Runs it now where the thread is free, and otherwise in the order of arrival as soon as it is. */
  run(work: () => void): void {
    if (this.#inbox.length === 0 && this.#isFree) return work()
    this.#inbox.push(work)
    this.#schedule()
  }

  /** The same client, whose calls take the thread's time and whose answers wait for it. */
  client(client: ProcessorClient): ProcessorClient {
    const told =
      <Outcome>(done: (outcome: Outcome) => void) =>
      (outcome: Outcome) =>
        this.run(() => done(outcome))
    return {
      pay: (payment, done) => this.#begin(() => client.pay(payment, told(done))),
      lookUp: (correlationId, done) => this.#begin(() => client.lookUp(correlationId, told(done))),
      health: done => this.#begin(() => client.health(told(done))),
    }
  }

  get #isFree(): boolean {
    return this.#world.nowMs >= this.#freeAtMs
  }

  /** Begins a call, after those that were begun in the same turn. */
  #begin(call: () => void): void {
    const atMs = Math.max(this.#freeAtMs, this.#world.nowMs)
    this.#freeAtMs = atMs + this.#callMs
    if (atMs === this.#world.nowMs) call()
    else this.#world.at(atMs, call)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#world.at(Math.max(this.#freeAtMs, this.#world.nowMs), () => {
      this.#isScheduled = false
      this.#turn()
      if (this.#inbox.length + this.#soon.length > 0) this.#schedule()
    })
  }

  #turn(): void {
    let done = 0
    while (done < this.#inbox.length && this.#isFree) {
      this.#inbox[done]?.()
      done += 1
    }
    this.#inbox.splice(0, done)
    if (this.#inbox.length > 0 || !this.#isFree) return
    const works = this.#soon
    this.#soon = []
    for (const work of works) work()
  }
}
