import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import {
  type ContractHarness,
  classifyAttempt,
  classifyLookup,
  type ProcessorBehavior,
  type ProcessorClient,
  type ProcessorPayment,
  type PromisingClient,
  promising,
} from '@rinha/processor'
import { SimProcessor } from './processor.ts'
import { SimClient } from './sim-client.ts'
import { World } from './world.ts'

const callTimeoutMs = 500

/** The way to a processor that misbehaves as the contract asks: the processor itself only works well, or fails. */
class Misbehaving implements ProcessorClient {
  behavior: ProcessorBehavior = 'well'
  readonly #port: ProcessorClient

  readonly #world: World

  constructor(world: World, port: ProcessorClient) {
    this.#world = world
    this.#port = port
  }

  pay(payment: ProcessorPayment, reply: (outcome: AttemptOutcome) => void): void {
    if (this.behavior === 'down') return this.#tell(reply, notConnected)
    if (this.behavior === 'limiting') return this.#tell(reply, classifyAttempt(429))
    if (this.behavior === 'rejecting') return this.#tell(reply, classifyAttempt(400))
    this.#port.pay(payment, outcome => {
      if (this.behavior === 'cutting') reply(cutOff)
      else if (this.behavior !== 'silent') reply(outcome)
    })
  }

  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void {
    if (this.behavior === 'down') return this.#tell(reply, cutOff)
    if (this.behavior === 'limiting') return this.#tell(reply, classifyLookup(429, '', correlationId))
    if (this.behavior !== 'silent') this.#port.lookUp(correlationId, reply)
  }

  health(reply: (outcome: HealthOutcome) => void): void {
    if (this.behavior === 'down') return this.#tell(reply, cutOff)
    if (this.behavior !== 'silent') this.#port.health(reply)
  }

  #tell<Outcome>(reply: (outcome: Outcome) => void, outcome: Outcome): void {
    this.#world.after(1, () => reply(outcome))
  }
}

const cutOff = { kind: 'unknown', reason: 'the connection was cut' } as const
const notConnected = {
  kind: 'refused',
  sent: false,
  pushedBack: false,
  reason: 'connection refused',
} as const

/** The simulated processor behind the client's port: promises, with virtual time that runs on until each is settled. */
export function contractHarness(): ContractHarness {
  const world = new World(1)
  const processor = new SimProcessor(world, {
    name: 'default',
    // Calls made in the same turn: the contract wants one of two health calls at once let through, not made to wait.
    healthWindowMs: 100,
    healthResetMs: 200,
  })
  const port = new Misbehaving(world, processor)
  const stage = (failing: boolean) => processor.setStage({ delayMs: 7, failing })
  stage(false)
  return {
    client: drivenBy(
      world,
      promising(
        new SimClient(world, port, { attemptTimeoutMs: callTimeoutMs, healthTimeoutMs: callTimeoutMs }),
      ),
    ),
    recordedCount: () => processor.books.count,
    async behave(behavior) {
      port.behavior = behavior
      stage(behavior === 'failing')
    },
  }
}

/** Lets virtual time run on until a call is ended. Calls made in one turn are all under way before time passes. */
function drivenBy(world: World, client: PromisingClient): PromisingClient {
  const driven = async <Outcome>(outcome: Promise<Outcome>): Promise<Outcome> => {
    let isOver = false
    outcome.finally(() => {
      isOver = true
    })
    await undefined
    while (!isOver && world.step()) await undefined
    return outcome
  }
  return {
    pay: payment => driven(client.pay(payment)),
    lookUp: correlationId => driven(client.lookUp(correlationId)),
    health: () => driven(client.health()),
  }
}
