import { describe, expect, test } from 'vitest'
import { measuredOf, type PostedPayments } from '../score/closing.ts'
import { officialSchedules } from '../score/official-schedules.ts'
import { auditIn, closingIn, readLogLine, readSummary } from './measured.ts'
import type { K6Reading } from './wire.ts'

const { preview, final } = officialSchedules

describe('the metrics k6 prints at its end', () => {
  const metrics = {
    http_req_duration: { type: 'trend', values: { 'p(99)': 1400, count: 6 } },
    'http_req_duration{expected_response:true}': { type: 'trend', values: { 'p(99)': 2.5478, count: 4 } },
    payments_accepted: { type: 'counter', values: { count: 90_591, rate: 300 } },
    payments_failed: { type: 'counter', values: { count: 7, rate: 1 } },
    'payments_failed{cause:timeout}': { type: 'counter', values: { count: 4 }, thresholds: {} },
    'payments_failed{cause:503}': { type: 'counter', values: { count: 3 }, thresholds: {} },
    'payments_failed{cause:reset}': { type: 'counter', values: { count: 0 }, thresholds: {} },
  }

  test('become counts, causes that occurred, and the p99 of what succeeded', () => {
    expect(readSummary(JSON.stringify(metrics))).toEqual({
      acceptedCount: 90_591,
      failedCount: 7,
      failures: { timeout: 4, 503: 3 },
      p99Ms: 2.5478,
    })
  })

  test('that were never added to are left out by k6, and are 0', () => {
    expect(readSummary('{}')).toEqual({ acceptedCount: 0, failedCount: 0, failures: {}, p99Ms: 0 })
  })

  test('that are no JSON end the run with what was printed', () => {
    expect(() => readSummary('panic: oh')).toThrow('k6 printed no metrics at its end, but "panic: oh"')
  })
})

test("a line of k6's log is a note only when the script's console wrote it", () => {
  const note = { note: 'started' }
  const line = (fields: object) => JSON.stringify({ level: 'info', msg: JSON.stringify(note), ...fields })
  expect(readLogLine(line({ source: 'console' }))).toEqual({ kind: 'note', note })
  expect(readLogLine(line({}))).toMatchObject({ kind: 'words' })
  const warning = { level: 'warning', msg: 'Request Failed', error: 'EOF' }
  expect(readLogLine(line(warning))).toEqual({
    kind: 'words',
    level: 'warning',
    words: 'Request Failed: EOF',
  })
  expect(readLogLine('panic: oh')).toEqual({ kind: 'words', level: 'error', words: 'panic: oh' })
})

const answer = (json: unknown) =>
  ({ kind: 'answer', status: 200, body: JSON.stringify(json), latencyMs: 1 }) as const
const totals = (totalRequests: number, totalAmount: number) => ({ totalRequests, totalAmount })
const ofProcessor = (count: number, amount: number, feePerTransaction: number) =>
  answer({ ...totals(count, amount), totalFee: 0, feePerTransaction })

const reading: K6Reading = {
  fromMs: 1000,
  toMs: 9000,
  backend: answer({ default: totals(12, 240.6), fallback: totals(3, 60.15) }),
  default: ofProcessor(10, 200.5, 0.07),
  fallback: ofProcessor(5, 100.25, 0.1),
}

test("an audit is judged by the schedule's rule: the preview lets errors of opposite sign cancel", () => {
  expect(auditIn(reading, final)).toEqual({
    fromMs: 1000,
    toMs: 9000,
    backend: { default: 12, fallback: 3 },
    processors: { default: 10, fallback: 5 },
    inconsistencyCount: 4,
    missing: [],
  })
  expect(auditIn(reading, preview).inconsistencyCount).toBe(0)
})

test('a book that could not be read counts as empty, and is named', () => {
  const audit = auditIn({ ...reading, default: { kind: 'none', reason: 'request timeout' } }, final)
  expect(audit).toMatchObject({ inconsistencyCount: 14, missing: ['default processor: request timeout'] })
})

describe('a whole run', () => {
  const summary: PostedPayments = { acceptedCount: 16, failedCount: 1, failures: { timeout: 1 }, p99Ms: 2.5 }
  const audits = [auditIn(reading, final), auditIn(reading, final)]

  test("with the final's schedule counts the processors' totals and adds up the audits", () => {
    expect(measuredOf(final, summary, audits, closingIn(reading, final))).toEqual({
      counts: {
        acceptedCount: 16,
        failedCount: 1,
        totals: {
          default: { count: 10, amountCents: 20_050, feePerTransaction: 0.07 },
          fallback: { count: 5, amountCents: 10_025, feePerTransaction: 0.1 },
        },
        p99Ms: 2.5,
        inconsistencyCount: 8,
      },
      failures: { timeout: 1 },
      audits,
      books: expect.objectContaining({
        backend: { default: { count: 12, amountCents: 24_060 }, fallback: { count: 3, amountCents: 6015 } },
      }),
      warnings: [],
    })
  })

  test("with the preview's schedule counts the backend's totals, and warns of fees that differ from the schedule", () => {
    const { counts, warnings } = measuredOf(preview, summary, [], closingIn(reading, preview))
    expect(counts.totals.default.count).toBe(12)
    expect(warnings).toEqual([
      'the default processor charges 0.07, the schedule says 0.05, which the score is by',
      'the fallback processor charges 0.1, the schedule says 0.15, which the score is by',
    ])
  })
})
