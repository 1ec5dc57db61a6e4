import type { AttemptOutcome } from '@rinha/payment'
import { expect, test } from 'vitest'
import { SimProcessor } from './processor.ts'
import { SimClient } from './sim-client.ts'
import { World } from './world.ts'

const instant = { minMs: 0, maxMs: 0 }

function clientIn(world: World) {
  const processor = new SimProcessor(world, { name: 'default', networkMs: instant, serviceMs: instant })
  const client = new SimClient(world, processor, { attemptTimeoutMs: 2000, healthTimeoutMs: 500 })
  return { processor, client }
}

const payment = (number: number) => ({
  correlationId: new Uint8Array(16).fill(number),
  amountCents: 1990,
  requestedAtMs: 1_754_774_396_123,
})

test('a call without an answer ends as unknown, each kind at its own time', () => {
  const world = new World(1)
  const silent = { pay: () => {}, lookUp: () => {}, health: () => {} }
  const client = new SimClient(world, silent, { attemptTimeoutMs: 2000, healthTimeoutMs: 500 })
  const startMs = world.nowMs
  const ended: [string, string, number][] = []
  const told = (what: string) => (outcome: { kind: string }) =>
    ended.push([what, outcome.kind, world.nowMs - startMs])
  client.pay(payment(1), told('pay'))
  client.lookUp(payment(1).correlationId, told('look up'))
  client.health(told('health'))
  world.runUntil(startMs + 10_000)
  expect(ended).toEqual([
    ['health', 'unknown', 500],
    ['pay', 'unknown', 2000],
    ['look up', 'unknown', 2000],
  ])
})

test('an answer that comes after the timeout is ignored', () => {
  const world = new World(1)
  const { processor, client } = clientIn(world)
  processor.setStage({ delayMs: 3000, failing: false })
  const outcomes: AttemptOutcome['kind'][] = []
  client.pay(payment(1), ({ kind }) => outcomes.push(kind))
  world.runUntil(world.nowMs + 10_000)
  expect(outcomes).toEqual(['unknown'])
  expect(processor.books.count).toBe(1)
})
