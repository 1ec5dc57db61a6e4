import type { Fact } from '@rinha/payment'
import { expect, test } from 'vitest'
import { type BulkOrder, type BulkResult, sliceCount } from './bulk-order.ts'
import { HandLog, rejectedLedger, TestCoordinator, textOf } from './testing.ts'

const rejected = (reason: string) => ({ kind: 'rejected', reason }) as const

/** Payments 1 to `count`, all rejected, with the reasons in turn. */
function rejectMany(tested: TestCoordinator, count: number, reasons = ['no']): TestCoordinator {
  for (let number = 1; number <= count; number += 1) {
    tested.accept(number)
    tested.time.settle()
    tested.cheapest.answer(rejected(reasons[number % reasons.length] ?? ''))
  }
  return tested
}

function order(tested: TestCoordinator, kind: BulkOrder['kind'], which: BulkOrder['which']) {
  const answers: (BulkResult | string)[] = []
  tested.coordinator.orderMany({ kind, which }, answer =>
    answers.push(answer.ok ? answer.value : answer.error.kind),
  )
  return answers
}

const counts = (changedCount: number, unchangedCount = 0, refusedCount = 0) => ({
  changedCount,
  unchangedCount,
  refusedCount,
})
const listed = (tested: TestCoordinator) => tested.coordinator.attention().rejected.length

test('all rejected payments are discarded, and a second order finds none', () => {
  const tested = rejectMany(new TestCoordinator(), 20)
  const first = order(tested, 'discard', { all: true })
  tested.time.settle()
  expect(first).toMatchObject([counts(20)])
  expect(tested.coordinator.status()).toMatchObject({
    acceptedCount: 20,
    rejectedCount: 20,
    discardedCount: 20,
  })
  expect(listed(tested)).toBe(0)
  const [second, resubmitted] = [
    order(tested, 'discard', { all: true }),
    order(tested, 'resubmit', { all: true }),
  ]
  tested.time.settle()
  expect([second, resubmitted]).toMatchObject([[counts(0)], [counts(0)]])
  expect(tested.told.map(([event]) => event)).toContainEqual({
    kind: 'orders',
    order: 'discard',
    changedCount: 20,
  })
})

test('the payments rejected for exactly one reason are sent again', () => {
  const tested = rejectMany(new TestCoordinator(), 20, ['no', 'not now'])
  const answers = order(tested, 'resubmit', { reason: 'no' })
  tested.time.settle()
  expect(answers).toMatchObject([counts(10)])
  tested.cheapest.answer({ kind: 'recorded' }, 10)
  expect(tested.coordinator.status()).toMatchObject({ settledCount: 10, rejectedCount: 10 })
})

test('each of the ids in an order is changed, was changed before, or is refused with its reason', () => {
  const tested = rejectMany(new TestCoordinator(), 2)
  const ids = [1, 1, 2].map(number => textOf(number).toUpperCase())
  expect(order(tested, 'discard', { ids: [textOf(2)] })).toEqual([])
  tested.time.settle()
  const discards = order(tested, 'discard', { ids: [...ids, textOf(9)] })
  tested.time.settle()
  expect(discards).toMatchObject([{ ...counts(1, 1, 1), refused: [{ correlationId: textOf(9) }] }])
  const resubmits = order(tested, 'resubmit', { ids })
  tested.time.settle()
  expect(resubmits).toMatchObject([counts(0, 0, 2)])
  expect(JSON.stringify(resubmits)).toContain('was discarded')
})

test('each turn handles a slice of the payments, and new payments are accepted between the turns', () => {
  const count = 2 * sliceCount + 1
  const tested = new TestCoordinator({ ledger: rejectedLedger(count, count + 10) })
  const answers = order(tested, 'discard', { all: true })
  const { coordinator, time } = tested
  const done = [coordinator.status().discardedCount]
  while (answers.length === 0) {
    tested.accept(100_000 + done.length)
    time.turn()
    done.push(coordinator.status().discardedCount)
  }
  expect(done).toEqual([sliceCount, 2 * sliceCount, count, count])
  expect(coordinator.status().acceptedCount).toBe(count + 3)
})

test('an order is answered when the journal has its facts, and is refused while the journal cannot be written', () => {
  const log = new HandLog()
  log.quick = true
  const tested = rejectMany(new TestCoordinator({ log }), 3)
  log.quick = false
  const answers = order(tested, 'discard', { all: true })
  tested.time.settle()
  expect([answers, log.facts.slice(-3)]).toEqual([
    [],
    ['discarded', 'discarded', 'discarded'] satisfies Fact['kind'][],
  ])
  log.sync()
  expect(answers).toMatchObject([counts(3)])
  log.failure = { code: 'ENOSPC', words: 'full' }
  expect(order(tested, 'discard', { all: true })).toEqual(['unavailable'])
})

test('a purge ends an order, so that payments rejected after the purge are left alone', () => {
  const tested = new TestCoordinator({ ledger: rejectedLedger(sliceCount + 5) })
  const answers = order(tested, 'resubmit', { all: true })
  tested.coordinator.purge('api1', () => {})
  tested.time.turn()
  rejectMany(tested, 1)
  tested.time.settle()
  expect(answers).toMatchObject([counts(sliceCount)])
  expect(tested.coordinator.status()).toMatchObject({ acceptedCount: 1, rejectedCount: 1 })
})

test('an order for a hundred thousand payments takes many turns, none with more than a slice', () => {
  const count = 100_000
  const tested = new TestCoordinator({ ledger: rejectedLedger(count) })
  const answers = order(tested, 'resubmit', { all: true })
  const leftCounts = [count, tested.coordinator.status().rejectedCount]
  while (answers.length === 0) {
    tested.time.turn()
    leftCounts.push(tested.coordinator.status().rejectedCount)
  }
  expect(answers).toMatchObject([counts(count)])
  const steps = leftCounts.slice(1).map((left, index) => (leftCounts[index] ?? 0) - left)
  expect(Math.max(...steps)).toBe(sliceCount)
})
