import { Ledger } from '@rinha/ledger'
import { printCorrelationId } from '@rinha/payment'
import { expect, test } from 'vitest'
import { pageLookedAtMax, pageRowsMax } from './limits.ts'
import { type PageQuery, pageOf } from './page.ts'
import {
  answered500,
  correlationId,
  lost,
  recorded,
  records,
  rejected,
  TestEngine,
  unreachable,
} from './testing.ts'

const numbers = (count: number, first = 1) => Array.from({ length: count }, (_, index) => first + index)

/** The rows of every page, from the first to the last. */
function pages(tested: TestEngine, query: Omit<PageQuery, 'cursor'>): readonly (readonly number[])[] {
  const all: (readonly number[])[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = tested.engine.page({ ...query, cursor })
    if (!page.ok) throw new Error(page.error)
    all.push(page.value.rows)
    cursor = page.value.nextCursor
  }
  return all
}

/** Rows 0 settled, 1 rejected, 2 discarded, 3 unknown, 4 to 23 in flight and queued. */
function oneOfEach(): TestEngine {
  const tested = new TestEngine({ processorCount: 1, workerCount: 1 }).accept(1)
  tested.endAttempt(recorded)
  for (const number of [2, 3]) tested.accept(number).endAttempt(rejected)
  tested.tell({ kind: 'orders', orders: [{ kind: 'discard', correlationId: correlationId(3) }] })
  tested.accept(4).endAttempt(lost)
  return tested.accept(...numbers(20, 5))
}

test('each state lists its payments, and unknown lists those in flight whose answer was lost', () => {
  const tested = oneOfEach()
  const list = (state: PageQuery['state']) => pages(tested, { state, limitCount: 10 }).flat()
  expect({ settled: list('settled'), rejected: list('rejected'), discarded: list('discarded') }).toEqual({
    settled: [0],
    rejected: [1],
    discarded: [2],
  })
  expect(list('unknown')).toEqual([3])
  expect(list('queued').length).toBeGreaterThan(0)
  expect([...list('inFlight'), ...list('queued')]).toEqual(numbers(21, 3))
})

test('refused payments are listed as queued, in the order of arrival', () => {
  const tested = new TestEngine({ processorCount: 1, workerCount: 1 }).accept(1, 2, 3, 4)
  tested.endAttempt(answered500)
  tested.endAttempt(answered500)
  tested.endAttempt(unreachable)
  const rows = pages(tested, { state: 'queued', limitCount: 1 }).flat()
  const { queuedCount } = tested.engine.queueStatus(tested.nowMs)
  expect(rows).toEqual([...rows].sort((a, b) => a - b))
  expect(rows).toHaveLength(queuedCount)
})

test('when the list changes between pages, each payment that stayed is listed once, and none twice', () => {
  const tested = new TestEngine()
  for (const number of numbers(30)) tested.accept(number).endAttempt(number % 3 === 0 ? recorded : rejected)
  const first = tested.engine.page({ state: 'rejected', limitCount: 5 })
  if (!first.ok || first.value.nextCursor === null) throw new Error('there is more')
  // The payment that the cursor names is no longer rejected, and new payments came.
  for (const row of first.value.rows)
    tested.tell({
      kind: 'orders',
      orders: [{ kind: 'discard', correlationId: tested.engine.correlationId(row) }],
    })
  tested.accept(100).endAttempt(rejected)
  const rest: number[] = []
  for (let cursor: string | null = first.value.nextCursor; cursor !== null; ) {
    const page = tested.engine.page({ state: 'rejected', limitCount: 4, cursor })
    if (!page.ok) throw new Error('the cursor is good')
    rest.push(...page.value.rows)
    cursor = page.value.nextCursor
  }
  const all = [...first.value.rows, ...rest]
  expect(new Set(all).size).toBe(all.length)
  expect(rest).toEqual(pages(tested, { state: 'rejected', limitCount: 100 }).flat())
})

test('with a reason, only payments with exactly this reason are listed', () => {
  const tested = new TestEngine({ workerCount: 10 }).accept(1, 2, 3)
  for (const reason of ['no', 'No', 'no']) tested.endAttempt({ kind: 'rejected', reason })
  expect(pages(tested, { state: 'rejected', reason: 'no', limitCount: 10 }).flat()).toEqual([0, 2])
  expect(pages(tested, { state: 'rejected', reason: 'n', limitCount: 10 }).flat()).toEqual([])
})

test.each([
  '',
  '0',
  '-1_',
  `7_${printCorrelationId(correlationId(1))}`,
  `0_${printCorrelationId(correlationId(9))}`,
  '0_me',
])('the cursor %j names no payment here, and is refused', cursor => {
  const tested = new TestEngine().accept(1)
  expect(tested.engine.page({ state: 'queued', cursor, limitCount: 1 })).toEqual({
    ok: false,
    error: 'stale',
  })
})

test('a cursor from before a purge is refused, whatever payments came after the purge', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1, 2, 3)
  const page = tested.engine.page({ state: 'queued', limitCount: 1 })
  const cursor = page.ok ? (page.value.nextCursor ?? undefined) : undefined
  expect(tested.engine.page({ state: 'queued', cursor, limitCount: 1 }).ok).toBe(true)
  tested.tell({ kind: 'purge' }).accept(4, 5, 6)
  expect(tested.engine.page({ state: 'queued', cursor, limitCount: 1 })).toEqual({
    ok: false,
    error: 'stale',
  })
})

test('a page searches a bounded part of the ledger: it may be short, and the next one goes on', () => {
  const count = pageRowsMax + pageLookedAtMax + 10
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: count, hashSeed: 1 })
  for (let first = 0; first < count; first += 10_000) {
    const some = numbers(Math.min(10_000, count - first), first + 1)
    ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records: records(some) })
  }
  for (let row = 0; row < pageLookedAtMax + 5; row += 1) ledger.apply({ kind: 'rejected', row, reason: 'no' })
  for (const row of [count - 2, count - 1]) ledger.apply({ kind: 'rejected', row, reason: 'other' })
  const found: (readonly number[])[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = pageOf(
      { state: 'rejected', reason: 'other', limitCount: 10, cursor },
      ledger,
      () => undefined,
    )
    if (!page.ok) throw new Error(page.error)
    found.push(page.value.rows)
    cursor = page.value.nextCursor
  }
  // The first page ends at `pageLookedAtMax`, the second at `pageRowsMax`.
  expect(found).toEqual([[], [], [count - 2, count - 1]])
})
