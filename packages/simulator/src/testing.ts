import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import type { ContractHarness, ProcessorBehavior, ProcessorClient } from '@rinha/processor'
import { CallTimeout } from './call-timeout.ts'
import { type ProcessorFault, SimProcessor } from './processor.ts'
import { World } from './world.ts'

const callTimeoutMs = 500
const timeout = { kind: 'unknown', reason: 'timeout' } as const
const closed = { kind: 'unknown', reason: 'closed' } as const

const faults: Readonly<Record<ProcessorBehavior, ProcessorFault | undefined>> = {
  well: undefined,
  failing: undefined,
  limiting: 'limiting',
  rejecting: 'rejecting',
  cutting: 'cutting',
  silent: 'silent',
  down: 'down',
}

/** The simulated processor behind the client's port: promises, with virtual time that runs on until each is settled. */
export function contractHarness(): ContractHarness {
  const world = new World(1)
  const processor = new SimProcessor(world, {
    name: 'default',
    // Calls made in the same turn: the contract wants one of two health calls at once let through, not made to wait.
    healthWindowMs: 100,
    healthResetMs: 200,
  })
  const stage = (failing: boolean) => processor.setStage({ delayMs: 7, failing })
  stage(false)
  return {
    client: new SimClient(world, processor),
    recordedCount: () => processor.books.count,
    async behave(behavior) {
      processor.setFault(faults[behavior])
      stage(behavior === 'failing')
    },
  }
}

class SimClient implements ProcessorClient {
  readonly #world: World
  readonly #processor: SimProcessor
  readonly #underWay = new Set<() => void>()
  #closed = false

  constructor(world: World, processor: SimProcessor) {
    this.#world = world
    this.#processor = processor
  }

  pay: ProcessorClient['pay'] = payment =>
    this.#call<AttemptOutcome>({ kind: 'refused', sent: false, pushedBack: false, reason: 'closed' }, end =>
      this.#processor.pay(payment, end),
    )

  lookUp: ProcessorClient['lookUp'] = correlationId =>
    this.#call<LookupOutcome>(closed, end => this.#processor.lookUp(correlationId, end))

  health: ProcessorClient['health'] = () =>
    this.#call<HealthOutcome>(closed, end => this.#processor.health(end))

  async close(): Promise<void> {
    this.#closed = true
    for (const end of this.#underWay) end()
  }

  #call<Outcome>(
    whenClosed: Outcome,
    begin: (end: (outcome: Outcome) => void) => void,
  ): Promise<Outcome | typeof timeout> {
    if (this.#closed) return Promise.resolve(whenClosed)
    return new Promise(resolve => {
      const calls = new CallTimeout<Outcome | typeof timeout>(this.#world, callTimeoutMs, timeout)
      const settle = (outcome: Outcome | typeof timeout) => {
        this.#underWay.delete(cut)
        resolve(outcome)
      }
      const cut = () => settle(timeout)
      this.#underWay.add(cut)
      begin(calls.guard(settle))
      // Calls made in one turn are all under way before time passes.
      Promise.resolve()
        .then(() => undefined)
        .then(() => this.#passUntilSettled(cut))
    })
  }

  #passUntilSettled(cut: () => void): void {
    while (this.#underWay.has(cut) && this.#world.step());
  }
}
