import { expect, test } from 'vitest'
import { keptMsMin, retiredRowCountMax } from './limits.ts'
import { correlationId, newLedger, recorded, rejected, TestEngine } from './testing.ts'

const hourMs = 3_600_000

/** An engine that has accepted and settled so many payments, and keeps them for an hour. */
function settledEngine(count: number, paymentCountMax = 10_000): TestEngine {
  const tested = new TestEngine({ paymentCountMax, retainMs: hourMs, workerCount: 100 })
  for (let number = 1; number <= count; number += 1) settleOne(tested, number)
  return tested
}

/** The ledger that a follower of such an engine has. */
function settledLedger(count: number) {
  const ledger = newLedger()
  for (const fact of settledEngine(count).facts) ledger.apply(fact)
  return ledger
}

function settleOne(tested: TestEngine, number: number): void {
  tested.accept(number)
  tested.endAttempt(recorded)
}

const states = (tested: TestEngine, ...numbers: readonly number[]) =>
  numbers.map(number => tested.state(number))

test('payments stay for as long as they are to be kept, and leave soon after', () => {
  const tested = settledEngine(3)
  const { nowMs } = tested
  tested.pass(hourMs - 1000).retire()
  expect(states(tested, 1, 2, 3)).toEqual(['settled', 'settled', 'settled'])
  tested.pass(nowMs + hourMs + keptMsMin + 2000 - tested.nowMs).retire()
  expect(states(tested, 1, 2, 3)).toEqual(['absent', 'absent', 'absent'])
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({
    acceptedCount: 3,
    settledCount: 3,
    keptCount: 0,
  })
  expect(tested.engine.summary(null, null)[0]).toMatchObject({ count: 3 })
})

test('what is open, or waits for a person, stays however old it is, and leaves when it has ended and its time is archived', () => {
  const tested = new TestEngine({ retainMs: hourMs, workerCount: 3 }).accept(1, 2, 3)
  tested.endAttempt(recorded)
  tested.endAttempt(rejected)
  tested.pass(2 * hourMs).retire()
  expect(states(tested, 1, 2, 3)).toEqual(['absent', 'rejected', 'inFlight'])
  const { requestedAtMs } = tested.endAttempt(recorded)
  tested.tell({ kind: 'orders', orders: [{ kind: 'discard', correlationId: correlationId(2) }] }).retire()
  expect(states(tested, 1, 2, 3)).toEqual(['absent', 'absent', 'absent'])
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ settledCount: 2, discardedCount: 1 })
  const fromMs = Math.floor(requestedAtMs / 1000) * 1000
  expect(tested.engine.summary(fromMs, fromMs + 999)[0]?.count).toBe(2)
})

test('when room grows short the oldest leave before their time, but none that is younger than a minute', () => {
  const tested = settledEngine(70, 80)
  expect([tested.engine.retention.isRoomShort, tested.engine.roomCount]).toEqual([true, 10])
  settleOne(tested, 71)
  tested.retire()
  expect([tested.engine.roomCount, tested.engine.retention.lastingRoomCount]).toEqual([9, 80])
  tested.pass(keptMsMin + 1000).retire()
  expect(tested.engine.roomCount).toBe(80)
  for (let number = 100; number < 500; number += 1) {
    settleOne(tested, number)
    tested.pass(1000).retire()
    expect(states(tested, Math.max(100, number - 58), number)).toEqual(['settled', 'settled'])
  }
  expect(tested.engine.summary(null, null)[0]?.count).toBe(471)
})

test('a wall clock that is set forward makes no payment older', () => {
  const tested = settledEngine(3)
  tested.wallOffsetMs += 2 * hourMs
  tested.retire()
  expect(states(tested, 1, 2, 3)).toEqual(['settled', 'settled', 'settled'])
  for (let minute = 1; minute < 60; minute += 1) tested.pass(60_000).retire()
  expect(tested.state(1)).toBe('settled')
  tested
    .pass(2 * keptMsMin + 2000)
    .retire()
    .pass(1)
    .retire()
  expect(states(tested, 1, 2, 3)).toEqual(['absent', 'absent', 'absent'])
})

