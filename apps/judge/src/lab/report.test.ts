import type { RunResult } from '@rinha/simulator'
import { describe, expect, test } from 'vitest'
import type { Job, SetName } from './plan.ts'
import { printMarkdown, printText, sortResults, tablesOf } from './report.ts'

const clean = { auditCount: 10, mismatchedAuditCount: 0, mismatchCount: 0, firstMismatchMs: undefined }

const played: RunResult = {
  schedule: 'random 7',
  candidate: 'patient',
  acceptedCount: 16_753,
  recordedCounts: [16_000, 753],
  lagCount: 0,
  perSecond: 280,
  net: 316_715.4,
  clairvoyantNet: 320_000.6,
  regret: 0.0103,
  dearerShare: 0.045,
  guardMs: 1500,
  cleanWay: true,
  official: clean,
  strict: clean,
  ageP95Ms: 1234,
  backlogSeconds: 3,
  virtualMs: 61_000,
  traceHash: '00',
}

/** Results as they come: a job for each, of a set and a policy. */
function tables(...given: readonly (readonly [SetName, string, Partial<RunResult>])[]) {
  const jobs = given.map(([set, label]) => ({ set, candidate: { label } }) as Job)
  return tablesOf(
    sortResults(
      jobs,
      given.map(([, , result]) => ({ ...played, ...result })),
    ),
  )
}

/** The cell under a title, in the row that begins with a policy. */
function cell(table: ReturnType<typeof tables>[number] | undefined, policy: string, title: string) {
  const row = table?.rows.find(([first]) => first === policy)
  return row?.[table?.columns.indexOf(title) ?? -1]
}

describe('the tables of the laboratory', () => {
  test('an official run is told in money, with the bound in the title', () => {
    const [table] = tables(['final', 'patient', {}], ['final', 'original', { net: 300_000, ageP95Ms: 80 }])
    expect(table?.title).toBe('The final, clairvoyant bound 320,001')
    expect(cell(table, 'patient', 'net')).toBe('316,715')
    expect(cell(table, 'patient', 'regret')).toBe('1.03 %')
    expect(cell(table, 'patient', 'p95 age')).toBe('1.2 s')
    expect(cell(table, 'original', 'p95 age')).toBe('80 ms')
  })

  test('a random set is told in regrets, over all its runs', () => {
    const [table] = tables(
      ['tuning', 'patient', { schedule: 'random 1', regret: 0.01 }],
      ['tuning', 'patient', { schedule: 'random 2', regret: 0.5, lagCount: 3, backlogSeconds: 9 }],
      ['tuning', 'patient', { schedule: 'random 3', regret: 0.02 }],
    )
    expect(table?.title).toBe('Random schedules, the tuning set: 3 for each policy')
    expect(cell(table, 'patient', 'median')).toBe('2.00 %')
    expect(cell(table, 'patient', 'worst')).toBe('50.00 %')
    expect(cell(table, 'patient', 'its seed')).toBe('2')
    expect(cell(table, 'patient', 'lag in runs')).toBe('3 in 1')
    expect(cell(table, 'patient', 'backlog')).toBe('5 s')
  })

  test('noise is told in what settled, and in how many runs a retry loop left less', () => {
    const [table] = tables(
      ['noiseTuning', 'retry-loop', { schedule: 'noise 1' }],
      [
        'noiseTuning',
        'patient',
        { schedule: 'noise 1', acceptedCount: 10_000, lagCount: 11, perSecond: 100 },
      ],
      ['noiseTuning', 'retry-loop', { schedule: 'noise 2', acceptedCount: 10_000, lagCount: 9 }],
      ['noiseTuning', 'patient', { schedule: 'noise 2', acceptedCount: 10_000, lagCount: 10 }],
      ['noiseTuning', 'retry-loop', { schedule: 'noise 3', acceptedCount: 10_000, lagCount: 11 }],
      ['noiseTuning', 'patient', { schedule: 'noise 3', acceptedCount: 10_000, lagCount: 5000 }],
    )
    expect(table?.title).toBe('Noise, the tuning set: 3 for each policy')
    expect(cell(table, 'patient', 'behind the loop')).toBe('1')
    expect(cell(table, 'retry-loop', 'behind the loop')).toBe('0')
    expect(cell(table, 'patient', 'behind the best')).toBe('2')
    expect(cell(table, 'patient', 'seeds behind')).toBe('1 3')
    expect(cell(table, 'retry-loop', 'behind the best')).toBe('0')
    expect(cell(table, 'patient', 'in the worst')).toBe('50.00 %')
    expect(cell(table, 'patient', 'a second')).toBe('220')
  })

  test('every noise at once has a row for each schedule and policy', () => {
    const [table] = tables(
      ['noiseAtOnce', 'patient', { schedule: 'slow' }],
      ['noiseAtOnce', 'original', { schedule: 'slow' }],
      ['noiseAtOnce', 'patient', { schedule: 'quick' }],
      ['noiseAtOnce', 'original', { schedule: 'quick', acceptedCount: 4, lagCount: 1 }],
    )
    expect(table?.rows.map(row => row.slice(0, 3))).toEqual([
      ['patient', 'slow', '100.00 %'],
      ['original', 'slow', '100.00 %'],
      ['patient', 'quick', '100.00 %'],
      ['original', 'quick', '75.00 %'],
    ])
  })

  test('strict audits are told apart by whether a clean way exists, and by guard', () => {
    const off = { ...clean, mismatchedAuditCount: 2, mismatchCount: 5 }
    const [withWay, without] = tables(
      ['strict', 'patient', { guardMs: 2000 }],
      ['strict', 'patient', { guardMs: 500, schedule: 'random 8', strict: off }],
      ['strict', 'patient', { guardMs: 500, cleanWay: false, strict: off }],
    )
    expect(withWay?.title).toContain('where a clean way exists')
    expect(withWay?.rows.map(row => row.slice(0, 3))).toEqual([
      ['patient', '500 ms', '1'],
      ['patient', '2000 ms', '1'],
    ])
    expect(cell(withWay, 'patient', 'payments off')).toBe('5')
    expect(cell(withWay, 'patient', 'seeds off')).toBe('8')
    expect(without?.rows).toHaveLength(1)
  })

  test('when many seeds are off, the first three are named', () => {
    const strict = { ...clean, mismatchedAuditCount: 1, mismatchCount: 1 }
    const runs = [1, 2, 3, 4].map(
      seed => ['strict', 'patient', { schedule: `random ${seed}`, strict }] as const,
    )
    expect(cell(tables(...runs)[0], 'patient', 'seeds off')).toBe('1 2 3 …')
  })

  test('a job without a result yet is left out', () => {
    const jobs = ['patient', 'original'].map(label => ({ set: 'final', candidate: { label } }) as Job)
    expect(tablesOf(sortResults(jobs, [played]))[0]?.rows).toHaveLength(1)
  })

  test('sets and policies keep the order in which they were asked for', () => {
    const both = tables(['final', 'b', {}], ['preview', 'b', {}], ['final', 'a', {}])
    expect(both.map(({ title }) => title.slice(0, 11))).toEqual(['The final, ', 'The preview'])
    expect(both[0]?.rows.map(([policy]) => policy)).toEqual(['b', 'a'])
  })
})

const table = { title: 'T', columns: ['policy', 'net'], rows: [['patient', '1']] }

test('a terminal gets columns, a page gets Markdown', () => {
  expect(printText(table)).toBe('T\npolicy   net\npatient    1')
  expect(printMarkdown(table)).toBe('### T\n\n| policy | net |\n| --- | --: |\n| patient | 1 |')
})
