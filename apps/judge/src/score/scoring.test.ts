import { expect, test } from 'vitest'
import { officialSchedules } from './official-schedules.ts'
import { bonusPercentOf, type Counts, inconsistenciesOf, roundedTo2, scoreOf } from './scoring.ts'

const { preview, final } = officialSchedules

function counts(
  onDefault: number,
  onFallback: number,
  amountCents: number,
  rest: Partial<Counts> = {},
): Counts {
  return {
    acceptedCount: onDefault + onFallback,
    failedCount: 0,
    totals: {
      default: { count: onDefault, amountCents: onDefault * amountCents },
      fallback: { count: onFallback, amountCents: onFallback * amountCents },
    },
    p99Ms: 11,
    inconsistencyCount: 0,
    ...rest,
  }
}

/** Published results of real runs. */
test("the final's winner: 1,666,561 net, 17 % bonus, 1,949,876", () => {
  const score = scoreOf(counts(52_945, 37_646, 2005, { p99Ms: 2.55 }), final)
  expect(score.net).toBeCloseTo(1_666_561.0125, 6)
  expect(score.bonusPercent).toBe(17)
  expect(score.score).toBeCloseTo(1_949_876.384625, 6)
  expect(score).toMatchObject({ lagCount: 0, disqualified: false, fine: 0, finePercent: 0 })
})

test('the best net of the final: 1,668,328 before a 15 % bonus', () => {
  const score = scoreOf(counts(56_062, 34_523, 2005, { p99Ms: 3.46 }), final)
  expect(Math.round(score.net)).toBe(1_668_328)
  expect(score.bonusPercent).toBe(15)
})

test('a preview with every payment on the default: 333,364.80 gross, 5 % fees, 14 % bonus', () => {
  const score = scoreOf(counts(16_752, 0, 1990, { p99Ms: 3.97 }), preview)
  expect(score).toMatchObject({ gross: 333_364.8, fees: 16_668.24, net: 316_696.56, bonusPercent: 14 })
  expect(score.score).toBeCloseTo(361_034.0784, 6)
})

test('everything on the default in the final nets 1,689,205', () => {
  expect(Math.round(scoreOf(counts(90_591, 0, 2005), final).net)).toBe(1_689_205)
})

test('any inconsistency costs 35 % of the net, once, and the bonus stays', () => {
  const one = scoreOf(counts(100, 0, 2000, { p99Ms: 1, inconsistencyCount: 1 }), final)
  expect(one).toMatchObject({ net: 1860, bonus: 372, fine: 651, finePercent: 35, score: 1581 })
  expect(scoreOf(counts(100, 0, 2000, { p99Ms: 1, inconsistencyCount: 900 }), final).score).toBe(1581)
})

test('lag is what was accepted and not counted, and below zero it disqualifies', () => {
  expect(scoreOf(counts(5, 5, 100, { acceptedCount: 12 }), final)).toMatchObject({
    lagCount: 2,
    disqualified: false,
  })
  expect(scoreOf(counts(5, 5, 100, { acceptedCount: 10 }), final)).toMatchObject({
    lagCount: 0,
    disqualified: false,
  })
  expect(scoreOf(counts(5, 5, 100, { acceptedCount: 9 }), final)).toMatchObject({
    lagCount: -1,
    disqualified: true,
  })
})

test('fractions of a cent are neither lost nor rounded', () => {
  const score = scoreOf(counts(1, 0, 1, { p99Ms: 0 }), final)
  expect(score).toMatchObject({ gross: 0.01, fees: 0.0007, net: 0.0093, bonusPercent: 22, score: 0.011346 })
  // Five million payments of a million: past what doubles of micro-cents hold, and still right.
  expect(scoreOf(counts(5_000_000, 0, 100_000_000), final).net).toBe(4_650_000_000_000)
})

test.each([
  [0, 22],
  [0.25, 22],
  [0.26, 21],
  [0.75, 21],
  [0.76, 20],
  [1.25, 20],
  [1.26, 19],
  [2.55, 17],
  [10.74, 1],
  [10.75, 1],
  [10.76, 0],
  [11, 0],
  [1500, 0],
])('a p99 of %s ms earns %s %%', (p99Ms, percent) => {
  expect(bonusPercentOf(p99Ms, final.bonus)).toBe(percent)
})

test('the bonus is that of the official formula, in floats and decimal half up, for every hundredth', () => {
  for (let hundredths = 0; hundredths <= 1200; hundredths += 1) {
    const p99Ms = hundredths / 100
    const digits = (11 - p99Ms) * 0.02
    const official = Math.max(Math.round(Number((digits * 100).toFixed(6))), 0)
    expect(bonusPercentOf(p99Ms, final.bonus)).toBe(official)
  }
})

test.each([
  [2.545, 2.55],
  [2.5449999, 2.54],
  [1.005, 1.01],
  [0, 0],
  [1499.999, 1500],
])('%s is rounded to %s', (value, rounded) => {
  expect(roundedTo2(value)).toBe(rounded)
})

test.each([
  ['equal books', [10, 5], [10, 5], 0, 0],
  ['one short on the default', [9, 5], [10, 5], 1, 1],
  ['one on the wrong processor', [9, 6], [10, 5], 0, 2],
  ['both too many', [12, 8], [10, 5], 5, 5],
  ['no summary at all', [0, 0], [10, 5], 15, 15],
] as const)('%s: %j against %j', (_name, backend, processors, absOfSum, sumOfAbs) => {
  const both = ([onDefault, fallback]: readonly [number, number]) => ({ default: onDefault, fallback })
  expect(inconsistenciesOf('abs-of-sum', both(backend), both(processors))).toBe(absOfSum)
  expect(inconsistenciesOf('sum-of-abs', both(backend), both(processors))).toBe(sumOfAbs)
})
