import { createPolicy, paceDefaults } from '@rinha/routing'
import { expect, test } from 'vitest'
import { failing, healthy, recorded, TestEngine } from './testing.ts'

const lanesOf = (change: { readonly countMax?: number; readonly auditGuardMs?: number } = {}) =>
  ['default', 'fallback'].map((name, index) => ({
    name,
    feeBps: 500 + 1000 * index,
    fastMsMax: 100,
    auditGuardMs: change.auditGuardMs ?? 0,
    circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
    limiter: { countInitial: 1, countMax: change.countMax ?? 200 },
    healthPollMs: 5000,
  }))
const settings = {
  lanes: lanesOf(),
  policy: createPolicy('default-first'),
  pace: { ...paceDefaults, tickMsMax: 0 },
}

test('a new policy sends in the same step the payments that the old one held', () => {
  const tested = new TestEngine({ policy: 'always-cheapest' })
  tested.tell({ kind: 'tick' }).endPoll(failing, 0).endPoll(healthy, 1)
  // The attempt is a canary, and it does not end.
  tested.accept(1).pass(100)
  tested.accept(2)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([0])
  tested.tell({ kind: 'configure', settings })
  expect(tested.sends.map(({ processor }) => processor)).toEqual([0, 1])
})

test('a new limit holds for new attempts, and those under way above it end as usual', () => {
  const tested = new TestEngine({ workerCount: 6 }).accept(1, 2, 3, 4, 5, 6)
  tested.pass(20)
  expect(tested.sends).toHaveLength(6)
  tested.tell({ kind: 'configure', settings: { ...settings, lanes: lanesOf({ countMax: 2 }) } })
  tested.accept(7)
  for (let count = 0; count < 4; count += 1) tested.endAttempt(recorded)
  expect(tested.sends).toHaveLength(2)
  tested.endAttempt(recorded)
  expect(tested.sends).toHaveLength(2)
})

test('a new guard judges by the latencies that are known already', () => {
  const tested = new TestEngine({ policy: 'patient' })
  for (let number = 1; number < 30; number += 1) tested.accept(number).endAttempt(recorded, 800)
  const usable = () => tested.engine.queueStatus(tested.nowMs).processors[0]?.usable
  expect(usable()).toBe(true)
  tested.tell({ kind: 'configure', settings: { ...settings, lanes: lanesOf({ auditGuardMs: 500 }) } })
  expect(usable()).toBe(false)
  tested.tell({ kind: 'configure', settings: { ...settings, lanes: lanesOf({ auditGuardMs: 2000 }) } })
  expect(usable()).toBe(true)
})

test('a configuration that changes the order of fees is refused', () => {
  const tested = new TestEngine()
  const lanes = lanesOf().map(lane => ({ ...lane, feeBps: 2000 - lane.feeBps }))
  expect(() => tested.tell({ kind: 'configure', settings: { ...settings, lanes } })).toThrow(
    'order of their fees',
  )
})
