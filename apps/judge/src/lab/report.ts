import { alignedTable } from '@rinha/base'
import { type RunResult, type SetSummary, summarize } from '@rinha/simulator'
import type { Job, SetName } from './plan.ts'

/** One table: a title line for each column, then cells as text. */
export interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** Results by set and candidate, candidates in the order in which they were asked for. */
export type Sorted = ReadonlyMap<SetName, ReadonlyMap<string, readonly RunResult[]>>

export function sortResults(jobs: readonly Job[], results: readonly RunResult[]): Sorted {
  const sorted = new Map<SetName, Map<string, RunResult[]>>()
  for (const [index, { set, candidate }] of jobs.entries()) {
    const result = results[index]
    if (result === undefined) continue
    const bySet = sorted.get(set) ?? new Map<string, RunResult[]>()
    sorted.set(set, bySet)
    const list = bySet.get(candidate.label) ?? []
    bySet.set(candidate.label, list)
    list.push(result)
  }
  return sorted
}

const titles: Readonly<Record<SetName, string>> = {
  preview: 'The preview',
  final: 'The final',
  tuning: 'Random schedules, the tuning set',
  heldOut: 'Random schedules, the set kept apart',
  strict: 'Strict audits',
}

export function tablesOf(sorted: Sorted): readonly Table[] {
  return [...sorted].flatMap(([set, byCandidate]) => {
    if (set === 'strict') return strictTables(byCandidate)
    const single = set === 'preview' || set === 'final'
    const table = single ? officialTable : randomTable
    const bound = single ? [...byCandidate.values()][0]?.[0]?.clairvoyantNet : undefined
    const title = titles[set] + (bound === undefined ? '' : `, clairvoyant bound ${count(bound)}`)
    return [table(title, byCandidate)]
  })
}

type ByCandidate = ReadonlyMap<string, readonly RunResult[]>

const officialColumns = [
  'policy',
  'net',
  'regret',
  'lag',
  'dearer',
  'mismatches',
  'strict',
  'p95 age',
  'backlog',
] as const

function officialTable(title: string, byCandidate: ByCandidate): Table {
  const row = (label: string, all: SetSummary) => [
    label,
    count(all.net),
    percent(all.regretMedian),
    count(all.lagCount),
    percent(all.dearerShare),
    count(all.officialMismatchCount),
    count(all.strictMismatchCount),
    seconds(all.ageP95Ms),
    `${all.backlogSeconds} s`,
  ]
  const rows = [...byCandidate].map(([label, results]) => row(label, summarize(results)))
  return { title, columns: officialColumns, rows }
}

function randomTable(title: string, byCandidate: ByCandidate): Table {
  const rows = [...byCandidate].map(([label, results]) => {
    const all = summarize(results)
    return [
      label,
      percent(all.regretMedian),
      percent(all.regretP95),
      percent(all.regretWorst),
      all.worstSchedule.replace('random ', ''),
      percent(1 - all.net / all.clairvoyantNet),
      `${count(all.lagCount)} in ${all.laggingRunCount}`,
      percent(all.dearerShare),
      count(all.officialMismatchCount),
      `${all.strictRunCountClean} + ${all.strictRunCountNone}`,
      seconds(all.ageP95Ms),
      `${(all.backlogSeconds / all.runCount).toFixed(0)} s`,
    ]
  })
  const runCount = [...byCandidate.values()][0]?.length ?? 0
  return {
    title: `${title}: ${runCount} for each policy`,
    columns: [
      'policy',
      'median',
      'p95',
      'worst',
      'its seed',
      'of all money',
      'lag in runs',
      'dearer',
      'mismatches',
      'strict runs',
      'p95 age',
      'backlog',
    ],
    rows,
  }
}

/** One table for the schedules with a clean way and one for those without, at each guard. */
function strictTables(byCandidate: ByCandidate): readonly Table[] {
  return [true, false].map(clean => ({
    title: clean ? 'Strict audits where a clean way exists' : 'Strict audits where none exists',
    columns: [
      'policy',
      'guard',
      'runs',
      'payments',
      'strict audits',
      'mismatched',
      'payments off',
      'runs off',
      'official off',
      'seeds off',
    ],
    rows: [...byCandidate].flatMap(([label, results]) => {
      const inGroup = results.filter(({ cleanWay }) => cleanWay === clean)
      const guards = [...new Set(inGroup.map(({ guardMs }) => guardMs))].sort((left, right) => left - right)
      return guards.map(guardMs => strictRow(label, guardMs, inGroup))
    }),
  }))
}

function strictRow(label: string, guardMs: number, inGroup: readonly RunResult[]): readonly string[] {
  const results = inGroup.filter(result => result.guardMs === guardMs)
  const sum = (of: (result: RunResult) => number) => count(results.reduce((total, one) => total + of(one), 0))
  return [
    label,
    `${guardMs} ms`,
    count(results.length),
    sum(({ acceptedCount }) => acceptedCount),
    sum(({ strict }) => strict.auditCount),
    sum(({ strict }) => strict.mismatchedAuditCount),
    sum(({ strict }) => strict.mismatchCount),
    sum(({ strict }) => (strict.mismatchCount > 0 ? 1 : 0)),
    sum(({ official }) => official.mismatchCount),
    seedsOff(results),
  ]
}

/** The first few, to be played alone. */
function seedsOff(results: readonly RunResult[]): string {
  const off = results.filter(({ strict }) => strict.mismatchCount > 0)
  const seeds = off.slice(0, 3).map(({ schedule }) => schedule.replace('random ', ''))
  return seeds.join(' ') + (off.length > 3 ? ' …' : '')
}

/** For a terminal: columns aligned, the first to the left. */
export function printText({ title, columns, rows }: Table): string {
  return [title, ...alignedTable([columns, ...rows])].join('\n')
}

export function printMarkdown({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = columns.map((_, index) => (index === 0 ? '---' : '--:'))
  return [`### ${title}`, '', line(columns), line(rule), ...rows.map(line)].join('\n')
}

function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',')
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`
}
