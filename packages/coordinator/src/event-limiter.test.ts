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

test('a few of a topic are told at once; the last of the others when the window is over, with their count', () => {
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

test('a topic that goes on has so many lines in each window, and none is lost from the counts', () => {
  for (let nowMs = 0; nowMs < 10 * windowMs; nowMs += 100) limiter.add(node('api1', 'connected'), nowMs)
  limiter.look(20 * windowMs)
  expect(told.length).toBeLessThanOrEqual(11 * linesMax)
  const suppressedCount = told.reduce((sum, [, count]) => sum + count, 0)
  expect(told.length + suppressedCount).toBe((10 * windowMs) / 100)
})

test('topics do not take each other’s lines', () => {
  for (let count = 0; count < 20; count += 1) limiter.add(node('api1', 'gone'), count)
  limiter.add(node('api2', 'gone'), 30)
  expect(told.at(-1)).toEqual(['api2 gone', 0])
})
