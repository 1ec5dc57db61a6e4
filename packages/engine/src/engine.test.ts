import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  correlationId,
  duplicate,
  failing,
  found,
  healthy,
  lost,
  noAnswer,
  pushedBack,
  recorded,
  rejected,
  type Send,
  TestEngine,
  unreachable,
} from './testing.ts'

test('a payment is accepted, sent to the cheapest processor and settled under the requestedAt of its attempt', () => {
  const tested = new TestEngine().accept(1)
  expect(tested.state(1)).toBe('inFlight')
  const sentAtMs = tested.wallMs
  const send = tested.endAttempt(recorded, 7)
  expect(send).toMatchObject({ processor: 0, amountCents: 1990, requestedAtMs: sentAtMs })
  expect(send.correlationId).toEqual(correlationId(1))
  expect(tested.engine.status(correlationId(1))).toEqual({
    state: 'settled',
    amountCents: 1990,
    processor: 0,
    requestedAtMs: sentAtMs,
  })
  expect(tested.engine.summary(sentAtMs, sentAtMs)).toEqual([
    { count: 1, amountCents: 1990 },
    { count: 0, amountCents: 0 },
  ])
})

test.each([
  ['recorded', recorded],
  ['a duplicate', duplicate],
  ['pushed back', pushedBack],
  ['refused', answered500],
  ['lost', lost],
  ['rejected', rejected],
])('E1: accepted payments are conserved when an attempt is %s', (_, outcome) => {
  const tested = new TestEngine().accept(1, 2, 3)
  // TestEngine recounts the ledger, the queue and the attempts under way after every event.
  tested.endAttempt(outcome)
  const states = [1, 2, 3].map(number => tested.state(number))
  expect(states.filter(state => state === 'absent')).toEqual([])
  expect(tested.engine.roomCount).toBe(new TestEngine().engine.roomCount - 3)
})

test('E2: a correlationId that comes again changes nothing, whatever the state of its payment', () => {
  const tested = new TestEngine().accept(1, 2, 1)
  tested.endAttempt(recorded)
  tested.endAttempt(rejected)
  tested.accept(1, 2)
  expect(tested.sends).toHaveLength(0)
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({
    acceptedCount: 2,
    duplicateCount: 3,
    settledCount: 1,
  })
})

test('no more attempts are under way than there are workers, and the other payments wait in order', () => {
  const tested = new TestEngine({ workerCount: 2 }).accept(1, 2, 3, 4)
  expect(tested.sends).toHaveLength(2)
  expect(tested.engine.queueStatus(tested.nowMs + 30)).toMatchObject({
    queuedCount: 2,
    oldestQueuedAgeMs: 30,
    inFlightCount: 2,
  })
  tested.endAttempt(recorded)
  expect(tested.sends.map(send => send.correlationId[15])).toEqual([2, 3, 4])
})

test('E4: requestedAt is taken at dispatch, not at arrival, and anew after a refusal', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1, 2)
  const first = tested.endAttempt(pushedBack, 40)
  expect(tested.sends[0]).toMatchObject({ processor: 0, requestedAtMs: first.requestedAtMs + 40 })
  tested.endAttempt(recorded, 5)
  expect(tested.sends[0]).toMatchObject({ requestedAtMs: first.requestedAtMs + 45 })
})

test('E7: a refused payment goes before those that came after it', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1, 2, 3)
  tested.endAttempt(unreachable)
  expect(tested.sends[0]?.correlationId[15]).toBe(1)
})

test('E7: a payment that its processor always refuses does not hold the others up', () => {
  const tested = new TestEngine({ processorCount: 1, workerCount: 1 })
  const poison = (send: Send) => send.correlationId[15] === 1
  tested.accept(1, 2, 3, 4, 5)
  for (let round = 0; round < 50 && tested.engine.queueStatus(tested.nowMs).settledCount < 4; round += 1) {
    const next = tested.sends[0]
    if (next === undefined) tested.pass(50)
    else tested.endAttempt(poison(next) ? answered500 : recorded)
  }
  expect(tested.engine.queueStatus(tested.nowMs).settledCount).toBe(4)
  expect(tested.state(1)).not.toBe('settled')
})

