import { expect, test } from 'vitest'
import type { RunResult } from './play.ts'
import { percentile, summarize } from './summary.ts'

const noAudits = { auditCount: 0, mismatchedAuditCount: 0, mismatchCount: 0, firstMismatchMs: undefined }
const differs = { auditCount: 10, mismatchedAuditCount: 1, mismatchCount: 7, firstMismatchMs: 4000 }

function run(schedule: string, differences: Partial<RunResult> = {}): RunResult {
  return {
    schedule,
    candidate: 'patient',
    acceptedCount: 100,
    recordedCounts: [100, 0],
    lagCount: 0,
    perSecond: 10,
    net: 95,
    clairvoyantNet: 95,
    regret: 0,
    dearerShare: 0,
    guardMs: 1500,
    cleanWay: true,
    official: noAudits,
    strict: noAudits,
    ageP95Ms: 20,
    backlogSeconds: 0,
    virtualMs: 10_000,
    traceHash: '0',
    ...differences,
  }
}

test.each([
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2],
  [[5], 0.95, 5],
  [Array.from({ length: 200 }, (_, index) => 200 - index), 0.95, 190],
  [[2, 9, 10, 1], 1, 10],
  [[2, 9, 10, 1], 0, 1],
  [[], 0.5, Number.NaN],
])('of %j the share %s is at %s, by nearest rank', (values, share, expected) => {
  const before = [...values]
  expect(percentile(values, share)).toBe(expected)
  expect(values).toEqual(before)
})

test('counts are added up over runs, and the worst run is named', () => {
  const summary = summarize([
    run('one', { regret: 0.1, net: 90, backlogSeconds: 3, ageP95Ms: 10 }),
    run('two', { regret: 0.4, net: 50, lagCount: 10, ageP95Ms: 5000 }),
    run('three', { regret: -0.2, net: 110, ageP95Ms: 40 }),
  ])
  expect(summary).toMatchObject({
    runCount: 3,
    acceptedCount: 300,
    net: 250,
    clairvoyantNet: 285,
    lagCount: 10,
    laggingRunCount: 1,
    regretMedian: 0.1,
    regretWorst: 0.4,
    worstSchedule: 'two',
    ageP95Ms: 40,
    backlogSeconds: 3,
  })
})

test('the dearer share is the share of all recorded payments, and not the mean of the runs’ shares', () => {
  const summary = summarize([
    run('large', { acceptedCount: 1000, lagCount: 100, dearerShare: 0.1 }),
    run('small', { acceptedCount: 100, dearerShare: 1 }),
  ])
  expect(summary.dearerShare).toBeCloseTo((900 * 0.1 + 100) / 1000, 12)
})

test('the settled share is the share of all accepted payments, next to the share in the worst run', () => {
  const summary = summarize([
    run('large', { acceptedCount: 900, lagCount: 0, perSecond: 300 }),
    run('small', { acceptedCount: 100, lagCount: 50, perSecond: 100 }),
  ])
  expect(summary).toMatchObject({ settledShare: 0.95, settledShareWorst: 0.5, perSecond: 200 })
})

test('runs whose books differ are told apart by whether there was a clean way', () => {
  const summary = summarize([
    run('clean', { strict: differs }),
    run('none', { strict: differs, official: differs, cleanWay: false }),
    run('none again', { strict: differs, cleanWay: false }),
    run('none, and no mismatch', { cleanWay: false }),
  ])
  expect(summary).toMatchObject({
    officialMismatchCount: 7,
    strictMismatchCount: 21,
    strictRunCountClean: 1,
    strictRunCountNone: 2,
  })
})

test('a run without recorded payments, and a set without runs, do not divide by zero', () => {
  expect(summarize([run('lost', { lagCount: 100, dearerShare: 0 })]).dearerShare).toBe(0)
  expect(summarize([])).toMatchObject({ runCount: 0, dearerShare: 0, worstSchedule: '', net: 0 })
})
