import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  Bench,
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
  unreachable,
} from './testing.ts'

test('a payment is accepted, sent to the cheapest processor and settled under the requestedAt of its attempt', () => {
  const bench = new Bench().accept(1)
  expect(bench.state(1)).toBe('inFlight')
  const sentAtMs = bench.wallMs
  const send = bench.endAttempt(recorded, 7)
  expect(send).toMatchObject({ processor: 0, amountCents: 1990, requestedAtMs: sentAtMs })
  expect(send.correlationId).toEqual(correlationId(1))
  expect(bench.engine.status(correlationId(1))).toEqual({
    state: 'settled',
    amountCents: 1990,
    processor: 0,
    requestedAtMs: sentAtMs,
  })
  expect(bench.engine.summary(sentAtMs, sentAtMs)).toEqual([
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
  const bench = new Bench().accept(1, 2, 3)
  // The bench recounts the ledger, the queue and what is under way after every event.
  bench.endAttempt(outcome)
  const states = [1, 2, 3].map(number => bench.state(number))
  expect(states.filter(state => state === 'absent')).toEqual([])
  expect(bench.engine.roomCount).toBe(new Bench().engine.roomCount - 3)
})

test('E2: a correlationId that comes again changes nothing, whatever became of the first', () => {
  const bench = new Bench().accept(1, 2, 1)
  bench.endAttempt(recorded)
  bench.endAttempt(rejected)
  bench.accept(1, 2)
  expect(bench.sends).toHaveLength(0)
  expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({
    acceptedCount: 2,
    duplicateCount: 3,
    settledCount: 1,
  })
})

test('no more attempts are under way than there are workers, and the rest waits in order', () => {
  const bench = new Bench({ workerCount: 2 }).accept(1, 2, 3, 4)
  expect(bench.sends).toHaveLength(2)
  expect(bench.engine.queueStatus(bench.nowMs + 30)).toMatchObject({
    queuedCount: 2,
    oldestQueuedAgeMs: 30,
    inFlightCount: 2,
  })
  bench.endAttempt(recorded)
  expect(bench.sends.map(send => send.correlationId[15])).toEqual([2, 3, 4])
})

test('E4: requestedAt is taken at dispatch, not at arrival, and anew after a refusal', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1, 2)
  const first = bench.endAttempt(pushedBack, 40)
  expect(bench.sends[0]).toMatchObject({ processor: 0, requestedAtMs: first.requestedAtMs + 40 })
  bench.endAttempt(recorded, 5)
  expect(bench.sends[0]).toMatchObject({ requestedAtMs: first.requestedAtMs + 45 })
})

test('E7: what was refused goes before what came after it', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1, 2, 3)
  bench.endAttempt(unreachable)
  expect(bench.sends[0]?.correlationId[15]).toBe(1)
})

test('a payment that the processor never read may go elsewhere at once', () => {
  const bench = new Bench({ workerCount: 3 }).accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) bench.endAttempt(unreachable)
  expect(bench.lookUps).toHaveLength(0)
  expect(bench.sends.map(send => send.processor)).toEqual([1, 1, 1])
})

test('E3: a payment refused after it was read is looked up before it goes elsewhere', () => {
  const bench = new Bench({ workerCount: 3 }).accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) bench.endAttempt(answered500)
  expect(bench.sends.filter(send => send.processor === 1)).toHaveLength(0)
  expect(bench.lookUps.map(lookUp => lookUp.processor)).toEqual([0, 0, 0])
  expect(bench.state(1)).toBe('queued')
  bench.endLookUp(absent)
  expect(bench.sends.filter(send => send.processor === 1)).toHaveLength(1)
  const foundAtMs = bench.wallMs - 500
  const settled = bench.endLookUp(found(foundAtMs))
  const number = settled.correlationId[15] ?? 0
  expect(bench.engine.status(correlationId(number))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs: foundAtMs,
  })
})

test('E3: a look-up that gets no answer moves nothing; it is made again, ever more slowly', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1).endPoll(failing, 0)
  bench.endAttempt(answered500)
  const pauses: number[] = []
  for (let attempt = 0; attempt < 7; attempt += 1) {
    bench.endLookUp(noAnswer, 0)
    const fromMs = bench.nowMs
    while (bench.lookUps.length === 0) bench.pass(1)
    pauses.push(bench.nowMs - fromMs)
    expect(bench.sends).toHaveLength(0)
  }
  expect(pauses).toEqual([100, 200, 400, 800, 1000, 1000, 1000])
  bench.endLookUp(absent)
  // It is free now: the canary that is due takes it, and from there, never having been read, it goes on at once.
  expect(bench.endAttempt(unreachable).processor).toBe(0)
  expect(bench.sends).toMatchObject([{ processor: 1 }])
})

