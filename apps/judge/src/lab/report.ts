import { alignedTable, count, percent, seconds } from '@rinha/base'
import { type RunResult, type SetSummary, settledShareOf, summarize } from '@rinha/simulator'
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
  noiseAtOnce: 'Every noise at once, a minute of each load',
  noiseTuning: 'Noise, the tuning set',
  noiseHeldOut: 'Noise, the set kept apart',
  strict: 'Strict audits',
}

export function tablesOf(sorted: Sorted): readonly Table[] {
  return [...sorted].flatMap(([set, byCandidate]) => {
    if (set === 'strict') return strictTables(byCandidate)
    if (set === 'noiseAtOnce') return atOnceTable(byCandidate)
    const [first] = byCandidate.values()
    if (set === 'noiseTuning' || set === 'noiseHeldOut')
      return noiseTable(`${titles[set]}: ${first?.length} for each policy`, byCandidate)
    if (set !== 'preview' && set !== 'final')
      return summaryTable(`${titles[set]}: ${first?.length} for each policy`, randomColumns, byCandidate)
    const bound = whole(first?.[0]?.clairvoyantNet ?? 0)
    return summaryTable(`${titles[set]}, clairvoyant bound ${bound}`, officialColumns, byCandidate)
  })
}

type ByCandidate = ReadonlyMap<string, readonly RunResult[]>

/** A column's title, and what stands in it for each group of results. */
type Columns = readonly (readonly [title: string, cell: (all: SetSummary) => string])[]

const officialColumns: Columns = [
  ['net', all => whole(all.net)],
  ['regret', all => percent(all.regretMedian)],
  ['lag', all => whole(all.lagCount)],
  ['dearer', all => percent(all.dearerShare)],
  ['mismatches', all => whole(all.officialMismatchCount)],
  ['strict', all => whole(all.strictMismatchCount)],
  ['p95 age', all => shortTime(all.ageP95Ms)],
  ['backlog', all => `${all.backlogSeconds} s`],
]

const randomColumns: Columns = [
  ['median', all => percent(all.regretMedian)],
  ['p95', all => percent(all.regretP95)],
  ['worst', all => percent(all.regretWorst)],
  ['its seed', all => all.worstSchedule.replace('random ', '')],
  ['of all money', all => percent(1 - all.net / all.clairvoyantNet)],
  ['lag in runs', all => `${whole(all.lagCount)} in ${all.laggingRunCount}`],
  ['dearer', all => percent(all.dearerShare)],
  ['mismatches', all => whole(all.officialMismatchCount)],
  ['strict runs', all => `${all.strictRunCountClean} + ${all.strictRunCountNone}`],
  ['p95 age', all => shortTime(all.ageP95Ms)],
  ['backlog', all => `${(all.backlogSeconds / all.runCount).toFixed(0)} s`],
]

function summaryTable(title: string, columns: Columns, byCandidate: ByCandidate): Table {
  const rows = [...byCandidate].map(([label, results]) => {
    const all = summarize(results)
    return [label, ...columns.map(([, cell]) => cell(all))]
  })
  return { title, columns: ['policy', ...columns.map(([name]) => name)], rows }
}

const noiseColumns: Columns = [
  ['settled', all => percent(all.settledShare)],
  ['in the worst', all => percent(all.settledShareWorst)],
  ['a second', all => whole(all.perSecond)],
  ['p95 age', all => shortTime(all.ageP95Ms)],
  ['dearer', all => percent(all.dearerShare)],
  ['median', all => percent(all.regretMedian)],
  ['p95', all => percent(all.regretP95)],
  ['of all money', all => percent(1 - all.net / all.clairvoyantNet)],
  ['mismatches', all => whole(all.officialMismatchCount)],
]