test('a payment that the processor never read may go elsewhere at once', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) tested.endAttempt(unreachable)
  expect(tested.lookUps).toHaveLength(0)
  expect(tested.sends.map(send => send.processor)).toEqual([1, 1, 1])
})

test('E3: a payment refused after it was read is looked up before it goes elsewhere', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) tested.endAttempt(answered500)
  expect(tested.sends.filter(send => send.processor === 1)).toHaveLength(0)
  expect(tested.lookUps.map(lookUp => lookUp.processor)).toEqual([0, 0, 0])
  expect(tested.state(1)).toBe('queued')
  tested.endLookUp(absent)
  expect(tested.sends.filter(send => send.processor === 1)).toHaveLength(1)
  const foundAtMs = tested.attempts[0]?.requestedAtMs ?? 0
  const settled = tested.endLookUp(found(foundAtMs))
  const number = settled.correlationId[15] ?? 0
  expect(tested.engine.status(correlationId(number))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs: foundAtMs,
  })
})

test('E3: a look-up without an answer moves no payment, and is repeated at growing pauses', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1).endPoll(failing, 0)
  tested.endAttempt(answered500)
  const pauses: number[] = []
  for (let attempt = 0; attempt < 7; attempt += 1) {
    tested.endLookUp(noAnswer, 0)
    const fromMs = tested.nowMs
    while (tested.lookUps.length === 0) tested.pass(1)
    pauses.push(tested.nowMs - fromMs)
    expect(tested.sends).toHaveLength(0)
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000, 1000])
  tested.endLookUp(absent)
  // The payment is free now. It goes as the canary that is due, is not read there, and so goes elsewhere at once.
  expect(tested.endAttempt(unreachable).processor).toBe(0)
  expect(tested.sends).toMatchObject([{ processor: 1 }])
})

test('E4: an attempt whose answer was lost is looked up and repeated at the same processor under the same requestedAt', () => {
  const tested = new TestEngine().accept(1)
  const first = tested.endAttempt(lost, 3000)
  expect(tested.state(1)).toBe('inFlight')
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({
    inFlightCount: 1,
    unknownCount: 1,
    queuedCount: 0,
  })
  tested.pass(100)
  expect(tested.endLookUp(absent)).toMatchObject({ processor: 0 })
  expect(tested.sends).toMatchObject([{ processor: 0, requestedAtMs: first.requestedAtMs }])
  tested.endAttempt(recorded)
  expect(tested.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    requestedAtMs: first.requestedAtMs,
  })
})

test.each([
  ['refused after it was read', answered500],
  ['pushed back', pushedBack],
  ['unreachable', unreachable],
  ['rejected', rejected],
  ['lost again', lost],
])('E3: a repeat of a lost attempt that ends %s proves nothing: the payment stays', (_, outcome) => {
  const tested = new TestEngine().accept(1)
  const first = tested.endAttempt(lost)
  tested.pass(100)
  tested.endLookUp(absent)
  tested.endAttempt(outcome)
  expect(tested.state(1)).toBe('inFlight')
  tested.pass(200)
  tested.endLookUp(found(first.requestedAtMs))
  expect(tested.state(1)).toBe('settled')
})

test('E3: a payment whose outcome is unknown never goes elsewhere, even when its processor is down and another is up', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1)
  tested.endAttempt(lost)
  tested.endPoll(failing, 0)
  for (let round = 0; round < 20; round += 1) {
    tested.pass(2100)
    while (tested.lookUps.length > 0) tested.endLookUp(absent)
    while (tested.sends.length > 0) expect(tested.endAttempt(answered500).processor).toBe(0)
  }
  expect(tested.state(1)).toBe('inFlight')
})

