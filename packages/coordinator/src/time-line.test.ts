import { expect, test } from 'vitest'
import { idOf, TestCoordinator } from './testing.ts'
import { TimeLine } from './time-line.ts'

const recorded = { kind: 'recorded' } as const
const lost = { kind: 'unknown', reason: 'timeout' } as const

function entriesOf(line: TimeLine, row: number, acceptedAtMs = 0) {
  const { entries, isComplete } = line.of(row, acceptedAtMs)
  return { entries: entries.map(({ what, outcome, atMs }) => [what, outcome, atMs]), isComplete }
}

test('a payment has its own entries, oldest first, each with its outcome', () => {
  const line = new TimeLine(10, 0)
  const first = line.began(3, 'attempt', 0, 7, 100)
  line.began(4, 'attempt', 1, 8, 101)
  line.ended(first, lost, 150)
  const second = line.began(3, 'lookUp', 0, 0, 160)
  expect(line.of(3, 50).entries).toMatchObject([
    {
      what: 'attempt',
      atMs: 100,
      endedAtMs: 150,
      processor: 0,
      requestedAtMs: 7,
      outcome: 'unknown',
      reason: 'timeout',
    },
    { what: 'lookUp', outcome: null, endedAtMs: null, requestedAtMs: null, reason: null },
  ])
  line.ended(second, { kind: 'absent' }, 170)
  expect(entriesOf(line, 3, 50)).toEqual({
    entries: [
      ['attempt', 'unknown', 100],
      ['lookUp', 'absent', 160],
    ],
    isComplete: true,
  })
})

test('the latest entries are remembered, in order across the end of the ring, and an older payment is not complete', () => {
  const line = new TimeLine(4, 0)
  for (let at = 1; at <= 6; at += 1) line.began(at % 2, 'attempt', 0, 1, at)
  expect(entriesOf(line, 1, 1)).toEqual({
    entries: [
      ['attempt', null, 3],
      ['attempt', null, 5],
    ],
    isComplete: false,
  })
  expect(line.of(0, 3).isComplete).toBe(true)
})

test('an attempt that ends after its place has been given to another one changes nothing', () => {
  const line = new TimeLine(2, 0)
  const old = line.began(0, 'attempt', 0, 1, 1)
  for (const row of [1, 2]) line.began(row, 'attempt', 0, 1, 2)
  line.ended(old, recorded, 9)
  expect(line.of(2, 2).entries).toMatchObject([{ outcome: null, endedAtMs: null }])
})

test('a purge forgets all, and an attempt from before it that ends later is ignored', () => {
  const line = new TimeLine(10, 0)
  const old = line.began(0, 'attempt', 0, 1, 1)
  line.fact({ kind: 'purged' }, 5)
  expect(line.of(0, 4)).toEqual({ entries: [], isComplete: false })
  line.ended(old, recorded, 9)
  line.began(0, 'attempt', 1, 1, 10)
  expect(entriesOf(line, 0, 6)).toEqual({ entries: [['attempt', null, 10]], isComplete: true })
})

test('the number of remembered reasons is bounded', () => {
  const line = new TimeLine(1000, 0)
  for (let row = 0; row < 500; row += 1)
    line.ended(line.began(row, 'attempt', 0, 1, 1), { kind: 'unknown', reason: `${row}` }, 2)
  expect(line.of(3, 0).entries[0]?.reason).toBe('3')
  expect(line.of(499, 0).entries[0]?.reason).toContain('another reason')
})

test('a coordinator remembers its calls to processors, and the orders of a person', () => {
  const tested = new TestCoordinator().accept(1).pass(0)
  tested.cheapest.answer({ kind: 'rejected', reason: 'no' })
  tested.coordinator.order({ kind: 'resubmit', correlationId: idOf(1) }, () => {})
  tested.pass(10)
  tested.cheapest.answer(recorded)
  const found = tested.coordinator.payment(idOf(1))?.timeLine
  expect(
    found?.entries.map(({ what, outcome, processor, reason }) => [what, outcome, processor, reason]),
  ).toEqual([
    ['attempt', 'rejected', 'default', 'no'],
    ['released', null, null, null],
    ['attempt', 'recorded', 'default', null],
  ])
  expect(found?.isComplete).toBe(true)
})
