import { assert } from '@rinha/base'
import type { BonusRule, InconsistencyRule, PerProcessor, Schedule } from './schedule.ts'

/**
 * What a run earned, by the official script's rules. Money in, integer cents; money out, decimals, which are exact to
 * the last fraction of a cent until the one division that makes them decimals: fees and bonus are taken in
 * millionths of a cent, as big integers.
 */

/** The totals of one processor (or the backend's for one processor). */
export interface Totals {
  readonly count: number
  readonly amountCents: number
}

/** The counts of a run. */
export interface Counts {
  readonly acceptedCount: number
  readonly failedCount: number
  readonly totals: PerProcessor<Totals>
  /** The p99 of every successful HTTP request of the run, not rounded. */
  readonly p99Ms: number
  readonly inconsistencyCount: number
}

/** The parts of a score. Amounts are decimals of the currency; fractions of a cent are real, nothing is rounded. */
export interface Score {
  readonly gross: number
  readonly fees: number
  readonly feesOf: PerProcessor<number>
  readonly grossOf: PerProcessor<number>
  readonly net: number
  /** Rounded to 2 decimals, as the bonus is reckoned from it. */
  readonly p99Ms: number
  readonly bonusPercent: number
  readonly bonus: number
  readonly finePercent: number
  readonly fine: number
  /** Accepted and not counted at the end. */
  readonly lagCount: number
  /** More counted than accepted here: charged twice, or posted by others. The score is then worth nothing. */
  readonly disqualified: boolean
  readonly score: number
}

export type ScoreRules = Pick<Schedule, 'feesBps' | 'bonus' | 'fineBps'>

export function scoreOf(counts: Counts, rules: ScoreRules): Score {
  const { totals } = counts
  const grossOf = { default: micro(totals.default), fallback: micro(totals.fallback) }
  const feesOf = {
    default: partOf(grossOf.default, rules.feesBps.default),
    fallback: partOf(grossOf.fallback, rules.feesBps.fallback),
  }
  const gross = grossOf.default + grossOf.fallback
  const fees = feesOf.default + feesOf.fallback
  const net = gross - fees
  const p99Ms = roundedTo2(counts.p99Ms)
  const bonusPercent = bonusPercentOf(p99Ms, rules.bonus)
  const fineBps = counts.inconsistencyCount > 0 ? rules.fineBps : 0
  const bonus = partOf(net, bonusPercent * 100)
  const fine = partOf(net, fineBps)
  const lagCount = counts.acceptedCount - totals.default.count - totals.fallback.count
  return {
    gross: decimal(gross),
    fees: decimal(fees),
    grossOf: { default: decimal(grossOf.default), fallback: decimal(grossOf.fallback) },
    feesOf: { default: decimal(feesOf.default), fallback: decimal(feesOf.fallback) },
    net: decimal(net),
    p99Ms,
    bonusPercent,
    bonus: decimal(bonus),
    finePercent: fineBps / 100,
    fine: decimal(fine),
    lagCount,
    disqualified: lagCount < 0,
    score: decimal(net + bonus - fine),
  }
}

/**
 * The bonus in whole percent: (p99MsBelow − p99) · perMs, rounded half up to 2 decimals, never below 0. `p99Ms` is
 * rounded to 2 decimals already, so that all is a matter of whole numbers.
 */
export function bonusPercentOf(p99Ms: number, rule: BonusRule): number {
  const hundredthsBelow = rule.p99MsBelow * 100 - Math.round(p99Ms * 100)
  const percent = Math.floor((hundredthsBelow * rule.perMsBps + 5000) / 10_000)
  return Math.max(percent, 0)
}

/** Half up, by the decimal digits and not by the double behind them: 2.545 is 2.55. */
export function roundedTo2(value: number): number {
  return Math.round(Number((value * 100).toPrecision(15))) / 100
}

/** How far the books of the backend and the processors are apart in one window, in payments. */
export function inconsistenciesOf(
  rule: InconsistencyRule,
  backend: PerProcessor<number>,
  processors: PerProcessor<number>,
): number {
  const onDefault = backend.default - processors.default
  const onFallback = backend.fallback - processors.fallback
  return rule === 'abs-of-sum' ? Math.abs(onDefault + onFallback) : Math.abs(onDefault) + Math.abs(onFallback)
}

const microPerCent = 1_000_000n
const bpsPerWhole = 10_000n

function micro(totals: Totals): bigint {
  assert(Number.isSafeInteger(totals.amountCents), 'amounts are whole cents')
  return BigInt(totals.amountCents) * microPerCent
}

/** Exact: bps of whole cents are ten-thousandths of a cent, bps of those hundred-millionths at worst, cut off. */
function partOf(amount: bigint, bps: number): bigint {
  return (amount * BigInt(bps)) / bpsPerWhole
}

function decimal(amount: bigint): number {
  return Number(amount) / Number(microPerCent * 100n)
}
