import type { Timers } from '@rinha/base'
import type { EngineEffect } from '@rinha/engine'
import { type IsWithdrawn, type PaymentWork, partOf } from './not-begun.ts'

/**
 * What is begun in one turn of the event loop. A call to a processor costs ten times as much as an acknowledgement, and
 * a backlog asks for many calls at once. After so many calls, the event loop first reads and acknowledges what came in.
 */
export const startsPerTurn = 4

/**
 * Effects that were asked for and are not begun, oldest first. They begin after the turn that asked for them, in order, a
 * few a turn: API nodes wait for the acknowledgement of what they sent, and that leaves in the turn in which it came.
 */
export class StartQueue {
  readonly #timers: Pick<Timers, 'soon'>
  readonly #begin: (effect: EngineEffect) => void
  #waiting: EngineEffect[] = []
  /** Not waiting yet: for the end of this turn. */
  #later: EngineEffect[] = []
  #isScheduled = false

  constructor(timers: Pick<Timers, 'soon'>, begin: (effect: EngineEffect) => void) {
    this.#timers = timers
    this.#begin = begin
  }

  push(effects: readonly EngineEffect[]): void {
    for (const effect of effects) this.#waiting.push(effect)
    this.#schedule()
  }

  /** The same, one turn later: after everything that others schedule because of this turn's events. */
  pushLater(effects: readonly EngineEffect[]): void {
    if (effects.length === 0) return
    const isFirst = this.#later.length === 0
    for (const effect of effects) this.#later.push(effect)
    if (!isFirst) return
    this.#timers.soon(() => {
      const asked = this.#later
      this.#later = []
      this.push(asked)
    })
  }

  /** Removes the waiting calls of some payments. */
  withdraw(isWithdrawn: IsWithdrawn): readonly PaymentWork[] {
    const waiting = partOf(this.#waiting, isWithdrawn)
    const later = partOf(this.#later, isWithdrawn)
    this.#waiting = waiting.left
    this.#later = later.left
    return [...waiting.withdrawn, ...later.withdrawn]
  }

  /** Calls that have not begun are dropped for good. */
  clear(): void {
    this.#later = []
    this.#waiting = []
  }

  #schedule(): void {
    if (this.#isScheduled || this.#waiting.length === 0) return
    this.#isScheduled = true
    this.#timers.soon(() => {
      this.#isScheduled = false
      this.#beginSome()
      this.#schedule()
    })
  }

  #beginSome(): void {
    for (const effect of this.#waiting.splice(0, startsPerTurn)) this.#begin(effect)
  }
}
