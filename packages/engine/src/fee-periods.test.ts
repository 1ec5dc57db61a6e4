import { createPolicy, paceDefaults } from '@rinha/routing'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FeePeriods } from './fee-periods.ts'
import { newLedger, recorded, TestEngine } from './testing.ts'

const names = ['default', 'fallback']
const feesOf = (...bps: readonly number[]) =>
  bps.map((feeBps, index) => ({ name: names[index] ?? '', feeBps }))

const settingsOf = (...bps: readonly number[]) => ({
  lanes: feesOf(...bps).map(fee => ({
    ...fee,
    fastMsMax: 100,
    auditGuardMs: 0,
    circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
    limiter: { countInitial: 6, countMax: 200 },
    healthPollMs: 5000,
  })),
  policy: createPolicy('default-first'),
  pace: paceDefaults,
})

const moneyOf = (tested: TestEngine) =>
  tested.engine
    .queueStatus(tested.nowMs)
    .processors.map(({ feesCents, earningsCents, excessFeesCents }) => [
      feesCents,
      earningsCents,
      excessFeesCents,
    ])

function paidOnce(): TestEngine {
  const tested = new TestEngine().accept(1)
  tested.endAttempt(recorded)
  return tested
}

test('payments sent before the second in which a new fee begins keep the old fee, also those under way at the change', () => {
  const tested = paidOnce()
  tested.accept(2)
  const [[feesCents = 0] = []] = moneyOf(tested)
  expect(feesCents).toBeGreaterThan(0)
  tested.pass(50)
  tested.tell({ kind: 'configure', settings: settingsOf(1000, 1500) })
  expect(moneyOf(tested)[0]?.[0]).toBe(feesCents)
  tested.endAttempt(recorded)
  expect(moneyOf(tested)[0]?.[0]).toBe(2 * feesCents)
  tested.pass(1000).accept(3).endAttempt(recorded)
  expect(moneyOf(tested)[0]?.[0]).toBe(4 * feesCents)
})

test('a new fee holds from the second after it is told, before the other settings are in force; an engine that starts has it', () => {
  const tested = paidOnce()
  const [[feesCents = 0] = []] = moneyOf(tested)
  tested.pass(1000)
  tested.tell({ kind: 'price', fees: feesOf(1000, 1500) })
  tested.pass(1000)
  tested.tell({ kind: 'configure', settings: settingsOf(1000, 1500) })
  expect(tested.engine.fees.all).toHaveLength(2)
  tested.accept(2).endAttempt(recorded)
  expect(moneyOf(tested)[0]?.[0]).toBe(3 * feesCents)
  const ledger = newLedger(1000, 2)
  ledger.restore(tested.engine.image())
  const periods = new FeePeriods(tested.engine.fees.all, feesOf(1000, 1500), ledger, tested.wallMs)
  expect(periods.all).toEqual(tested.engine.fees.all)
  expect(periods.money(ledger, names)[0]?.feesCents).toBe(3 * feesCents)
})

test('a purge starts again with the fees in force', () => {
  const tested = paidOnce()
  tested.tell({ kind: 'price', fees: feesOf(1000, 1500) }).tell({ kind: 'purge' })
  expect(tested.engine.fees.all.map(({ feeBps }) => feeBps)).toEqual([{ default: 1000, fallback: 1500 }])
  expect(moneyOf(tested)).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ])
})

test('in a period that does not name a processor, that processor has its first known fee', () => {
  const ledger = newLedger(1000, 2)
  const periods = new FeePeriods([{ fromMs: 5, feeBps: { default: 500 } }], feesOf(500, 1500), ledger, 10)
  expect(periods.all).toHaveLength(2)
  expect(periods.money(ledger, names)).toHaveLength(2)
})

/** F1 holds whatever the wall clock does: a payment has the fee of the time it was sent, and no sum decreases. */
test('F1, F2: each payment has the fee that was in force when it was sent', () => {
  const deed = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'pay' as const }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('fees' as const), bps: fc.integer({ min: 0, max: 1500 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('pass' as const), spanMs: fc.integer({ min: 0, max: 5000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('clock' as const),
        byMs: fc.integer({ min: -9000, max: 9000 }),
      }),
    },
  )
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), deeds => {
      const tested = new TestEngine()
      let [number, expected, shown] = [0, 0, 0]
      for (const each of deeds) {
        if (each.kind === 'pass') tested.pass(each.spanMs)
        else if (each.kind === 'clock') tested.wallOffsetMs += each.byMs
        else if (each.kind === 'fees') tested.tell({ kind: 'price', fees: feesOf(each.bps, 1500) })
        else {
          number += 1
          tested.accept(number)
          const { amountCents, requestedAtMs } = tested.endAttempt(recorded)
          const feePeriods = tested.engine.fees.all
          const inForce = feePeriods.findLast(({ fromMs }) => fromMs <= requestedAtMs) ?? feePeriods[0]
          expected += (amountCents * (inForce?.feeBps.default ?? 0)) / 10_000
        }
        expect(tested.engine.fees.all.every(({ fromMs }) => fromMs % 1000 === 0)).toBe(true)
        const [[feesCents = 0] = []] = moneyOf(tested)
        expect(feesCents).toBeGreaterThanOrEqual(shown)
        shown = feesCents
      }
      expect(shown).toBeCloseTo(expected, 6)
    }),
    { seed: 6, numRuns: 100 },
  )
})