/** A summary table with columns that name the runs in which a policy left a backlog and another one did not. */
function noiseTable(title: string, byCandidate: ByCandidate): Table {
  const { columns, rows } = summaryTable(title, noiseColumns, byCandidate)
  const bestShareOf = (labels: readonly string[], index: number) =>
    Math.max(0, ...labels.flatMap(label => byCandidate.get(label)?.[index] ?? []).map(settledShareOf))
  const behind = (results: readonly RunResult[], isBehind: (share: number, index: number) => boolean) =>
    results.filter((result, index) => isBehind(settledShareOf(result), index))
  const extra = [...byCandidate.values()].map(results => {
    const behindLoop = behind(
      results,
      (share, index) => share < settledMin && bestShareOf(['retry-loop'], index) >= settledMin,
    )
    const behindBest = behind(
      results,
      (share, index) => share < bestShareOf([...byCandidate.keys()], index) - (1 - settledMin),
    )
    return [`${behindLoop.length}`, `${behindBest.length}`, firstSeeds(behindBest)]
  })
  return {
    title,
    columns: [...columns, 'behind the loop', 'behind the best', 'seeds behind'],
    rows: rows.map((row, index) => [...row, ...(extra[index] ?? [])]),
  }
}

/** A run that settles a smaller share of all payments has left a backlog. */
const settledMin = 0.999

/** A row for each policy and schedule. */
function atOnceTable(byCandidate: ByCandidate): Table {
  const schedules = [...byCandidate.values()][0]?.map(({ schedule }) => schedule) ?? []
  return {
    title: titles.noiseAtOnce,
    columns: ['policy', 'schedule', ...noiseColumns.map(([name]) => name)],
    rows: schedules.flatMap((schedule, index) =>
      [...byCandidate].map(([label, results]) => {
        const all = summarize(results.slice(index, index + 1))
        return [label, schedule, ...noiseColumns.map(([, cell]) => cell(all))]
      }),
    ),
  }
}

/** One table for the schedules with a clean way and one for those without, at each guard. */
function strictTables(byCandidate: ByCandidate): readonly Table[] {
  return [true, false].map(clean => ({
    title: clean ? 'Strict audits where a clean way exists' : 'Strict audits where none exists',
    columns: ['policy', 'guard', ...strictColumns.map(([name]) => name)],
    rows: [...byCandidate].flatMap(([label, results]) => {
      const inGroup = results.filter(({ cleanWay }) => cleanWay === clean)
      const guards = [...new Set(inGroup.map(({ guardMs }) => guardMs))].sort((left, right) => left - right)
      return guards.map(guardMs => {
        const atGuard = inGroup.filter(result => result.guardMs === guardMs)
        return [label, `${guardMs} ms`, ...strictColumns.map(([, cell]) => cell(atGuard))]
      })
    }),
  }))
}

const total = (of: (result: RunResult) => number) => (results: readonly RunResult[]) =>
  whole(results.reduce((sum, one) => sum + of(one), 0))

const strictColumns: readonly (readonly [string, (results: readonly RunResult[]) => string])[] = [
  ['runs', total(() => 1)],
  ['payments', total(({ acceptedCount }) => acceptedCount)],
  ['strict audits', total(({ strict }) => strict.auditCount)],
  ['mismatched', total(({ strict }) => strict.mismatchedAuditCount)],
  ['payments off', total(({ strict }) => strict.mismatchCount)],
  ['runs off', total(({ strict }) => (strict.mismatchCount > 0 ? 1 : 0))],
  ['official off', total(({ official }) => official.mismatchCount)],
  ['seeds off', results => firstSeeds(results.filter(({ strict }) => strict.mismatchCount > 0))],
]

/** The first few, to be played alone. */
function firstSeeds(results: readonly RunResult[]): string {
  const seeds = results.slice(0, 3).map(({ schedule }) => schedule.replace(/^\D+ /, ''))
  return seeds.join(' ') + (results.length > 3 ? ' …' : '')
}

/** The table for a terminal, with aligned columns, the first one to the left. */
export function printText({ title, columns, rows }: Table): string {
  return [title, ...alignedTable([columns, ...rows])].join('\n')
}

export function printMarkdown({ title, columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = columns.map((_, index) => (index === 0 ? '---' : '--:'))
  return [`### ${title}`, '', line(columns), line(rule), ...rows.map(line)].join('\n')
}

function whole(value: number): string {
  return count(Math.round(value))
}

function shortTime(ms: number): string {
  return ms < 1000 ? `${ms} ms` : seconds(ms, 1)
}
