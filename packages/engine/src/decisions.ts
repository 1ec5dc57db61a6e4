import type { Ledger } from '@rinha/ledger'
import type { Fact } from '@rinha/payment'
import type { EngineEffect, Step } from './events.ts'

/**
 * What one step decides, in order. A fact is applied to the ledger as soon as it is decided, so that the next decision of
 * the same step stands on it; and it is applied by the same function that replays it.
 */
export class Decisions {
  readonly #ledger: Ledger
  #facts: Fact[] | undefined
  #effects: EngineEffect[] | undefined

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  decide(fact: Fact): void {
    this.#ledger.apply(fact)
    if (this.#facts === undefined) this.#facts = [fact]
    else this.#facts.push(fact)
  }

  ask(effect: EngineEffect): void {
    if (this.#effects === undefined) this.#effects = [effect]
    else this.#effects.push(effect)
  }

  /** Everything since the last time. */
  take(conflicts: Step['conflicts']): Step {
    const step = { facts: this.#facts ?? none, effects: this.#effects ?? none, conflicts }
    this.#facts = undefined
    this.#effects = undefined
    return step
  }
}

/** Most steps have one of a kind, or none: an array is made for no more than it holds. */
const none: readonly never[] = []
