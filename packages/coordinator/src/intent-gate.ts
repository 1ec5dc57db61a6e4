import type { EngineEffect } from '@rinha/engine'
import { type IsWithdrawn, type PaymentWork, partOf } from './not-begun.ts'
import type { FactLog } from './ports.ts'

/** The effects of one step. */
interface Held {
  effects: readonly EngineEffect[]
}

/**
 * Holds effects until the facts that came with them are in the log. So the journal has every attempt before it is made,
 * and a successor looks each of them up before it makes another.
 */
export class IntentGate {
  readonly #log: Pick<FactLog, 'whenSynced'>
  readonly #onPassed: (passed: readonly EngineEffect[]) => void
  readonly #held = new Set<Held>()

  constructor(log: Pick<FactLog, 'whenSynced'>, onPassed: (passed: readonly EngineEffect[]) => void) {
    this.#log = log
    this.#onPassed = onPassed
  }

  hold(effects: readonly EngineEffect[]): void {
    const held: Held = { effects }
    this.#held.add(held)
    this.#log.whenSynced(() => {
      this.#held.delete(held)
      this.#onPassed(held.effects)
    })
  }

  /** Removes the waiting effects of some payments. */
  withdraw(isWithdrawn: IsWithdrawn): readonly PaymentWork[] {
    return [...this.#held].flatMap(held => {
      const { withdrawn, left } = partOf(held.effects, isWithdrawn)
      held.effects = left
      return withdrawn
    })
  }
}