test('E5: a 422 after a lost answer is read back and booked under the processor’s own requestedAt', () => {
  const tested = new TestEngine().accept(1)
  const first = tested.endAttempt(lost)
  tested.pass(100)
  tested.endLookUp(absent)
  tested.endAttempt(duplicate)
  expect(tested.state(1)).toBe('inFlight')
  tested.endLookUp(found(first.requestedAtMs))
  expect(tested.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    requestedAtMs: first.requestedAtMs,
  })
})

test('E5: a 422 after a 5xx for a payment that was recorded is read back too', () => {
  const tested = new TestEngine().accept(1)
  const first = tested.endAttempt(answered500, 20)
  const second = tested.endAttempt(duplicate, 20)
  expect(second.requestedAtMs).toBe(first.requestedAtMs + 20)
  tested.endLookUp(found(first.requestedAtMs))
  expect(tested.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    requestedAtMs: first.requestedAtMs,
  })
})

test('an unknown payment is repeated at a lane with an open circuit as soon as a canary may go there, also under a guard', () => {
  const tested = new TestEngine({ processorCount: 1, auditGuardMs: 1500 }).accept(1)
  tested.endAttempt(lost)
  tested.endPoll(failing, 0)
  const openedMs = tested.nowMs
  while (tested.sends.length === 0 && tested.nowMs - openedMs < 10_000) {
    while (tested.lookUps.length > 0) tested.endLookUp(absent)
    tested.pass(5)
  }
  expect(tested.sends[0]?.correlationId[15]).toBe(1)
  expect(tested.nowMs - openedMs).toBeLessThanOrEqual(2500)
})

test('E5: a 422 means recorded for good: after an absence the look-up is repeated at a bounded pace, and nothing is sent', () => {
  const tested = new TestEngine().accept(1)
  const first = tested.endAttempt(answered500)
  tested.endAttempt(duplicate)
  tested.endPoll(failing, 0)
  let askedCount = 0
  const untilMs = tested.nowMs + 20_000
  while (tested.nowMs < untilMs) {
    tested.pass(50)
    expect(tested.sends).toEqual([])
    while (tested.lookUps.length > 0) {
      expect(tested.endLookUp(absent)).toMatchObject({ processor: 0 })
      askedCount += 1
    }
  }
  expect(askedCount).toBeGreaterThan(10)
  expect(askedCount).toBeLessThanOrEqual(30)
  expect(tested.state(1)).toBe('inFlight')
  tested.pass(1000)
  tested.endLookUp(found(first.requestedAtMs))
  expect(tested.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs: first.requestedAtMs,
  })
})

test('a 422 for an id that was never sent there is a rejection with its reason', () => {
  const tested = new TestEngine().accept(1)
  tested.endAttempt(duplicate)
  expect(tested.engine.status(correlationId(1))).toEqual({
    state: 'rejected',
    amountCents: 1990,
    reason: 'the processor has this correlationId from an attempt that is not ours',
  })
})

test('a rejection is kept with its reason and not sent again', () => {
  const tested = new TestEngine().accept(1)
  tested.endAttempt({ kind: 'rejected', reason: 'x'.repeat(5000) })
  tested.pass(10_000)
  expect(tested.sends).toHaveLength(0)
  expect(tested.engine.status(correlationId(1))).toEqual({
    state: 'rejected',
    amountCents: 1990,
    reason: 'x'.repeat(200),
  })
})

test('E6: an effect that is answered twice is a programmer error', () => {
  const tested = new TestEngine().accept(1)
  const send = tested.endAttempt(recorded)
  expect(() => tested.answerAgain(send.token, recorded)).toThrow('E6')
})

