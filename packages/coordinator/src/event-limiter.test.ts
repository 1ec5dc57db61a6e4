import { beforeEach, expect, test } from 'vitest'
import { EventLimiter, linesMax, windowMs } from './event-limiter.ts'
import type { OperatorEvent } from './operator-event.ts'

let told: (readonly [string, number])[]
let limiter: EventLimiter

beforeEach(() => {
  told = []
  limiter = new EventLimiter((event, suppressedCount) => told.push([nameOf(event), suppressedCount]))
})

const node = (name: string, state: 'connected' | 'gone'): OperatorEvent => ({
  kind: 'node',
  state,
  node: name,
})
const nameOf = (event: OperatorEvent) => (event.kind === 'node' ? `${event.node} ${event.state}` : event.kind)

test('a few events of a topic are told at once; of the others the last one is told after the window, with their count', () => {
  for (let count = 0; count < 20; count += 1) {
    limiter.add(node('api1', 'connected'), count)
    limiter.add(node('api1', 'gone'), count)
  }
  expect(told).toHaveLength(linesMax)
  limiter.look(windowMs - 1)
  expect(told).toHaveLength(linesMax)
  limiter.look(windowMs)
  expect(told.slice(linesMax)).toEqual([['api1 gone', 40 - linesMax - 1]])
})

test('a topic that goes on has a limited number of lines in each window, and the counts include every event', () => {
  for (let nowMs = 0; nowMs < 10 * windowMs; nowMs += 100) limiter.add(node('api1', 'connected'), nowMs)
  limiter.look(20 * windowMs)
  expect(told.length).toBeLessThanOrEqual(11 * linesMax)
  const suppressedCount = told.reduce((sum, [, count]) => sum + count, 0)
  expect(told.length + suppressedCount).toBe((10 * windowMs) / 100)
})

test('each topic has a limit of its own', () => {
  for (let count = 0; count < 20; count += 1) limiter.add(node('api1', 'gone'), count)
  limiter.add(node('api2', 'gone'), 30)
  expect(told.at(-1)).toEqual(['api2 gone', 0])
})
