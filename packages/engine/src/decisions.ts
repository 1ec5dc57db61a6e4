import type { Ledger } from '@rinha/ledger'
import type { Fact } from '@rinha/payment'
import type { EngineEffect, Step } from './events.ts'

/**
 * What one step decides, in order. A fact is applied to the ledger as soon as it is decided, so that the next decision of
 * the same step stands on it; and it is applied by the same function that replays it.
 */
export class Decisions {
  readonly #ledger: Ledger
  #facts: Fact[] = []
  #effects: EngineEffect[] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  decide(fact: Fact): void {
    this.#ledger.apply(fact)
    this.#facts.push(fact)
  }

  ask(effect: EngineEffect): void {
    this.#effects.push(effect)
  }

  /** Everything since the last time. */
  take(): Step {
    const step = { facts: this.#facts, effects: this.#effects }
    this.#facts = []
    this.#effects = []
    return step
  }
}