test('E4: an attempt whose answer was lost is looked up and repeated at the same processor under the same requestedAt', () => {
  const bench = new Bench().accept(1)
  const first = bench.endAttempt(lost, 3000)
  expect(bench.state(1)).toBe('inFlight')
  expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({
    inFlightCount: 1,
    unknownCount: 1,
    queuedCount: 0,
  })
  bench.pass(100)
  expect(bench.endLookUp(absent)).toMatchObject({ processor: 0 })
  expect(bench.sends).toMatchObject([{ processor: 0, requestedAtMs: first.requestedAtMs }])
  bench.endAttempt(recorded)
  expect(bench.engine.status(correlationId(1))).toMatchObject({
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
  const bench = new Bench().accept(1)
  const first = bench.endAttempt(lost)
  bench.pass(100)
  bench.endLookUp(absent)
  bench.endAttempt(outcome)
  expect(bench.state(1)).toBe('inFlight')
  bench.pass(200)
  bench.endLookUp(found(first.requestedAtMs))
  expect(bench.state(1)).toBe('settled')
})

test('E3: a payment of unknown fate never goes elsewhere, even when its processor is down and another is up', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1)
  bench.endAttempt(lost)
  bench.endPoll(failing, 0)
  for (let round = 0; round < 20; round += 1) {
    bench.pass(2100)
    while (bench.lookUps.length > 0) bench.endLookUp(absent)
    while (bench.sends.length > 0) expect(bench.endAttempt(answered500).processor).toBe(0)
  }
  expect(bench.state(1)).toBe('inFlight')
})

test('E5: a 422 after a lost answer is read back and booked under the processor’s own requestedAt', () => {
  const bench = new Bench().accept(1)
  const first = bench.endAttempt(lost)
  bench.pass(100)
  bench.endLookUp(absent)
  bench.endAttempt(duplicate)
  expect(bench.state(1)).toBe('inFlight')
  bench.endLookUp(found(first.requestedAtMs))
  expect(bench.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    requestedAtMs: first.requestedAtMs,
  })
})

test('E5: a 422 after a 5xx that lied is read back too', () => {
  const bench = new Bench().accept(1)
  const first = bench.endAttempt(answered500, 20)
  const second = bench.endAttempt(duplicate, 20)
  expect(second.requestedAtMs).toBe(first.requestedAtMs + 20)
  bench.endLookUp(found(first.requestedAtMs))
  expect(bench.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    requestedAtMs: first.requestedAtMs,
  })
})

test('an unknown is repeated at a shut lane as soon as a canary may go there, guard or not', () => {
  const bench = new Bench({ processorCount: 1, auditGuardMs: 1500 }).accept(1)
  bench.endAttempt(lost)
  bench.endPoll(failing, 0)
  const openedMs = bench.nowMs
  while (bench.sends.length === 0 && bench.nowMs - openedMs < 10_000) {
    while (bench.lookUps.length > 0) bench.endLookUp(absent)
    bench.pass(5)
  }
  expect(bench.sends[0]?.correlationId[15]).toBe(1)
  expect(bench.nowMs - openedMs).toBeLessThanOrEqual(2500)
})

test('E5: a 422 means recorded, for ever: absences are asked about again at a bounded pace, and nothing is sent', () => {
  const bench = new Bench().accept(1)
  const first = bench.endAttempt(answered500)
  bench.endAttempt(duplicate)
  bench.endPoll(failing, 0)
  let askedCount = 0
  const untilMs = bench.nowMs + 20_000
  while (bench.nowMs < untilMs) {
    bench.pass(50)
    expect(bench.sends).toEqual([])
    while (bench.lookUps.length > 0) {
      expect(bench.endLookUp(absent)).toMatchObject({ processor: 0 })
      askedCount += 1
    }
  }
  expect(askedCount).toBeGreaterThan(10)
  expect(askedCount).toBeLessThanOrEqual(30)
  expect(bench.state(1)).toBe('inFlight')
  bench.pass(1000)
  bench.endLookUp(found(first.requestedAtMs))
  expect(bench.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs: first.requestedAtMs,
  })
})

test('a 422 for an id that was never sent there is a rejection with its reason', () => {
  const bench = new Bench().accept(1)
  bench.endAttempt(duplicate)
  expect(bench.engine.status(correlationId(1))).toEqual({
    state: 'rejected',
    amountCents: 1990,
    reason: 'the processor has this correlationId from an attempt that is not ours',
  })
})

test('a payment found under another amount is not ours: it is rejected, not settled', () => {
  const bench = new Bench().accept(1)
  bench.endAttempt(lost)
  bench.pass(100)
  bench.endLookUp(found(5, 1991))
  expect(bench.engine.status(correlationId(1))).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('another amount'),
  })
  expect(bench.engine.summary(null, null)[0]).toEqual({ count: 0, amountCents: 0 })
})

