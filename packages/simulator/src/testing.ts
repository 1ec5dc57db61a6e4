import {
  type ContractHarness,
  type ProcessorBehavior,
  type PromisingClient,
  promising,
} from '@rinha/processor'
import { type ProcessorFault, SimProcessor } from './processor.ts'
import { SimClient } from './sim-client.ts'
import { World } from './world.ts'

const callTimeoutMs = 500

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
    client: drivenBy(
      world,
      promising(
        new SimClient(world, processor, { attemptTimeoutMs: callTimeoutMs, healthTimeoutMs: callTimeoutMs }),
      ),
    ),
    recordedCount: () => processor.books.count,
    async behave(behavior) {
      processor.setFault(faults[behavior])
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
