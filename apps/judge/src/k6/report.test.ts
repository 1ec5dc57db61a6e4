import { expect, test } from 'vitest'
import { officialSchedules } from '../score/official-schedules.ts'
import { scoreOf } from '../score/scoring.ts'
import { containersTable, k6ProgressLine, median, runsTable, type ScoredRun } from './report.ts'

test('the progress line has users, counts and the time left', () => {
  const progress = { vus: 250, acceptedCount: 3100, failedCount: 2 }
  expect(k6ProgressLine(officialSchedules.preview, 29_400, progress)).toBe(
    '250 users · 3100 accepted · 2 failed · 31 s left',
  )
  expect(k6ProgressLine(officialSchedules.preview, 60_100, progress)).toContain('the last iterations end')
})

test('each container has a line, there is a sum of all, and an unknown container has its reason', () => {
  const usage = {
    cpuSeconds: 3,
    cpusMean: 0.05,
    cpusPeak: 0.125,
    cpusMax: 0.3,
    memoryBytesPeak: 24 * 2 ** 20,
    memoryBytesMax: 60 * 2 ** 20,
    periodCount: 600,
    throttledCount: 12,
    throttledMs: 1340,
  }
  const unknown = {
    cpusPeak: Number.NaN,
    periodCount: Number.NaN,
    throttledCount: Number.NaN,
    throttledMs: Number.NaN,
  }
  const table = containersTable('cluster', [
    { service: 'api1', usage },
    { service: 'api2', usage: { ...usage, ...unknown } },
    { service: 'old', usage: { reason: 'it ended during the run' } },
  ])
  expect(table.split('\n')).toEqual([
    'Containers of cluster, from the start of the load to the reading of the totals:',
    '',
    '  container  memory peak      limit  CPU time  mean  peak  limit  periods  throttled     for',
    '  api1          24.0 MiB   60.0 MiB    3.00 s  0.05  0.13   0.30      600         12  1.34 s',
    '  api2          24.0 MiB   60.0 MiB    3.00 s  0.05     –   0.30        –          –       –',
    '  sum           48.0 MiB  120.0 MiB    6.00 s  0.10     –   0.60        –          –       –',
    '',
    'No figures of old: it ended during the run.',
  ])
})

test('a sum with an unknown part is unknown', () => {
  const usage = {
    cpuSeconds: 1,
    cpusMean: 1,
    cpusPeak: 1,
    cpusMax: 1,
    memoryBytesPeak: 2 ** 20,
    memoryBytesMax: 2 ** 20,
    periodCount: 0,
    throttledCount: 0,
    throttledMs: 0,
  }
  const table = containersTable('cluster', [
    { service: 'a', usage },
    { service: 'b', usage: { ...usage, cpuSeconds: Number.NaN } },
  ])
  expect(table).toMatch(/sum +2\.0 MiB +2\.0 MiB +– +2\.00/)
})

test.each([
  [[], Number.NaN],
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 10, 2], 3],
])('the median of %j is %j', (values, middle) => {
  expect(median(values)).toBe(middle)
})

function run(defaultCount: number, p99Ms: number, comparedP99Ms = Number.NaN): ScoredRun {
  const totals = {
    default: { count: defaultCount, amountCents: defaultCount * 1000 },
    fallback: { count: 0, amountCents: 0 },
  }
  const counts = { acceptedCount: defaultCount, failedCount: 0, totals, p99Ms, inconsistencyCount: 0 }
  return { counts, score: scoreOf(counts, officialSchedules.preview), comparedP99Ms }
}

test('runs are printed side by side, with the medians', () => {
  expect(runsTable([run(100, 2, 1), run(300, 6, 2), run(200, 3, 2)], 'floor').split('\n')).toEqual([
    '                      run 1     run 2     run 3    median',
    '  accepted              100       300       200       200',
    '  failed                  0         0         0         0',
    '  default               100       300       200       200',
    '  fallback                0         0         0         0',
    '  lag                     0         0         0         0',
    '  inconsistencies         0         0         0         0',
    '  net                950.00  2,850.00  1,900.00  1,900.00',
    '  p99               2.00 ms   6.00 ms   3.00 ms   3.00 ms',
    '  p99 of floor      1.00 ms   2.00 ms   2.00 ms   2.00 ms',
    '  p99 / floor          2.00      3.00      1.50      2.00',
    '  score            1,121.00  3,135.00  2,204.00  2,204.00',
    '',
  ])
})

test('a single run has no median, and without another backend there is no line for one', () => {
  const table = runsTable([run(100, 2)], undefined)
  expect(table).not.toContain('median')
  expect(table).not.toContain('/')
})
