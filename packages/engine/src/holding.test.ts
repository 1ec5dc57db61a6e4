import { expect, test } from 'vitest'
import { failing, healthy, TestEngine } from './testing.ts'

const holding = ({ engine, nowMs }: TestEngine) => engine.queueStatus(nowMs).holding
const polled = (tested: TestEngine, first = healthy) =>
  tested.tell({ kind: 'tick' }).endPoll(first, 0).endPoll(healthy, 1)

test('when no payment waits there is no reason for waiting', () => {
  expect(holding(polled(new TestEngine()))).toBeNull()
})

test('payments held for a cheaper processor: the reason names it, why it is not used, for how long and for how many', () => {
  const tested = polled(
    new TestEngine({ policy: 'patient', auditGuardMs: 1500, parameters: { graceMs: 2000 } }),
    failing,
  )
  tested.accept(1, 2).pass(100)
  expect(holding(tested)).toMatchObject({ reason: 'cheaper', processor: 'default', against: 'down' })
  const { leftMs, heldCountMax } = holding(tested) as { leftMs: number; heldCountMax: number }
  // Ten percent at 15 s each, less the wait so far; at the end payments are few.
  expect(leftMs).toBeLessThanOrEqual(150_000)
  expect(heldCountMax).toBeGreaterThan(2)
})

test('no processor is usable, and a person has paused all', () => {
  const tested = polled(new TestEngine({ auditGuardMs: 1500, policy: 'patient', processorCount: 2 }), failing)
  tested.endPollLater(failing, 1).accept(1)
  expect(holding(tested)).toEqual({
    reason: 'noneUsable',
    processor: 'default',
    against: 'down',
    leftMs: null,
  })
  tested.tell({ kind: 'operate', processors: [0, 1], sending: 'paused' })
  expect(holding(tested)).toEqual({ reason: 'paused' })
})

test('when the policy chooses no processor although one is usable, the reason is the policy', () => {
  const tested = polled(new TestEngine({ policy: 'always-cheapest' }), failing).accept(1, 2)
  tested.pass(10)
  expect(tested.engine.queueStatus(tested.nowMs).processors.map(({ usable }) => usable)).toEqual([
    false,
    true,
  ])
  expect(holding(tested)).toEqual({ reason: 'policy', processor: 'default', against: 'down', leftMs: null })
})

test('the limiter is full, or the pace is used up', () => {
  const full = polled(new TestEngine({ workerCount: 1, processorCount: 2 })).accept(1, 2)
  expect(holding(full)).toEqual({
    reason: 'limiter',
    processor: 'default',
    inFlightCount: 1,
    limitCount: 1,
  })
  const paced = polled(new TestEngine({ workerCount: 100 }))
  paced.accept(...Array.from({ length: 60 }, (_, index) => index + 1))
  expect(holding(paced)).toMatchObject({ reason: 'pace', perSecond: expect.any(Number) })
})

test('payments that are looked up before their first attempt wait for their look-ups alone', () => {
  const tested = new TestEngine({ predecessorMs: 60_000 }).tell({ kind: 'predecessor' }).accept(1, 2)
  expect(holding(tested)).toEqual({ reason: 'lookedUpFirst', count: 2, beginsInMs: 0 })
})