test('E6: a purge forgets everything, and an answer from before it only frees its worker', () => {
  const tested = new TestEngine({ workerCount: 2 }).accept(1, 2, 3)
  tested.tell({ kind: 'purge' })
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({
    acceptedCount: 0,
    queuedCount: 0,
    inFlightCount: 0,
    settledCount: 0,
  })
  tested.accept(1)
  expect(tested.sends).toHaveLength(2)
  tested.endAttempt(recorded)
  expect(tested.engine.summary(null, null)[0]).toEqual({ count: 0, amountCents: 0 })
  expect(tested.sends).toHaveLength(2)
  tested.endAttempt(lost)
  expect(tested.endAttempt(recorded).correlationId).toEqual(correlationId(1))
  expect(tested.engine.summary(null, null)[0]).toEqual({ count: 1, amountCents: 1990 })
})

test('while the default is down payments go to the fallback, and one canary at a time finds its recovery', () => {
  const tested = new TestEngine({ workerCount: 6 })
  tested.accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) tested.endAttempt(unreachable)
  expect(tested.sends.map(send => send.processor)).toEqual([1, 1, 1])
  for (let attempt = 0; attempt < 3; attempt += 1) tested.endAttempt(recorded)
  tested.pass(60).accept(4, 5)
  expect(tested.sends.map(send => send.processor)).toEqual([0, 1])
  tested.endAttempt(recorded)
  tested.accept(6)
  expect(tested.sends.at(-1)?.processor).toBe(0)
})

test('with every processor down payments are held, and are sent when one is back', () => {
  const tested = new TestEngine()
    .tell({ kind: 'tick' })
    .endPoll(failing, 0)
    .endPoll(failing, 1)
    .accept(1, 2, 3)
  // The cheapest gets a canary at once. The dearer one says that it fails, so it gets one once payments have stopped.
  expect(tested.sends).toMatchObject([{ processor: 0 }])
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ queuedCount: 2 })
  tested.endAttempt(answered500)
  while (!tested.sends.some(send => send.processor === 1)) tested.pass(5)
  tested.endAttempt(recorded, 1, 1)
  tested.pass(20)
  while (tested.sends.length + tested.lookUps.length > 0) {
    if (tested.lookUps.length > 0) tested.endLookUp(absent)
    else tested.endAttempt(recorded)
  }
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ queuedCount: 0, settledCount: 3 })
})

test('each processor is polled five seconds after the start, the cheapest first, and after each answer', () => {
  const tested = new TestEngine()
  expect(tested.polls).toEqual([])
  tested.tell({ kind: 'tick' })
  expect(tested.polls).toEqual([0])
  tested.pass(250)
  expect(tested.polls).toEqual([0, 1])
  tested.endPoll(healthy, 0)
  // The cheapest pauses 50 ms longer than the other.
  tested.pass(5049)
  expect(tested.polls).toEqual([1])
  tested.pass(1)
  expect(tested.polls).toEqual([1, 0])
})

test('the engine works with one processor and with three', () => {
  for (const processorCount of [1, 3]) {
    const tested = new TestEngine({ processorCount }).accept(1)
    tested.endAttempt(recorded)
    expect(tested.engine.summary(null, null)).toHaveLength(processorCount)
  }
})

test('room shrinks with every accepted payment and a purge gives it back', () => {
  const tested = new TestEngine({ paymentCountMax: 3 }).accept(1, 2)
  expect(tested.engine.roomCount).toBe(1)
  tested.tell({ kind: 'purge' })
  expect(tested.engine.roomCount).toBe(3)
})

test('the same id twice in one batch is accepted once, wherever in the batch the two are', () => {
  for (const numbers of [
    [1, 1],
    [1, 2, 1],
    [2, 1, 1, 3, 2],
    [3, 3, 3],
  ]) {
    const tested = new TestEngine().accept(...numbers)
    const distinctCount = new Set(numbers).size
    expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({
      acceptedCount: distinctCount,
      duplicateCount: numbers.length - distinctCount,
    })
  }
})
