import type { HealthOutcome } from '@rinha/payment'
import { expect, test } from 'vitest'
import { absent, failing, healthy, recorded, TestEngine, unreachable } from './testing.ts'

/** When payments are sent, and where: guard, holding, pace. What becomes of them is in engine.test.ts. */

const slow = (minResponseTimeMs: number): HealthOutcome => ({
  kind: 'answered',
  failing: false,
  minResponseTimeMs,
})

/** Unless a test says otherwise, everything that waits could still be sent: budgets alone decide. */
const roomy = { graceMs: 100_000 }

function started({ parameters, ...options }: ConstructorParameters<typeof TestEngine>[0] = {}): TestEngine {
  const tested = new TestEngine({ policy: 'patient', parameters: { ...roomy, ...parameters }, ...options })
  tested.tell({ kind: 'tick' })
  for (let processor = 0; processor < (options.processorCount ?? 2); processor += 1)
    tested.endPoll(healthy, processor)
  return tested
}

/**
 * Lets `count` payments arrive, one every `everyMs`, numbered from `first`, while the dearer processor answers at once.
 * Answers with the numbers of those that it got.
 */
function arrive(tested: TestEngine, first: number, count: number, everyMs: number): number[] {
  const taken: number[] = []
  for (let number = first; number < first + count; number += 1) {
    tested.pass(everyMs)
    tested.accept(number)
    while (tested.sends.some(send => send.processor === 1)) {
      const { correlationId } = tested.endAttempt(recorded, 0, 1)
      taken.push(new DataView(correlationId.buffer).getUint32(12))
    }
  }
  return taken
}

test('guard: a processor that would answer past the guard gets nothing while another may', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500 }).tell({ kind: 'tick' })
  tested.endPoll(slow(1480), 0).endPoll(slow(1000), 1)
  expect(arrive(tested, 1, 60, 100).length).toBeGreaterThan(0)
  expect(tested.sends).toHaveLength(0)
})

test('guard: with no guard the same processor is simply slow', () => {
  const tested = new TestEngine({ policy: 'patient' }).tell({ kind: 'tick' })
  tested.endPoll(slow(1480), 0).endPoll(slow(1000), 1)
  tested.accept(1)
  expect(tested.sends).toMatchObject([{ processor: 0 }])
})

test('guard: when three in a row take longer than expected nothing more follows them until one ends', () => {
  const tested = started({ auditGuardMs: 1500 })
  for (let number = 1; number <= 3; number += 1) tested.accept(number)
  tested.pass(80)
  tested.accept(4)
  expect(tested.sends).toHaveLength(3)
  tested.endAttempt(recorded, 300)
  expect(tested.sends).toHaveLength(3)
})

test('guard: two that hang are a tail, and everything goes on', () => {
  const tested = started({ auditGuardMs: 1500 }).accept(1, 2)
  tested.pass(80)
  for (let number = 3; number < 30; number += 1) {
    tested.accept(number)
    tested.endAttempt(recorded, 2)
    tested.sends.reverse()
  }
  expect(tested.engine.queueStatus(tested.nowMs).queuedCount).toBe(0)
})

test('guard: a processor with a tail past it is left for another at once, and with no other it is used', () => {
  for (const [processorCount, processor] of [
    [2, 1],
    [1, 0],
  ] as const) {
    const tested = started({ auditGuardMs: 1500, processorCount })
    for (let number = 1; number < 50; number += 1) tested.accept(number).endAttempt(recorded, 2)
    tested.accept(50).endAttempt(recorded, 1700)
    tested.accept(51)
    expect(tested.sends).toMatchObject([{ processor }])
  }
})

test('guard: a lane that stalls is probed soon, and a probe that ends in time is its end', () => {
  const tested = started({ auditGuardMs: 1500, processorCount: 1 })
  for (let number = 100; number < 150; number += 1) tested.accept(number).endAttempt(recorded, 2)
  tested.accept(1, 2, 3).pass(80)
  const acceptEach100Ms = (first: number, count: number) => {
    for (let number = first; number < first + count; number += 1) tested.accept(number).pass(100)
  }
  acceptEach100Ms(4, 3)
  expect(tested.sends).toHaveLength(3)
  tested.accept(40)
  for (let elapsedMs = 0; elapsedMs < 300 && tested.sends.length === 3; elapsedMs += 5) tested.pass(5)
  expect(tested.sends).toHaveLength(4)
  tested.sends.reverse()
  tested.endAttempt(recorded)
  expect(tested.sends.length).toBeGreaterThan(5)
})

test('guard: a canary would be a risk to the books, so a health endpoint that answers is believed instead', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500, parameters: roomy }).tell({
    kind: 'tick',
  })
  tested.endPoll(failing, 0).endPoll(failing, 1)
  tested.accept(1)
  passFailing(tested, 15_000)
  expect(tested.sends).toHaveLength(0)
  tested.endPollLater(healthy, 0)
  expect(tested.sends.map(({ processor }) => processor)).toContain(0)
})

test('guard: but at the end, when what waits may never be recorded, one goes out where the level is under it', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500, parameters: roomy }).tell({
    kind: 'tick',
  })
  tested.endPoll(failing, 0).endPoll({ kind: 'answered', failing: true, minResponseTimeMs: 2000 }, 1)
  tested.accept(1, 2)
  tested.pass(6000)
  expect(tested.sends).toMatchObject([{ processor: 0 }])
})