test('a rejection is kept with its reason and not sent again', () => {
  const bench = new Bench().accept(1)
  bench.endAttempt({ kind: 'rejected', reason: 'x'.repeat(5000) })
  bench.pass(10_000)
  expect(bench.sends).toHaveLength(0)
  expect(bench.engine.status(correlationId(1))).toEqual({
    state: 'rejected',
    amountCents: 1990,
    reason: 'x'.repeat(200),
  })
})

test('E6: an effect that is answered twice is a programmer error', () => {
  const bench = new Bench().accept(1)
  const send = bench.endAttempt(recorded)
  expect(() => bench.answerAgain(send.token, recorded)).toThrow('E6')
})

test('E6: a purge forgets everything, and answers from before it change nothing but give their worker back', () => {
  const bench = new Bench({ workerCount: 2 }).accept(1, 2, 3)
  bench.tell({ kind: 'purge' })
  expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({
    acceptedCount: 0,
    queuedCount: 0,
    inFlightCount: 0,
    settledCount: 0,
  })
  bench.accept(1)
  expect(bench.sends).toHaveLength(2)
  bench.endAttempt(recorded)
  expect(bench.engine.summary(null, null)[0]).toEqual({ count: 0, amountCents: 0 })
  expect(bench.sends).toHaveLength(2)
  bench.endAttempt(lost)
  expect(bench.endAttempt(recorded).correlationId).toEqual(correlationId(1))
  expect(bench.engine.summary(null, null)[0]).toEqual({ count: 1, amountCents: 1990 })
})

test('while the default is down payments go to the fallback, and one canary at a time finds its recovery', () => {
  const bench = new Bench({ workerCount: 6 })
  bench.accept(1, 2, 3).endPoll(failing, 0)
  for (let attempt = 0; attempt < 3; attempt += 1) bench.endAttempt(unreachable)
  expect(bench.sends.map(send => send.processor)).toEqual([1, 1, 1])
  for (let attempt = 0; attempt < 3; attempt += 1) bench.endAttempt(recorded)
  bench.pass(60).accept(4, 5)
  expect(bench.sends.map(send => send.processor)).toEqual([0, 1])
  bench.endAttempt(recorded)
  bench.accept(6)
  expect(bench.sends.at(-1)?.processor).toBe(0)
})

test('with every processor down payments are held, and go out when one is back', () => {
  const bench = new Bench().tell({ kind: 'tick' }).endPoll(failing, 0).endPoll(failing, 1).accept(1, 2, 3)
  // The cheapest is probed at once; the dearer one, which says that it is failing, only once payments have stopped.
  expect(bench.sends).toMatchObject([{ processor: 0 }])
  expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({ queuedCount: 2 })
  bench.endAttempt(answered500)
  while (!bench.sends.some(send => send.processor === 1)) bench.pass(5)
  bench.endAttempt(recorded, 1, 1)
  bench.pass(20)
  while (bench.sends.length + bench.lookUps.length > 0) {
    if (bench.lookUps.length > 0) bench.endLookUp(absent)
    else bench.endAttempt(recorded)
  }
  expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({ queuedCount: 0, settledCount: 3 })
})

test('each processor is polled five seconds after the start, the cheapest first, and after each answer', () => {
  const bench = new Bench()
  expect(bench.polls).toEqual([])
  bench.tell({ kind: 'tick' })
  expect(bench.polls).toEqual([0])
  bench.pass(250)
  expect(bench.polls).toEqual([0, 1])
  bench.endPoll(healthy, 0)
  // The cheapest pauses 50 ms longer than the other.
  bench.pass(5049)
  expect(bench.polls).toEqual([1])
  bench.pass(1)
  expect(bench.polls).toEqual([1, 0])
})

test('it works with one processor and with three', () => {
  for (const processorCount of [1, 3]) {
    const bench = new Bench({ processorCount }).accept(1)
    bench.endAttempt(recorded)
    expect(bench.engine.summary(null, null)).toHaveLength(processorCount)
  }
})

test('room shrinks with every accepted payment and a purge gives it back', () => {
  const bench = new Bench({ paymentCountMax: 3 }).accept(1, 2)
  expect(bench.engine.roomCount).toBe(1)
  bench.tell({ kind: 'purge' })
  expect(bench.engine.roomCount).toBe(3)
})

test('the same id twice in one batch is accepted once, wherever the two stand', () => {
  for (const numbers of [
    [1, 1],
    [1, 2, 1],
    [2, 1, 1, 3, 2],
    [3, 3, 3],
  ]) {
    const bench = new Bench().accept(...numbers)
    const distinctCount = new Set(numbers).size
    expect(bench.engine.queueStatus(bench.nowMs)).toMatchObject({
      acceptedCount: distinctCount,
      duplicateCount: numbers.length - distinctCount,
    })
  }
})
