import { count, percent, seconds } from '@rinha/base'
import { counts, queueWords, type RuleLine, rulesOfComparison, tablePage } from '../chaos/report.ts'
import { percentile } from '../score/percentile.ts'
import type { NoiseFlags } from './options.ts'
import { graceMs, type NoiseProgress, type NoiseResult } from './run.ts'

const ageMsMax = (auditGuardMs: number) => (auditGuardMs === 0 ? 2000 : 5000)
const dearerShareMax = 0.15
type Load = Pick<NoiseFlags, 'rate' | 'seconds'>
/** A cluster that turns payments away has little to settle. */
const turnedAwayShareMax = 0.01

/** Every rule of a run under noise. */
export function noiseRules(result: NoiseResult): readonly RuleLine[] {
  const { settledMs, auditGuardMs, dearerShare, postedCount, acceptedCount, verdict } = result
  const ageMs = percentile(
    result.ages.map(age => age.ageMs),
    0.95,
  )
  const limitMs = ageMsMax(auditGuardMs)
  const turnedAwayCount = postedCount - acceptedCount
  return [
    {
      name: `all settled within ${graceMs / 1000} s after the load`,
      found: settledMs === undefined ? 'no' : seconds(settledMs),
      held: settledMs !== undefined,
    },
    {
      name: `age p95 within ${limitMs / 1000} s, the audit guard is ${auditGuardMs} ms`,
      found: seconds(ageMs),
      held: ageMs <= limitMs && result.ages.length > 0,
    },
    {
      name: `at most ${100 * dearerShareMax} % to the dearer processor`,
      found: percent(dearerShare),
      held: dearerShare <= dearerShareMax,
    },
    {
      name: `at most ${100 * turnedAwayShareMax} % not accepted`,
      found: count(turnedAwayCount),
      held: turnedAwayCount <= turnedAwayShareMax * postedCount,
    },
    ...rulesOfComparison(verdict),
  ]
}

export function noiseTable({ rate, seconds: lengthS }: Load, result: NoiseResult): string {
  const { ages, answers, settledMs, settledLateMs } = result
  const agesMs = ages.map(({ ageMs }) => ageMs)
  const unsettledCount = ages.filter(({ isSettled }) => !isSettled).length
  const rows: (readonly [string, string])[] = [
    ['posted', `${count(result.postedCount)}: ${count(rate)} a second for ${lengthS} s`],
    ...counts(answers),
    ['accepted', count(result.acceptedCount)],
    ['settled when the load ended', count(result.settledInLoadCount)],
    [`settled ${graceMs / 1000} s later`, count(result.settledInGraceCount)],
    [
      'everything settled',
      settledMs === undefined ? lateWords(settledLateMs) : `${seconds(settledMs)} after the load`,
    ],
    [
      `age p50, p95, p99 of ${count(ages.length)}`,
      [0.5, 0.95, 0.99].map(part => seconds(percentile(agesMs, part))).join(', '),
    ],
    ...(unsettledCount === 0
      ? []
      : [['  of these not settled: age at the end', count(unsettledCount)] as const]),
    ['to the dearer processor', percent(result.dearerShare)],
    ...counts(result.verdict.states),
  ]
  return tablePage(rows, noiseRules(result), result.verdict.findings)
}

function lateWords(settledLateMs: number | undefined): string {
  return settledLateMs === undefined
    ? 'not a minute after the noise'
    : `${seconds(settledLateMs)} after the noise`
}

const phases = { load: 'load and noise', grace: 'noise', quiet: 'quiet, settling' } as const

export function noiseProgressLine({ seconds: lengthS }: Load, progress: NoiseProgress): string {
  const { phase, elapsedMs, postedCount, acceptedCount, queue, comparedCount } = progress
  if (phase === 'comparing') return `comparing: ${count(comparedCount)} of ${count(postedCount)} payments`
  return `${phases[phase]} · ${(elapsedMs / 1000).toFixed(0)} of ${lengthS} s · ${count(acceptedCount)} of ${count(postedCount)} accepted · ${queueWords(queue)}`
}
