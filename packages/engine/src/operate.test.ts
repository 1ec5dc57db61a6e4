import type { Sending } from '@rinha/routing'
import { describe, expect, test } from 'vitest'
import { absent, failing, healthy, lost, recorded, TestEngine, unreachable } from './testing.ts'

/** A person decides whether payments may be sent to a processor. */

const operate = (tested: TestEngine, sending: Sending, ...processors: number[]) =>
  tested.tell({ kind: 'operate', processors, sending })
const sentTo = ({ sends }: TestEngine) => sends.map(({ processor }) => processor)

describe.each(['paused', 'draining'] as const)('while a processor is %s', sending => {
  test.each(['patient', 'default-first', 'cheapest-working', 'always-cheapest'] as const)(
    '%s sends what waits for it, and what comes, to the next one',
    policy => {
      const tested = new TestEngine({ policy })
      operate(tested, sending, 0).accept(1, 2)
      expect(sentTo(tested)).toEqual([1, 1])
    },
  )

  test('payments that waited for it because it is down go to the other one, and it gets no canary', () => {
    const tested = new TestEngine({ policy: 'patient', parameters: { graceMs: 100_000 } })
    tested.tell({ kind: 'tick' }).endPoll(failing, 0).endPoll(healthy, 1)
    tested.accept(1).pass(1)
    expect(sentTo(tested)).toEqual([0])
    tested.endAttempt(unreachable)
    expect(sentTo(tested)).toEqual([])
    operate(tested, sending, 0)
    expect(sentTo(tested)).toEqual([1])
    tested.pass(2000)
    expect(sentTo(tested)).toEqual([1])
  })

  test('it gets no canary as a last resort', () => {
    const tested = new TestEngine({ processorCount: 1 })
    tested.tell({ kind: 'tick' }).endPoll(failing, 0)
    operate(tested, sending, 0).accept(1).pass(70_000)
    expect(tested.attempts).toHaveLength(0)
  })

  test('its health is polled', () => {
    const tested = new TestEngine()
    operate(tested, sending, 0).endPoll(healthy, 0).tell({ kind: 'tick' }, 5100)
    expect(tested.polls).toContain(0)
  })

  test('a payment that it has refused goes elsewhere after a look-up there', () => {
    const tested = new TestEngine()
    tested.accept(1)
    operate(tested, sending, 0)
    tested.endAttempt({ kind: 'refused', sent: true, pushedBack: false, reason: '500' })
    expect(tested.lookUps).toMatchObject([{ processor: 0 }])
    tested.endLookUp(absent)
    expect(sentTo(tested)).toEqual([1])
  })
})

test('a lost answer is looked up at a paused processor, and repeated when it is resumed', () => {
  const tested = new TestEngine()
  const { requestedAtMs } = tested.accept(1).sends[0] ?? {}
  operate(tested, 'paused', 0).endAttempt(lost)
  for (let count = 0; count < 5; count += 1) {
    tested.endLookUp(absent)
    tested.pass(1100)
    expect(tested.sends).toEqual([])
  }
  operate(tested, 'on', 0)
  tested.endLookUp(absent)
  expect(tested.sends).toMatchObject([{ processor: 0, requestedAtMs }])
})

test('a lost answer is repeated at a processor that drains, as its canary where it is down', () => {
  const tested = new TestEngine().accept(1)
  operate(tested, 'draining', 0).endAttempt(lost)
  expect(tested.engine.queueStatus(tested.nowMs).processors).toMatchObject([
    { draining: true, paused: false, usable: false, unknownCount: 1 },
    { draining: false, paused: false, usable: true, unknownCount: 0 },
  ])
  tested.endLookUp(absent)
  expect(sentTo(tested)).toEqual([0])
  tested.endPoll(failing, 0).endAttempt(lost)
  tested.pass(300)
  tested.endLookUp(absent)
  expect(sentTo(tested)).toEqual([0])
})

describe('while all are paused', () => {
  test('payments are accepted and wait, without a tick; the first one resumed gets them in the same step', () => {
    const tested = new TestEngine()
    operate(tested, 'paused', 0, 1).accept(1, 2)
    expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ queuedCount: 2, inFlightCount: 0 })
    expect(tested.engine.wakeAtMs).toBeGreaterThan(tested.nowMs + 50)
    operate(tested, 'on', 1)
    expect(sentTo(tested)).toEqual([1, 1])
  })

  test('when all are paused in one step, no payment goes to the one that is paused last', () => {
    const tested = new TestEngine({ workerCount: 1 }).accept(1)
    tested.accept(2)
    operate(tested, 'paused', 0, 1)
    expect(sentTo(tested)).toEqual([0])
  })

  test('a purge resumes nothing', () => {
    const tested = new TestEngine()
    operate(tested, 'paused', 0, 1).tell({ kind: 'purge' }).accept(1).pass(1000)
    expect(tested.sends).toEqual([])
  })

  test('the time of the pause does not count as the wait before a last resort', () => {
    const tested = new TestEngine({ processorCount: 1, auditGuardMs: 1500, policy: 'patient' })
    tested.tell({ kind: 'tick' }).endPoll(failing, 0)
    operate(tested, 'paused', 0)
    let number = 0
    const acceptFor = (seconds: number) => {
      for (let count = 0; count < seconds; count += 1) {
        number += 1
        tested.accept(number).tell({ kind: 'tick' }, 1000)
      }
    }
    acceptFor(70)
    operate(tested, 'on', 0)
    acceptFor(50)
    expect(tested.attempts).toEqual([])
    acceptFor(20)
    expect(tested.attempts.length).toBeGreaterThan(0)
  })
})

test('a resumed processor is as it was before: its limit, its circuit, its latency', () => {
  const tested = new TestEngine({ processorCount: 1 })
  for (let number = 1; number < 100; number += 1) tested.accept(number).endAttempt(recorded, 5)
  const before = tested.engine.queueStatus(tested.nowMs).processors
  tested.accept(100, 101, 102)
  operate(tested, 'paused', 0)
  const unsent = { kind: 'refused', sent: false, pushedBack: true, withdrawn: true, reason: '' } as const
  for (let count = 0; count < 3; count += 1) tested.endAttempt(unsent, 0)
  tested.pass(20_000)
  const { queuedCount, processors } = tested.engine.queueStatus(tested.nowMs)
  expect(queuedCount).toBe(3)
  operate(tested, 'on', 0)
  const known = ({ circuit, limitCount, predictedMs }: (typeof before)[number]) => [
    circuit,
    limitCount,
    predictedMs,
  ]
  expect(processors.map(known)).toEqual(before.map(known))
  expect(tested.sends).toHaveLength(3)
})
