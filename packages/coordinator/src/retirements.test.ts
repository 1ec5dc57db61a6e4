import { Ledger } from '@rinha/ledger'
import { expect, test } from 'vitest'
import { answerOf, HandLog, records, TestCoordinator } from './testing.ts'

const recorded = { kind: 'recorded' } as const
const hourMs = 3_600_000
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)

/** A coordinator that keeps payments for an hour. */
function started(paymentCountMax = 1000, log?: HandLog): TestCoordinator {
  const ledger = new Ledger({ processorCount: 2, paymentCountMax, hashSeed: 1 })
  return new TestCoordinator({ ...(log && { log }), ledger, retainMs: hourMs }).pass(10)
}

/** Accepts and settles payments with these numbers. */
function settle(tested: TestCoordinator, ...some: readonly number[]): void {
  tested.accept(...some)
  while (tested.engine.openCount > 0) {
    tested.pass(20)
    tested.cheapest.answer(recorded, 100)
  }
}

/** So many payments, which an earlier process has settled long ago. */
function settledLedger(count: number, paymentCountMax = 10_000): Ledger {
  const ledger = new Ledger({ processorCount: 2, paymentCountMax, hashSeed: 1 })
  ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records: records(...numbers(1, count)) })
  for (let row = 0; row < count; row += 1) {
    const attempt = { row, processor: 0, requestedAtMs: 5000 }
    ledger.apply({ kind: 'sent', ...attempt })
    ledger.apply({ kind: 'settled', ...attempt })
  }
  return ledger
}

test('payments leave when they are old, by themselves, and the journal has the fact', () => {
  const log = new HandLog()
  log.quick = true
  const tested = started(1000, log)
  settle(tested, 1, 2, 3)
  tested.pass(hourMs)
  expect(tested.coordinator.status().keptCount).toBe(3)
  tested.pass(62_000)
  expect(tested.coordinator.status()).toMatchObject({ keptCount: 0, settledCount: 3, acceptedCount: 3 })
  expect(log.facts.filter(fact => fact === 'retired')).toHaveLength(1)
})

test('a ledger of a hundred takes thousands of payments, as long as they settle, and says that there is room', () => {
  const tested = started(100)
  for (let first = 1; first < 3000; first += 20) {
    expect(tested.coordinator.roomCount()).toBeGreaterThanOrEqual(20)
    settle(tested, ...numbers(first, first + 19))
    expect(tested.coordinator.lastingRoomCount()).toBe(100)
    tested.pass(20_000)
  }
  expect(tested.coordinator.status()).toMatchObject({ acceptedCount: 3000, settledCount: 3000 })
  expect(tested.coordinator.status().keptCount).toBeLessThanOrEqual(100)
})

test('the windows of nodes are told when room has come back', () => {
  const tested = started(100)
  settle(tested, ...numbers(1, 96))
  expect([tested.refreshCount, tested.coordinator.roomCount()]).toEqual([0, 4])
  tested.pass(62_000)
  expect(tested.refreshCount).toBeGreaterThan(0)
  expect(tested.coordinator.roomCount()).toBe(100)
})

test('what is old leaves in slices, one in each turn', () => {
  const tested = new TestCoordinator({ ledger: settledLedger(5000), retainMs: hourMs }).pass(10)
  const kept: number[] = []
  const step = tested.engine.step.bind(tested.engine)
  tested.engine.step = (event, time) => {
    const decided = step(event, time)
    if (event.kind === 'retire') kept.push(tested.engine.queueStatus(0).keptCount)
    return decided
  }
  tested.pass(61_000)
  expect(kept).toEqual([3976, 2952, 1928, 904, 0])
})

test('a window that ends within a second of archived time is refused with the whole seconds around the end', () => {
  const tested = started()
  settle(tested, 1)
  const wholeMs = Math.floor(tested.time.time.wallMs / 1000) * 1000
  const ask = (fromMs: number | null, toMs: number | null) =>
    answerOf(tested.coordinator, 'summary', { fromMs, toMs })
  const exact = ask(wholeMs, wholeMs + 999)
  expect(ask(wholeMs + 5, null)).toMatchObject({ ok: true })
  tested.pass(hourMs + 63_000)
  const expected = { ok: true, value: { totals: [{ count: 1 }, { count: 0 }] } }
  expect(ask(wholeMs, wholeMs + 999)).toMatchObject(expected)
  expect(exact).toMatchObject(expected)
  const iso = (atMs: number) => new Date(atMs).toISOString()
  expect(ask(wholeMs + 5, null)).toEqual({
    ok: false,
    error: `from is ${iso(wholeMs + 5)}, within a second of time that is archived, of which whole seconds are known: ask with from=${iso(wholeMs)} or from=${iso(wholeMs + 1000)}.`,
  })
  expect(ask(null, wholeMs + 500)).toMatchObject({ ok: false, error: expect.stringMatching(/^to is /) })
})

test('where room is short a frame causes a look only if a payment has ended since the last one', () => {
  const tested = started(100)
  settle(tested, ...numbers(1, 90))
  let lookCount = 0
  const next = tested.engine.retention.next.bind(tested.engine.retention)
  tested.engine.retention.next = time => {
    lookCount += 1
    return next(time)
  }
  tested.pass(500)
  const lookCountThen = lookCount
  for (const number of [1, 2, 3, 4]) tested.accept(number)
  tested.accept(91)
  expect(lookCount).toBe(lookCountThen)
  tested.pass(20)
  tested.cheapest.answer(recorded)
  for (const number of [1, 2, 3, 4]) tested.accept(number)
  expect(lookCount).toBe(lookCountThen + 1)
})

test('nothing leaves after the end', () => {
  const tested = started()
  settle(tested, 1)
  tested.coordinator.stop(0, () => {})
  tested.pass(2 * hourMs)
  expect(tested.engine.queueStatus(0).keptCount).toBe(1)
})
