import { alignedTable, count, milliseconds, money, seconds } from '@rinha/base'
import { percentile } from '../score/percentile.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { Counts, Score } from '../score/scoring.ts'
import type { ContainerUsage } from './containers.ts'
import type { K6Progress } from './k6-process.ts'
import type { Usage } from './usage.ts'

/** The line a run is watched by. */
export function k6ProgressLine(schedule: Schedule, elapsedMs: number, progress: K6Progress): string {
  const leftMs = durationMs(schedule) - elapsedMs
  return [
    `${progress.vus} users`,
    `${progress.acceptedCount} accepted`,
    `${progress.failedCount} failed`,
    leftMs > 0 ? `${Math.ceil(leftMs / 1000)} s left` : 'the last iterations end',
  ].join(' · ')
}

/** What each container used, and all of them together: a sum with an unknown part is unknown. */
export function containersTable(project: string, usages: readonly ContainerUsage[]): string {
  const known = usages.flatMap(({ service, usage }) => ('reason' in usage ? [] : [{ service, usage }]))
  const sum = (field: keyof Usage) => known.reduce((total, { usage }) => total + usage[field], 0)
  const all: Usage = {
    cpuSeconds: sum('cpuSeconds'),
    cpusMean: sum('cpusMean'),
    // Peaks need not fall together.
    cpusPeak: Number.NaN,
    cpusMax: sum('cpusMax'),
    memoryBytesPeak: sum('memoryBytesPeak'),
    memoryBytesMax: sum('memoryBytesMax'),
    periodCount: Number.NaN,
    throttledCount: Number.NaN,
    throttledMs: Number.NaN,
  }
  const head = [
    ...['container', 'memory peak', 'limit', 'CPU time', 'mean', 'peak', 'limit'],
    ...['periods', 'throttled', 'for'],
  ]
  const rows = known.map(({ service, usage }) => cellsOf(service, usage))
  return [
    `Containers of ${project}, from the start of the load to the reading of the totals:`,
    '',
    ...indented(alignedTable([head, ...rows, ...(rows.length > 1 ? [cellsOf('sum', all)] : [])])),
    '',
    ...usages.flatMap(({ service, usage }) =>
      'reason' in usage ? [`No figures of ${service}: ${usage.reason}.`] : [],
    ),
  ].join('\n')
}

function cellsOf(name: string, usage: Usage): readonly string[] {
  return [
    name,
    mebibytes(usage.memoryBytesPeak),
    mebibytes(usage.memoryBytesMax),
    shown(usage.cpuSeconds, value => seconds(value * 1000)),
    shown(usage.cpusMean, twoDecimals),
    shown(usage.cpusPeak, twoDecimals),
    shown(usage.cpusMax, twoDecimals),
    shown(usage.periodCount, String),
    shown(usage.throttledCount, String),
    shown(usage.throttledMs, seconds),
  ]
}

/** One run, and the p99 of the same run against the backend that it is compared with; NaN without one. */
export interface ScoredRun {
  readonly counts: Counts
  readonly score: Score
  readonly comparedP99Ms: number
}

/** The runs side by side, with the median of each figure where there are several. */
export function runsTable(runs: readonly ScoredRun[], comparedName: string | undefined): string {
  const row = (label: string, of: (run: ScoredRun) => number, show: (value: number) => string) => {
    const values = runs.map(of)
    const middle = runs.length > 1 ? [median(values.filter(value => !Number.isNaN(value)))] : []
    return [label, ...[...values, ...middle].map(value => shown(value, show))]
  }
  const compared =
    comparedName === undefined
      ? []
      : [
          row(`p99 of ${comparedName}`, run => run.comparedP99Ms, milliseconds),
          row(
            `p99 / ${comparedName}`,
            run => run.counts.p99Ms / (run.comparedP99Ms || Number.NaN),
            twoDecimals,
          ),
        ]
  const table = alignedTable([
    ['', ...runs.map((_, index) => `run ${index + 1}`), ...(runs.length > 1 ? ['median'] : [])],
    row('accepted', run => run.counts.acceptedCount, count),
    row('failed', run => run.counts.failedCount, count),
    row('default', run => run.counts.totals.default.count, count),
    row('fallback', run => run.counts.totals.fallback.count, count),
    row('lag', run => run.score.lagCount, count),
    row('inconsistencies', run => run.counts.inconsistencyCount, count),
    row('net', run => run.score.net, money),
    row('p99', run => run.counts.p99Ms, milliseconds),
    ...compared,
    row('score', run => run.score.score, money),
  ])
  return `${indented(table).join('\n')}\n`
}

/** The middle one, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : percentile(values, 0.5)
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map(line => `  ${line}`)
}

/** A dash for an unknown figure. */
function shown(value: number, show: (value: number) => string): string {
  return Number.isNaN(value) ? '–' : show(value)
}

function mebibytes(bytes: number): string {
  return shown(bytes, value => `${(value / 2 ** 20).toFixed(1)} MiB`)
}

function twoDecimals(value: number): string {
  return value.toFixed(2)
}
