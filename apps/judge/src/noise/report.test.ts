import { describe, expect, test } from 'vitest'
import { ruleNames } from '../chaos/verdict.ts'
import { noiseProgressLine, noiseRules, noiseTable } from './report.ts'
import type { NoiseResult } from './run.ts'

const agesOf = (slowMs: number, slowCount: number) =>
  Array.from({ length: 100 }, (_, index) => ({ ageMs: index < slowCount ? slowMs : 40, isSettled: true }))
const counts = Object.fromEntries(ruleNames.map(name => [name, 0])) as NoiseResult['verdict']['counts']
const verdict = {
  counts,
  allowed: { queued: 0, received: 0 },
  states: new Map([['settled by default', 18_000]]),
  findings: [],
}
const clean: NoiseResult = {
  postedCount: 18_000,
  acceptedCount: 18_000,
  answers: new Map([['202 received', 18_000]]),
  settledInLoadCount: 17_950,
  settledInGraceCount: 18_000,
  settledMs: 3100,
  settledLateMs: 0,
  ages: agesOf(3040, 4),
  auditGuardMs: 0,
  dearerShare: 0.15,
  verdict,
}
const flags = { rate: 300, seconds: 60 }
const failed = (result: Partial<NoiseResult>) =>
  noiseRules({ ...clean, ...result })
    .filter(({ held }) => !held)
    .map(({ name }) => name)

describe('the rules under noise', () => {
  test('all hold where everything was settled in time, cheaply, and found once', () => {
    expect(failed({})).toEqual([])
  })

  test.each(ruleNames)('count what the comparison found: %s', name => {
    expect(failed({ verdict: { ...verdict, counts: { ...counts, [name]: 1 } } })).toEqual([name])
  })

  test.each<[string, Partial<NoiseResult>]>([
    ['all settled', { settledMs: undefined }],
    ['age p95', { ages: agesOf(2100, 10) }],
    ['age p95', { ages: [] }],
    ['age p95', { ages: agesOf(5100, 10), auditGuardMs: 1500 }],
    ['at most 15 %', { dearerShare: 0.1501 }],
    ['at most 1 %', { acceptedCount: 17_819 }],
  ])('%s is one of them', (name, result) => {
    expect(failed(result)).toEqual([expect.stringContaining(name)])
  })

  test('give payments more time where there is an audit guard', () => {
    expect(failed({ ages: agesOf(4900, 10), auditGuardMs: 1500 })).toEqual([])
  })
})

test('the table has the figures, the rules, and what a person looks into', () => {
  const ages = [...agesOf(40, 0), { ageMs: 31_000, isSettled: false }]
  const found = { ...clean, ages, verdict: { ...verdict, findings: ['charged twice: a'] } }
  const table = noiseTable(flags, { ...found, settledMs: undefined, settledLateMs: 4200 })
  expect(table).toMatch(/^posted +18,000: 300 a second for 60 s$/m)
  expect(table).toMatch(/^everything settled +4\.20 s after the noise$/m)
  expect(table).toMatch(/^age p50, p95, p99 of 101 +0\.04 s, 0\.04 s, 0\.04 s$/m)
  expect(table).toMatch(/^ {2}of these not settled.* 1$/m)
  expect(table).toMatch(/^all settled within 10 s after the load +no +FAIL$/m)
  expect(table).toMatch(/^charged twice: a$/m)
  expect(noiseTable(flags, clean)).toMatch(/^everything settled +3\.10 s after the load$/m)
  const never = { ...clean, settledMs: undefined, settledLateMs: undefined }
  expect(noiseTable(flags, never)).toMatch(/^everything settled +not a minute after the noise$/m)
})

test('a line says how it goes on', () => {
  const queue = { queuedCount: 5, inFlightCount: 2, unknownCount: 1, settledCount: 80 }
  const now = { elapsedMs: 7400, postedCount: 90, acceptedCount: 88, comparedCount: 3, queue }
  expect(noiseProgressLine(flags, { ...now, phase: 'load' })).toBe(
    'load and noise · 7 of 60 s · 88 of 90 accepted · 5 queued, 2 in flight, 1 unknown',
  )
  expect(noiseProgressLine(flags, { ...now, phase: 'grace', queue: undefined })).toBe(
    'noise · 7 of 60 s · 88 of 90 accepted · the coordinator does not answer',
  )
  expect(noiseProgressLine(flags, { ...now, phase: 'comparing' })).toBe('comparing: 3 of 90 payments')
})
