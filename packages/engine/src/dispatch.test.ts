import type { HealthOutcome } from '@rinha/payment'
import { expect, test } from 'vitest'
import { absent, failing, healthy, recorded, TestEngine, unreachable } from './testing.ts'

/** When and where payments are sent: guard, holding, pace. engine.test.ts tests what happens after that. */

const slow = (minResponseTimeMs: number): HealthOutcome => ({
  kind: 'answered',
  failing: false,
  minResponseTimeMs,
})

/** Unless a test says otherwise, every waiting payment could still be sent at the end, so budgets alone decide. */
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
 * Returns the numbers of the payments that the dearer processor got.
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

test('guard: when three attempts in a row take longer than expected, no further one is sent until one ends', () => {
  const tested = started({ auditGuardMs: 1500 })
  for (let number = 1; number <= 3; number += 1) tested.accept(number)
  tested.pass(80)
  tested.accept(4)
  expect(tested.sends).toHaveLength(3)
  tested.endAttempt(recorded, 300)
  expect(tested.sends).toHaveLength(3)
})

test('guard: two attempts that hang are a tail, and all other payments go on', () => {
  const tested = started({ auditGuardMs: 1500 }).accept(1, 2)
  tested.pass(80)
  for (let number = 3; number < 30; number += 1) {
    tested.accept(number)
    tested.endAttempt(recorded, 2)
    tested.sends.reverse()
  }
  expect(tested.engine.queueStatus(tested.nowMs).queuedCount).toBe(0)
})

test('guard: a processor with a tail past the guard is left for another at once, and used if there is no other', () => {
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

test('guard: a lane that stalls is probed soon, and a probe that ends in time ends the stall', () => {
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

test('guard: a canary would put the books at risk, so the engine believes the health endpoint while that answers', () => {
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

test('guard: at the end, when waiting payments may never be recorded, a canary goes where the level is under the guard', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500, parameters: roomy }).tell({
    kind: 'tick',
  })
  tested.endPoll(failing, 0).endPoll({ kind: 'answered', failing: true, minResponseTimeMs: 2000 }, 1)
  tested.accept(1, 2)
  tested.pass(6000)
  expect(tested.sends).toMatchObject([{ processor: 0 }])
})

test('guard: a processor whose health endpoint does not answer gets a canary', () => {
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
  // The fees differ by 10 %, and each percent is worth a wait of 1 s: ten seconds.
  const tested = started({ parameters: { outageMsPerPercent: 1000 } })
  tested.endPollLater(failing, 0)
  expect(arrive(tested, 1, 60, 100)).toEqual([])
  expect(tested.sends.map(send => send.processor)).toEqual([0])
  // The first went as a canary and hangs. The others go in the order they came, each after a wait of ten seconds.
  expect(arrive(tested, 61, 60, 100)).toEqual(Array.from({ length: 19 }, (_, index) => index + 2))
  expect(tested.engine.queueStatus(tested.nowMs).oldestQueuedAgeMs).toBeLessThanOrEqual(10_000)
})

test('holding: when payments stop coming, no payment is held any more', () => {
  const tested = started({ parameters: { outageMsPerPercent: 100_000 }, workerCount: 50 })
  tested.endPollLater(failing, 0)
  expect(arrive(tested, 1, 40, 20)).toEqual([])
  tested.pass(1000)
  // One payment is the canary that the cheap processor has not answered.
  expect(tested.sends.filter(send => send.processor === 1)).toHaveLength(39)
})

test('holding: a backlog past its bound flows to the next processor, oldest first', () => {
  // No payment could still be sent at the end. So a handful may wait, and a quarter of the accepted ones.
  const parameters = { outageMsPerPercent: 100_000, graceMs: 0, outageRiskPercent: 25 }
  const tested = started({ parameters, workerCount: 50 })
  for (let number = 1; number <= 40; number += 1) tested.accept(number).endAttempt(recorded, 5)
  tested.endPollLater(failing, 0)
  const taken = arrive(tested, 41, 40, 20)
  // Payment 41 is the canary.
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

/** Every processor keeps saying that it fails. One payment comes every 100 ms, unless `pays` is false. */
function passFailing(tested: TestEngine, ms: number, pays = true): void {
  for (const untilMs = tested.nowMs + ms; tested.nowMs < untilMs; ) {
    tested.tell({ kind: 'tick' }, Math.min(50, untilMs - tested.nowMs))
    if (pays && Math.floor(tested.nowMs) % 100 < 50) tested.accept(Math.floor(tested.nowMs / 100))
    for (const processor of [0, 1]) if (tested.polls.includes(processor)) tested.endPoll(failing, processor)
  }
}

test.each(['patient', 'default-first', 'cheapest-working'] as const)(
  'last resort: health endpoints that are stuck at failing stop %s for a minute and no longer',
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
    // The default processor records a canary. So all payments flow there, although its health still says failing.
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

test('last resort: time without payments does not count, and no canary goes out before payments have waited for a minute', () => {
  const tested = new TestEngine({ policy: 'patient', auditGuardMs: 1500 })
  tested.endPoll(failing, 0).endPoll(failing, 1)
  passFailing(tested, 120_000, false)
  tested.accept(1)
  passFailing(tested, 50_000)
  expect(tested.sends).toEqual([])
})
