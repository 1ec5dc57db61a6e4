import { printCorrelationId } from '@rinha/payment'
import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  correlationId,
  duplicate,
  found,
  lost,
  noAnswer,
  recorded,
  rejected,
  type Send,
  TestEngine,
} from './testing.ts'

const idOf = (number: number) => printCorrelationId(correlationId(number))
const seen = (tested: TestEngine) => tested.engine.attention(tested.nowMs)

/** Answers every look-up with `outcome` for a while. */
function passLookingUp(tested: TestEngine, outcome: typeof absent, ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 100) {
    tested.pass(100)
    while (tested.lookUps.length > 0) tested.endLookUp(outcome)
  }
}

test('while payments flow, are looked up or repeated, a person has nothing to do', () => {
  const tested = new TestEngine().accept(1, 2, 3)
  tested.endAttempt(lost)
  tested.endAttempt(recorded)
  passLookingUp(tested, noAnswer, 5000)
  expect(seen(tested)).toEqual({ attentionCount: 0, attention: [], rejected: [] })
})

test('a payment whose repeat is rejected, and which is not found, is for a person at once', () => {
  const tested = new TestEngine().accept(1)
  const { requestedAtMs } = tested.endAttempt(lost)
  const sinceMs = tested.nowMs
  tested.pass(100).endLookUp(absent)
  tested.endAttempt(rejected)
  expect(seen(tested)).toEqual({
    attentionCount: 1,
    attention: [
      {
        correlationId: idOf(1),
        state: 'inFlight',
        processor: 'default',
        reason: 'a repeat is rejected: the processor answered 400',
        ageMs: tested.nowMs - sinceMs,
      },
    ],
    rejected: [],
  })
  // A later look-up that tells less does not hide this reason. A record ends it.
  tested.pass(300).endLookUp(noAnswer)
  expect(seen(tested).attention[0]?.reason).toMatch('a repeat is rejected')
  tested.pass(1000).endLookUp(found(requestedAtMs))
  expect(seen(tested).attentionCount).toBe(0)
})

test.each([
  ['in doubt, and its look-up gets no answer', [lost], noAnswer, 'inFlight', 'look-up: timeout'],
  [
    'said to be there and not found',
    [answered500, duplicate],
    absent,
    'inFlight',
    'it says that it has the payment',
  ],
  [
    'refused, and its look-up gets no answer',
    [answered500, answered500, answered500],
    noAnswer,
    'queued',
    'look-up: timeout',
  ],
] as const)('a payment that is %s is for a person after a minute', (_, outcomes, lookUp, state, reason) => {
  const tested = new TestEngine().accept(1)
  for (const each of outcomes) tested.endAttempt(each)
  passLookingUp(tested, lookUp, 59_000)
  expect(seen(tested).attentionCount).toBe(0)
  passLookingUp(tested, lookUp, 3000)
  expect(seen(tested).attention).toMatchObject([{ correlationId: idOf(1), state }])
  expect(seen(tested).attention[0]?.reason).toMatch(reason)
})

test('a payment that is refused each time while others are recorded is for a person after a minute', () => {
  const tested = new TestEngine({ processorCount: 1, workerCount: 2 }).accept(1)
  for (let second = 2; second < 60; second += 1) {
    expect(seen(tested).attentionCount).toBe(0)
    const isSick = ({ correlationId }: Send) => idOf(1) === printCorrelationId(correlationId)
    const sickFirst = (sign: 1 | -1) =>
      tested.sends.sort((one, other) => sign * (Number(isSick(other)) - Number(isSick(one))))
    sickFirst(1)
    expect(isSick(tested.endAttempt(answered500))).toBe(true)
    for (let number = 0; number < 6; number += 1) {
      tested.accept(1000 * second + number)
      sickFirst(-1)
      expect(isSick(tested.endAttempt(recorded))).toBe(false)
    }
    tested.pass(1000)
  }
  tested.pass(3000)
  expect(seen(tested).attention).toMatchObject([{ correlationId: idOf(1), state: 'inFlight' }])
  // Failures in a row open the circuit now, and the payment waits for it.
  while (tested.sends.length > 0) tested.endAttempt(answered500)
  expect(tested.state(1)).toBe('queued')
  expect(seen(tested).attention).toMatchObject([{ correlationId: idOf(1), state: 'queued' }])
  // As the next canary the payment is refused once more, and goes behind the payments that have come since.
  tested.accept(101, 102)
  while (tested.sends.length === 0) tested.pass(10)
  tested.endAttempt(answered500)
  expect(tested.engine.queueStatus(tested.nowMs).queuedCount).toBe(3)
  expect(seen(tested).attention).toMatchObject([{ correlationId: idOf(1), state: 'queued' }])
})

