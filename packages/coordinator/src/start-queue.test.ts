import { queryObjects } from 'node:v8'
import type { EngineEffect } from '@rinha/engine'
import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { StartQueue, startsPerTurn } from './start-queue.ts'

const polls = (...processors: number[]): readonly EngineEffect[] =>
  processors.map(processor => ({ kind: 'pollHealth', processor, askedAtMs: 0 }))

function queueOf(time: VirtualTime) {
  const begun: number[] = []
  const queue = new StartQueue(time, ({ processor }) => begun.push(processor))
  return { queue, begun }
}

test('no call begins in the turn that asks for it', () => {
  const time = new VirtualTime()
  const { queue, begun } = queueOf(time)
  queue.push(polls(1))
  expect(begun).toEqual([])
  time.turn()
  expect(begun).toEqual([1])
})

test('a few calls begin in each turn, in the order in which they were asked for', () => {
  const time = new VirtualTime()
  const { queue, begun } = queueOf(time)
  queue.push(polls(1, 2, 3))
  queue.push(polls(4, 5, 6, 7, 8, 9))
  const counts = [1, 2, 3].map(() => {
    time.turn()
    return begun.length
  })
  expect(counts).toEqual([startsPerTurn, 2 * startsPerTurn, 9])
  expect(begun).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('a call that is asked for while others begin comes behind them', () => {
  const time = new VirtualTime()
  const begun: number[] = []
  const queue: StartQueue = new StartQueue(time, ({ processor }) => {
    begun.push(processor)
    if (processor === 1) queue.push(polls(9))
  })
  queue.push(polls(1, 2, 3, 4, 5))
  time.settle()
  expect(begun).toEqual([1, 2, 3, 4, 5, 9])
})

test('cleared calls never begin, and later calls do', () => {
  const time = new VirtualTime()
  const { queue, begun } = queueOf(time)
  queue.push(polls(1, 2, 3, 4, 5, 6))
  time.turn()
  queue.clear()
  queue.push(polls(7))
  time.settle()
  expect(begun).toEqual([1, 2, 3, 4, 7])
})

test('calls pushed for later begin after the work that was planned for soon, with one timer for all of a turn', () => {
  const time = new VirtualTime()
  const { queue, begun } = queueOf(time)
  queue.pushLater(polls(1, 2))
  queue.pushLater(polls(3))
  time.soon(() => begun.push(-1))
  time.settle()
  expect(begun).toEqual([-1, 1, 2, 3])
  queue.pushLater(polls(4))
  time.settle()
  expect(begun).toEqual([-1, 1, 2, 3, 4])
})

test('cleared calls that were pushed for later never begin', () => {
  const time = new VirtualTime()
  const { queue, begun } = queueOf(time)
  queue.pushLater(polls(1))
  queue.clear()
  time.settle()
  queue.pushLater(polls(2))
  time.settle()
  expect(begun).toEqual([2])
})

test('a queue that is never empty keeps nothing that has begun', () => {
  class PollHealth {
    readonly kind = 'pollHealth'
    readonly processor = 0
    readonly askedAtMs = 0
  }
  const turns: (() => void)[] = []
  let begunCount = 0
  const queue = new StartQueue({ soon: run => turns.push(run) }, () => {
    begunCount += 1
    queue.push([new PollHealth()])
  })
  queue.push(Array.from({ length: 20 }, () => new PollHealth()))
  while (begunCount < 5000) turns.shift()?.()
  expect(queryObjects(PollHealth, { format: 'count' })).toBeLessThan(100)
})
