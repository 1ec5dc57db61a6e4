import type { RunResult } from './play.ts'

/** How one candidate did on one set of schedules. */
export interface SetSummary {
  readonly runCount: number
  readonly acceptedCount: number
  readonly regretMedian: number
  readonly regretP95: number
  readonly regretWorst: number
  /** The schedule of the worst regret, to be played alone. */
  readonly worstSchedule: string
  readonly net: number
  readonly clairvoyantNet: number
  readonly lagCount: number
  readonly laggingRunCount: number
  /** The part of all payments that was recorded in the end, and the same of the run with the smallest part. */
  readonly settledShare: number
  readonly settledShareWorst: number
  /** Payments recorded a second while the load lasted: the mean of the runs. */
  readonly perSecond: number
  readonly dearerShare: number
  /** Payments by which books differed, in the official audits and in the strict ones. */
  readonly officialMismatchCount: number
  readonly strictMismatchCount: number
  /** How many of the runs with a mismatch in the strict audits had a clean way, and how many had none. */
  readonly strictRunCountClean: number
  readonly strictRunCountNone: number
  readonly ageP95Ms: number
  readonly backlogSeconds: number
}

/** Sums, and percentiles by nearest rank: the p95 of 200 is the 190th. `ageP95Ms` is the median of the runs' own. */
export function summarize(results: readonly RunResult[]): SetSummary {
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0)
  const regrets = results.map(({ regret }) => regret)
  const worst = results.reduce<RunResult | undefined>(
    (one, other) => (one === undefined || other.regret > one.regret ? other : one),
    undefined,
  )
  const recorded = (result: RunResult) => result.acceptedCount - result.lagCount
  const mismatched = results.filter(({ strict }) => strict.mismatchedAuditCount > 0)
  return {
    runCount: results.length,
    acceptedCount: sum(({ acceptedCount }) => acceptedCount),
    regretMedian: percentile(regrets, 0.5),
    regretP95: percentile(regrets, 0.95),
    regretWorst: percentile(regrets, 1),
    worstSchedule: worst?.schedule ?? '',
    net: sum(({ net }) => net),
    clairvoyantNet: sum(result => result.clairvoyantNet),
    lagCount: sum(({ lagCount }) => lagCount),
    laggingRunCount: results.filter(({ lagCount }) => lagCount > 0).length,
    settledShare:
      sum(recorded) /
      Math.max(
        1,
        sum(({ acceptedCount }) => acceptedCount),
      ),
    settledShareWorst: Math.min(1, ...results.map(settledShareOf)),
    perSecond: sum(({ perSecond }) => perSecond) / Math.max(1, results.length),
    dearerShare: sum(result => result.dearerShare * recorded(result)) / Math.max(1, sum(recorded)),
    officialMismatchCount: sum(({ official }) => official.mismatchCount),
    strictMismatchCount: sum(({ strict }) => strict.mismatchCount),
    strictRunCountClean: mismatched.filter(({ cleanWay }) => cleanWay).length,
    strictRunCountNone: mismatched.filter(({ cleanWay }) => !cleanWay).length,
    ageP95Ms: percentile(
      results.map(result => result.ageP95Ms),
      0.5,
    ),
    backlogSeconds: sum(({ backlogSeconds }) => backlogSeconds),
  }
}

/** The part of a run's accepted payments that was recorded in the end. */
export function settledShareOf({ acceptedCount, lagCount }: RunResult): number {
  return 1 - lagCount / Math.max(1, acceptedCount)
}

/** By nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
}
