import { alignedTable, count, milliseconds, money } from '@rinha/base'
import type { Audit } from './audit.ts'
import type { Measured } from './closing.ts'
import { percentile } from './percentile.ts'
import type { Progress } from './run.ts'
import { durationMs, type Schedule } from './schedule.ts'
import type { Score } from './scoring.ts'

/** The page a run ends with: the score and every part of it, and what else the run found out. */
export function scoreTable(schedule: Schedule, measured: Measured, score: Score): string {
  const { counts, failures, audits, books } = measured
  const unequal = audits.filter(audit => audit.inconsistencyCount > 0)
  const rows: readonly (readonly string[])[] = [
    ['accepted', count(counts.acceptedCount)],
    ['failed', count(counts.failedCount), listed(failures)],
    ['default', count(counts.totals.default.count), `fee ${schedule.feesBps.default / 100} %`],
    ['fallback', count(counts.totals.fallback.count), `fee ${schedule.feesBps.fallback / 100} %`],
    [
      'lag',
      count(score.lagCount),
      score.disqualified ? 'disqualified: settled more than was posted here' : 'accepted and not counted',
    ],
    ['gross', money(score.gross), `by the books of the ${schedule.totals.source}`],
    ['fees', money(-score.fees)],
    ['net', money(score.net)],
    ['p99', milliseconds(score.p99Ms)],
    ['bonus', money(score.bonus), `${score.bonusPercent} %`],
    ['inconsistencies', count(counts.inconsistencyCount), `in ${unequal.length} of ${audits.length} audits`],
    ['fine', money(-score.fine), `${score.finePercent} %`],
    ['score', money(score.score), score.disqualified ? 'worth nothing: disqualified' : ''],
  ]
  const seconds = durationMs(schedule) / 1000
  return [
    `${schedule.name}: ${schedule.vusMax} users over ${seconds} s`,
    '',
    ...alignedTable(rows, 'lrl').map(line => `  ${line}`),
    '',
    `Books at the end (default + fallback): backend ${pair(books.backend)}, processors ${pair(books.processors)}.`,
    ...unequal.map(auditLine),
    ...(score.disqualified
      ? ['More was settled than this run posted: others posted meanwhile, or payments were charged twice.']
      : []),
    ...measured.warnings.map(warning => `Warning: ${warning}.`),
    '',
  ].join('\n')
}

/** One audit in words. */
export function auditLine(audit: Audit): string {
  const window = `${new Date(audit.fromMs).toISOString()} to ${new Date(audit.toMs).toISOString().slice(11)}`
  const both = (of: { default: number; fallback: number }) => `${of.default} + ${of.fallback}`
  const missing = audit.missing.length > 0 ? `; no answer from ${audit.missing.join(', ')}` : ''
  return `Inconsistent by ${audit.inconsistencyCount}: ${window}: backend ${both(audit.backend)}, processors ${both(audit.processors)}${missing}.`
}

/** The progress line of a run. It makes no requests, because watching must not add load. */
export function progressLine(schedule: Schedule, before: Progress | undefined, now: Progress): string {
  const elapsedMs = now.elapsedMs - (before?.elapsedMs ?? 0)
  const rate = elapsedMs > 0 ? ((now.acceptedCount - (before?.acceptedCount ?? 0)) / elapsedMs) * 1000 : 0
  const last = now.audits.at(-1)
  const inconsistencyCount = now.audits.reduce((sum, audit) => sum + audit.inconsistencyCount, 0)
  return [
    `${(now.elapsedMs / 1000).toFixed(0).padStart(3)}/${(durationMs(schedule) / 1000).toFixed(0)} s`,
    `${now.vus} users`,
    `${now.acceptedCount} accepted`,
    `${now.failedCount} failed`,
    `${rate.toFixed(0)}/s`,
    `p99 ${milliseconds(percentile(now.latenciesMs, 0.99))}`,
    `${inconsistencyCount} inconsistencies`,
    ...(last === undefined ? [] : [`last audit: ${last.backend.default} + ${last.backend.fallback} settled`]),
  ].join(' · ')
}

function pair(books: Measured['books']['backend']): string {
  return `${count(books.default.count)} + ${count(books.fallback.count)}`
}

function listed(failures: Readonly<Record<string, number>>): string {
  return Object.entries(failures)
    .sort(([, a], [, b]) => b - a)
    .map(([cause, failedCount]) => `${cause}: ${count(failedCount)}`)
    .join(', ')
}