test('after an outage no payment that was refused in it is for a person while the backlog drains', () => {
  const tested = new TestEngine({ processorCount: 1, workerCount: 2 }).accept(1, 2, 3)
  while (tested.sends.length > 0) tested.endAttempt(recorded)
  tested.accept(4, 5, 6, 7)
  // Each payment is refused again and again, for longer than a minute.
  for (let ms = 0; ms < 70_000; ms += 1000) {
    tested.pass(1000)
    while (tested.sends.length > 0) tested.endAttempt(answered500)
  }
  expect(seen(tested).attentionCount).toBe(0)
  // The processor is back: it records the first canary.
  while (tested.sends.length === 0) tested.pass(10)
  tested.endAttempt(recorded)
  expect(seen(tested).attentionCount).toBe(0)
  tested.pass(10)
  expect(seen(tested).attentionCount).toBe(0)
  // The processor still refuses one of these payments, and records every new one.
  const last = printCorrelationId(tested.sends[0]?.correlationId ?? new Uint8Array(16))
  const isLast = ({ correlationId }: Send) => printCorrelationId(correlationId) === last
  for (let second = 0; second < 58; second += 1) {
    tested.accept(1000 + second)
    while (tested.sends.some(each => !isLast(each))) {
      tested.sends.sort((one, other) => Number(isLast(one)) - Number(isLast(other)))
      tested.endAttempt(recorded)
    }
    while (tested.sends.some(isLast)) tested.endAttempt(answered500)
    tested.pass(1000)
    expect(seen(tested).attentionCount).toBe(0)
  }
  for (let second = 0; second < 5; second += 1) {
    tested.accept(2000 + second)
    while (tested.sends.some(each => !isLast(each))) {
      tested.sends.sort((one, other) => Number(isLast(one)) - Number(isLast(other)))
      tested.endAttempt(recorded)
    }
    tested.pass(1000)
  }
  expect(seen(tested)).toMatchObject({ attentionCount: 1, attention: [{ correlationId: last }] })
})

test('rejected payments are listed apart, with ids and reasons, up to a limit', () => {
  const tested = new TestEngine()
  for (let number = 0; number < 120; number += 1) tested.accept(number).endAttempt(rejected)
  const { rejected: listed, attentionCount } = seen(tested)
  expect([listed.length, attentionCount]).toEqual([100, 0])
  expect(listed[3]).toEqual({ correlationId: idOf(3), reason: 'the processor answered 400' })
})

test('each page of the attention list goes on where the last one ended, although payments leave it, and a purge makes cursors stale', () => {
  const tested = new TestEngine().accept(1, 2, 3, 4, 5, 6, 7)
  // The answer to each first attempt is lost, and each repeat is rejected.
  const repeated = new Set<string>()
  while (seen(tested).attentionCount < 7) {
    tested.pass(100)
    while (tested.lookUps.length > 0) tested.endLookUp(absent)
    for (let [send] = tested.sends; send !== undefined; [send] = tested.sends) {
      const id = printCorrelationId(send.correlationId)
      tested.endAttempt(repeated.has(id) ? rejected : lost)
      repeated.add(id)
    }
  }
  const page = (cursor?: string | null) => {
    const read = tested.engine.attentionPage(tested.nowMs, { cursor: cursor ?? undefined, limitCount: 3 })
    if (!read.ok) throw new Error(read.error)
    const { attentionCount, attention, nextCursor } = read.value
    return { attentionCount, ids: attention.map(({ correlationId }) => correlationId), nextCursor }
  }
  const first = page()
  expect([first.attentionCount, first.ids]).toEqual([7, [1, 2, 3].map(idOf)])
  const settle = (number: number) => {
    const order = { kind: 'resolve', correlationId: correlationId(number), ending: 'recorded' } as const
    tested.tell({ kind: 'orders', orders: [order] })
  }
  // The cursor names payment 3, which is among them.
  for (const number of [1, 3, 5]) settle(number)
  const second = page(first.nextCursor)
  expect([second.attentionCount, second.ids, second.nextCursor]).toEqual([4, [4, 6, 7].map(idOf), null])
  tested.tell({ kind: 'purge' })
  expect(
    tested.engine.attentionPage(tested.nowMs, { cursor: first.nextCursor ?? '', limitCount: 3 }),
  ).toEqual({
    ok: false,
    error: 'stale',
  })
})