test('nor does it where room is short, however often it is set', () => {
  const tested = settledEngine(70, 80).pass(keptMsMin - 1000)
  for (let step = 0; step < 200; step += 1) {
    tested.wallOffsetMs += 1000 + step
    if (step < 5) settleOne(tested, 1000 + step)
    tested.retire()
    tested.wallOffsetMs -= 1000 + step
    tested.retire()
  }
  expect(states(tested, 1000, 1004)).toEqual(['settled', 'settled'])
  tested.pass(keptMsMin + 10_000).retire()
  expect(tested.engine.roomCount).toBe(80)
})

test('nothing leaves within a minute after a start, so that nodes can say first what they hold', () => {
  const ledger = settledLedger(3)
  const next = new TestEngine({ ledger, retainMs: hourMs, startedAtWallMs: 10 * hourMs + 2e12 })
  next.retire()
  expect(next.state(1)).toBe('settled')
  next.pass(keptMsMin).retire()
  expect(next.state(1)).toBe('absent')
})

test('nothing leaves for room where nothing has ended', () => {
  const tested = new TestEngine({ paymentCountMax: 8, retainMs: hourMs, workerCount: 1 })
  tested.accept(1, 2, 3, 4, 5, 6, 7, 8)
  expect([tested.engine.roomCount, tested.engine.retention.lastingRoomCount]).toEqual([0, 0])
  expect(tested.engine.retention.next(tested.time)).toBeUndefined()
  tested.endAttempt(recorded)
  expect([tested.engine.roomCount, tested.engine.retention.lastingRoomCount]).toEqual([0, 1])
  tested.pass(keptMsMin + 1000).retire()
  expect([tested.engine.roomCount, tested.state(1)]).toEqual([1, 'absent'])
})

test('a step lets no more than a slice leave', () => {
  const tested = settledEngine(2 * retiredRowCountMax + 5)
  tested.pass(2 * hourMs)
  const sizes: number[] = []
  for (;;) {
    const { keptCount } = tested.engine.queueStatus(tested.nowMs)
    const retirement = tested.engine.retention.next(tested.time)
    if (retirement === undefined) break
    tested.tell({ kind: 'retire', retirement })
    sizes.push(keptCount - tested.engine.queueStatus(tested.nowMs).keptCount)
  }
  expect(sizes).toEqual([retiredRowCountMax, retiredRowCountMax, 5])
})

test.each([undefined, 0])('with a retention of %s nothing leaves, even where room is short', retainMs => {
  const tested = new TestEngine({ paymentCountMax: 4, ...(retainMs === 0 && { retainMs }) })
  for (const number of [1, 2, 3, 4]) settleOne(tested, number)
  tested.pass(1000 * hourMs)
  expect(tested.engine.retention.next(tested.time)).toBeUndefined()
  expect(tested.engine.retention.lastingRoomCount).toBe(0)
})

test('an id that comes again after its payment has left is a new payment', () => {
  const tested = settledEngine(1)
  tested.accept(1)
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ acceptedCount: 1, duplicateCount: 1 })
  tested
    .pass(2 * hourMs)
    .retire()
    .accept(1)
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ acceptedCount: 2, duplicateCount: 1 })
})

test('a retirement from before a purge is ignored', () => {
  const tested = settledEngine(5).pass(2 * hourMs)
  const retirement = tested.engine.retention.next(tested.time)
  if (retirement === undefined) throw new Error('there is one')
  tested.tell({ kind: 'purge' }).accept(1).tell({ kind: 'retire', retirement })
  expect(tested.facts.some(({ kind }) => kind === 'retired')).toBe(false)
})

test('F2: money of archived time is exact, also of a second in which fees changed', () => {
  const tested = settledEngine(4)
  const cents = () => tested.engine.queueStatus(tested.nowMs).processors[0]?.feesCents ?? 0
  tested.tell({
    kind: 'price',
    fees: [
      { name: 'default', feeBps: 1000 },
      { name: 'fallback', feeBps: 1500 },
    ],
  })
  settleOne(tested, 5)
  tested.pass(1234)
  for (const number of [11, 12, 13]) settleOne(tested, number)
  const before = cents()
  tested.pass(2 * hourMs).retire()
  expect(tested.engine.queueStatus(tested.nowMs).keptCount).toBe(0)
  expect(cents()).toBe(before)
  expect(before).toBe((5 * 1990 * 500 + 3 * 1990 * 1000) / 10_000)
})
