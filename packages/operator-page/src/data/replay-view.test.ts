import { expect, test } from 'vitest'
import { ReplayView } from './replay-view.ts'

const columns = [
  'atMs',
  'queuedCount',
  'inFlightCount',
  'settledCount',
  'rejectedCount',
  'oldestQueuedAgeMs',
  'default settledCount',
  'default settledAmountCents',
]
const view = new ReplayView({
  processors: ['default'],
  columns,
  samples: [
    [1000, 3, 1, 2, 0, 400, 2, 300],
    [2000, 5, 0, 6, 1, 900, 6, 900],
    [5000, 1, 0, 0, 0, 100, 0, 0],
  ],
  isWhole: true,
})

test('a second has the state at its end, and the counts of that second', () => {
  expect([view.secondCount, view.times]).toEqual([5, [1, 2, 5]])
  expect(view.at(2000)).toMatchObject({
    queuedCount: 5,
    acceptedCount: 12,
    acceptedPerSecond: 6,
    settledPerSecond: 4,
    oldestQueuedAgeMs: 900,
    processors: [{ name: 'default', settledCount: 6, settledAmountCents: 900 }],
  })
})

test('in a second without a sample only the age of waiting payments changed', () => {
  expect(view.at(3000)).toMatchObject({
    queuedCount: 5,
    acceptedPerSecond: 0,
    settledPerSecond: 0,
    oldestQueuedAgeMs: 1900,
  })
})

test('after a purge the counts start at 0', () => {
  expect(view.at(5000)).toMatchObject({ acceptedCount: 1, acceptedPerSecond: 1, settledPerSecond: 0 })
})
