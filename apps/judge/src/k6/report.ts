import { alignedTable } from '@rinha/base'
import { money } from '../score/report.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { Score } from '../score/scoring.ts'
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

/** What each container used, and all of them together. */
export function containersTable(project: string, usages: readonly ContainerUsage[]): string {
  const known = usages.flatMap(({ usage }) => ('reason' in usage ? [] : [usage]))
  const rows = usages.flatMap(({ service, usage }) => ('reason' in usage ? [] : [cellsOf(service, usage)]))
  const sum = (of: (usage: Usage) => number | undefined) => total(known.map(of))
  const all: Usage = {
    cpuSeconds: sum(usage => usage.cpuSeconds),
    cpusMean: sum(usage => usage.cpusMean),
    // Peaks need not fall together.
    cpusPeak: undefined,
    cpusMax: sum(usage => usage.cpusMax),
    memoryBytesPeak: sum(usage => usage.memoryBytesPeak),
    memoryBytesMax: sum(usage => usage.memoryBytesMax),
    throttling: undefined,
  }
  const head = [
    ...['container', 'memory peak', 'limit', 'CPU time', 'mean', 'peak', 'limit'],
    ...['periods', 'throttled', 'for'],
  ]
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
  const { throttling } = usage
  return [
    name,
    mebibytes(usage.memoryBytesPeak),
    mebibytes(usage.memoryBytesMax),
    shown(usage.cpuSeconds, seconds => `${seconds.toFixed(2)} s`),
    cpus(usage.cpusMean),
    cpus(usage.cpusPeak),
    cpus(usage.cpusMax),
    shown(throttling?.periodCount, String),
    shown(throttling?.throttledCount, String),
    shown(throttling?.throttledMs, ms => `${(ms / 1000).toFixed(2)} s`),
  ]
}

/** One run, and what the same run came to against another backend. */
export interface RunFigures {
  readonly acceptedCount: number
  readonly failedCount: number
  readonly defaultCount: number
  readonly fallbackCount: number
  readonly inconsistencyCount: number
  readonly score: Score
  /** Not rounded. */
  readonly p99Ms: number
  readonly rivalP99Ms: number | undefined
}

/** The runs side by side, with the median of each figure where there are several. */
export function runsTable(runs: readonly RunFigures[], rivalName: string | undefined): string {
  const row = (
    label: string,
    of: (run: RunFigures) => number | undefined,
    show: (value: number) => string,
  ): readonly string[] => {
    const values = runs.map(of)
    const middle = values.length > 1 ? [median(values.filter(value => value !== undefined))] : []
    return [label, ...[...values, ...middle].map(value => shown(value, show))]
  }
  const ratio = ({ p99Ms, rivalP99Ms }: RunFigures) =>
    rivalP99Ms === undefined || rivalP99Ms === 0 ? undefined : p99Ms / rivalP99Ms
  const milliseconds = (value: number) => `${value.toFixed(2)} ms`
  const head = ['', ...runs.map((_, index) => `run ${index + 1}`), ...(runs.length > 1 ? ['median'] : [])]
  return [
    ...indented(
      alignedTable([
        head,
        row('accepted', run => run.acceptedCount, count),
        row('failed', run => run.failedCount, count),
        row('default', run => run.defaultCount, count),
        row('fallback', run => run.fallbackCount, count),
        row('lag', run => run.score.lagCount, count),
        row('inconsistencies', run => run.inconsistencyCount, count),
        row('net', run => run.score.net, money),
        row('p99', run => run.p99Ms, milliseconds),
        ...(rivalName === undefined
          ? []
          : [
              row(`p99 of ${rivalName}`, run => run.rivalP99Ms, milliseconds),
              row(`p99 / ${rivalName}`, ratio, value => value.toFixed(2)),
            ]),
        row('score', run => run.score.score, money),
      ]),
    ),
    '',
  ].join('\n')
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.floor(sorted.length / 2)]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map(line => `  ${line}`)
}

/** Undefined where a part is: a sum of some is not the sum. */
function total(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce<number | undefined>(
    (sum, value) => (sum === undefined || value === undefined ? undefined : sum + value),
    0,
  )
}

function shown(value: number | undefined, show: (value: number) => string): string {
  return value === undefined ? '–' : show(value)
}

function mebibytes(bytes: number | undefined): string {
  return shown(bytes, value => `${(value / 2 ** 20).toFixed(1)} MiB`)
}

function cpus(count: number | undefined): string {
  return shown(count, value => value.toFixed(2))
}

const countFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

function count(value: number): string {
  return countFormat.format(value)
}
