import { expect, test } from 'vitest'
import { AdmissionChecker } from './admission-checker.ts'
import type { Running } from './checkers.ts'
import type { NodeChannel } from './node-channel.ts'
import { blamed, Facts } from './testing.ts'

const plan = { queueWaitMsMax: 1000, stallEveryMs: Number.POSITIVE_INFINITY, heartbeatMs: 200 }

/** A checker that looks at a queue and at what is told of it, at a time. */
function looking(changes: Partial<typeof plan> = {}) {
  const facts = new Facts({ ...plan, ...changes })
  const engine = { acceptedCount: 0, queuedCount: 0 }
  let retryAfterSeconds = 0
  const process = { stalledMs: 0 }
  const running = {
    engine,
    process,
    coordinator: { retryAfterSeconds: () => retryAfterSeconds },
  } as unknown as Running
  const saidClosed = { saidClosedAtMs: 0 }
  const coordinator = () => ({ coordinator: saidClosed }) as unknown as Running
  const checker = new AdmissionChecker({ ...facts, world: facts.world, coordinator })
  const startMs = facts.world.nowMs
  const at = (ms: number, acceptedCount: number, queuedCount: number, seconds = 0) => {
    facts.world.runUntil(startMs + ms)
    Object.assign(engine, { acceptedCount, queuedCount })
    retryAfterSeconds = seconds
    if (seconds > 0) saidClosed.saidClosedAtMs = facts.world.nowMs
    return blamed(() => checker.check(running))
  }
  const node = (seconds: number, hadNoWord = false) =>
    ({ hadNoWord, end: { retryAfterSeconds: seconds } }) as unknown as NodeChannel
  return { facts, checker, at, node, process }
}

test('a queue that nothing has left for longer than a payment may wait is closed', () => {
  const { at } = looking()
  expect([at(0, 10, 5), at(1300, 20, 15)]).toEqual(['nothing', 'nothing'])
  expect(at(1301, 20, 15)).toBe(`bounds: nothing has left the queue for 1301 ms, and more is accepted`)
  expect(at(1302, 20, 15, 2)).toBe('nothing')
})

test('a coordinator that stands still is asked for nothing, however many stalls follow one another', () => {
  const { at, process } = looking()
  expect(at(0, 10, 5)).toBe('nothing')
  process.stalledMs = 100
  expect(at(9000, 20, 15)).toBe('nothing')
  process.stalledMs = 0
  expect(at(9001, 20, 15)).toContain('nothing has left the queue')
})

test('admission may be open when payments have left, when none waits, and when there is no limit', () => {
  const { at } = looking()
  expect([at(0, 10, 5), at(1000, 20, 14), at(2000, 20, 14)]).toEqual(['nothing', 'nothing', 'nothing'])
  expect([at(2300, 20, 0), at(9000, 20, 0)]).toEqual(['nothing', 'nothing'])
  const unlimited = looking({ queueWaitMsMax: 0 })
  expect([unlimited.at(0, 10, 5), unlimited.at(9000, 10, 5)]).toEqual(['nothing', 'nothing'])
})

test('an empty queue is open', () => {
  const { at } = looking()
  expect([at(0, 10, 5, 3), at(300, 10, 0, 3)]).toEqual(['nothing', 'nothing'])
  expect(at(301, 10, 0, 3)).toBe('bounds: nothing waits, and nothing is accepted')
})

test('a node that knows that admission is closed takes known payments, and no others', () => {
  const { facts, checker, node } = looking()
  const payment = facts.post()
  expect(blamed(() => checker.onTaken(payment, node(0), false))).toBe('nothing')
  expect(blamed(() => checker.onTaken(payment, node(3), true))).toBe('nothing')
  expect(blamed(() => checker.onTaken(payment, node(3), false))).toContain(
    'is taken while the queue is too long',
  )
})

test('a payment that is known for good is not refused, unless the coordinator had not heard of it', () => {
  const { facts, checker, at, node } = looking()
  const payment = facts.post()
  at(1000, 10, 5, 3)
  expect(blamed(() => checker.onRefused(payment, node(3), false))).toBe('nothing')
  expect(blamed(() => checker.onRefused(payment, node(3, true), true))).toBe('nothing')
  expect(blamed(() => checker.onRefused(payment, node(3), true))).toContain('is known, and refused')
  expect(facts.tally.faults['told 503 because the queue is too long']).toBe(3)
})

test('no payment is refused long after the queue was short again', () => {
  const { facts, checker, at, node } = looking()
  const payment = facts.post()
  at(1000, 10, 5, 3)
  at(2000, 10, 5)
  expect(blamed(() => checker.onRefused(payment, node(3), false))).toBe('nothing')
  at(4000, 10, 0)
  expect(blamed(() => checker.onRefused(payment, node(3), false))).toContain(
    'the queue has been short for long',
  )
})
