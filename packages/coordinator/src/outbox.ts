import type { Timers } from '@rinha/base'
import type { EngineEffect } from '@rinha/engine'
import { IntentGate } from './intent-gate.ts'
import type { IsWithdrawn, PaymentWork } from './not-begun.ts'
import type { FactLog } from './ports.ts'
import { StartQueue } from './start-queue.ts'

/** Effects from when they are asked for until they begin: where there is a log in its gate first, then in the queue of starts. */
export class Outbox {
  readonly #gate: IntentGate | undefined
  readonly #starts: StartQueue
  #isOver = false

  constructor(log: FactLog | undefined, timers: Pick<Timers, 'soon'>, begin: (effect: EngineEffect) => void) {
    this.#starts = new StartQueue(timers, begin)
    if (log === undefined) return
    this.#gate = new IntentGate(log, passed => {
      // C3: the acknowledgement of facts that are synced now leaves in the turn after this one, and the calls begin after
      // it.
      if (!this.#isOver) this.#starts.pushLater(passed)
    })
  }

  push(effects: readonly EngineEffect[]): void {
    if (this.#gate === undefined) this.#starts.push(effects)
    else this.#gate.hold(effects)
  }

  /** Removes the effects that have not begun and match, oldest first. */
  withdraw(isMeant: IsWithdrawn): readonly PaymentWork[] {
    return [...this.#starts.withdraw(isMeant), ...(this.#gate?.withdraw(isMeant) ?? [])]
  }

  /** Effects that have not begun are dropped for good. */
  end(): void {
    this.#isOver = true
    this.#starts.clear()
  }
}