test('guard: a processor whose health endpoint does not answer is probed all the same', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500, parameters: roomy }).tell({
    kind: 'tick',
  })
  tested.endPoll(failing, 0).endPoll(failing, 1)
  tested.accept(1)
  tested.endPollLater({ kind: 'unknown', reason: 'ECONNREFUSED' }, 0)
  tested.pass(1000)
  expect(tested.sends).toMatchObject([{ processor: 0 }])
})

test('holding: while the cheap processor is down payments wait for it, as long as their budget lasts', () => {
  // 10 % between the fees at 1 s for each percent: ten seconds.
  const tested = started({ parameters: { outageMsPerPercent: 1000 } })
  tested.endPollLater(failing, 0)
  expect(arrive(tested, 1, 60, 100)).toEqual([])
  expect(tested.sends.map(send => send.processor)).toEqual([0])
  // The first went as a canary and hangs. The others go in the order they came, as each has waited ten seconds.
  expect(arrive(tested, 61, 60, 100)).toEqual(Array.from({ length: 19 }, (_, index) => index + 2))
  expect(tested.engine.queueStatus(tested.nowMs).oldestQueuedAgeMs).toBeLessThanOrEqual(10_000)
})

test('holding: when payments stop coming, nothing waits any more', () => {
  const tested = started({ parameters: { outageMsPerPercent: 100_000 }, workerCount: 50 })
  tested.endPollLater(failing, 0)
  expect(arrive(tested, 1, 40, 20)).toEqual([])
  tested.pass(1000)
  // One is the canary that the cheap processor has not answered.
  expect(tested.sends.filter(send => send.processor === 1)).toHaveLength(39)
})

test('holding: a backlog past its bound flows to the next processor, oldest first', () => {
  // Nothing could still be sent at the end: a handful may wait, and a quarter of what was accepted.
  const parameters = { outageMsPerPercent: 100_000, graceMs: 0, outageRiskPercent: 25 }
  const tested = started({ parameters, workerCount: 50 })
  for (let number = 1; number <= 40; number += 1) tested.accept(number).endAttempt(recorded, 5)
  tested.endPollLater(failing, 0)
  const taken = arrive(tested, 41, 40, 20)
  // Number 41 is the canary.
  expect(taken).toEqual(taken.map((_, index) => 42 + index))
  expect(taken).toHaveLength(9)
  expect(tested.engine.queueStatus(tested.nowMs).queuedCount).toBe(30)
})

test('pace: a backlog is not sent all at once when its processor recovers', () => {
  const tested = started({
    workerCount: 100,
    paymentCountMax: 2000,
    parameters: { outageMsPerPercent: 100_000 },
  })
  tested.endPollLater(failing, 0)
  arrive(tested, 1, 110, 50)
  tested.endPoll(healthy, 0)
  const burst = tested.sends.length
  expect(burst).toBeGreaterThan(0)
  expect(burst).toBeLessThan(40)
  for (let elapsedMs = 0; elapsedMs < 1000; elapsedMs += 5) {
    tested.pass(5)
    while (tested.sends.length > 0) tested.endAttempt(recorded, 0)
    while (tested.lookUps.length > 0) tested.endLookUp(absent, 0)
  }
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ queuedCount: 0, settledCount: 110 })
})

/** Every processor says that it fails, for ever. Unless nobody pays, one payment comes every 100 ms. */
function passFailing(tested: TestEngine, ms: number, pays = true): void {
  for (const untilMs = tested.nowMs + ms; tested.nowMs < untilMs; ) {
    tested.tell({ kind: 'tick' }, Math.min(50, untilMs - tested.nowMs))
    if (pays && Math.floor(tested.nowMs) % 100 < 50) tested.accept(Math.floor(tested.nowMs / 100))
    for (const processor of [0, 1]) if (tested.polls.includes(processor)) tested.endPoll(failing, processor)
  }
}

test.each(['patient', 'default-first', 'cheapest-working'] as const)(
  'last resort: health that is stuck at failing stops %s for a minute, and not for ever',
  policy => {
    const tested = new TestEngine({ policy, auditGuardMs: 1500 })
    tested.endPoll(failing, 0).endPoll(failing, 1)
    for (let number = 1; number <= 5; number += 1) tested.accept(number)
    passFailing(tested, 59_900)
    expect(tested.sends).toEqual([])
    passFailing(tested, 200)
    // One canary to each processor, and nothing else.
    expect(tested.sends.map(({ processor }) => processor).sort()).toEqual([0, 1])
    passFailing(tested, 5000)
    expect(tested.sends).toHaveLength(2)
    // The default records one after all: everything flows there, whatever its health goes on to say.
    tested.endAttempt(recorded, 1, 0)
    passFailing(tested, 12_000)
    expect(tested.sends.filter(({ processor }) => processor === 0).length).toBeGreaterThan(3)
  },
)

test('last resort: canaries that fail go on at the longest pause of the circuit', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500 })
  tested.endPoll(failing, 0).endPoll(failing, 1).accept(1, 2, 3)
  passFailing(tested, 70_000)
  let count = 0
  for (const untilMs = tested.nowMs + 10_000; tested.nowMs < untilMs; ) {
    while (tested.sends.length > 0 && tested.endAttempt(unreachable)) count += 1
    passFailing(tested, 10)
  }
  expect(count).toBeGreaterThan(15)
  expect(count).toBeLessThan(30)
})

test('last resort: no canary goes out while anything is recorded anywhere, or nothing waits for long', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500 })
  tested.endPoll(failing, 0).endPoll(failing, 1)
  passFailing(tested, 120_000, false)
  tested.accept(1)
  passFailing(tested, 50_000)
  expect(tested.sends).toEqual([])
})
