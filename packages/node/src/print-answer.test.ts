import { expect, test } from 'vitest'
import { printHeld, printReport, printSummary } from './print-answer.ts'

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'

test('a summary has a member for each processor, in the order given, amounts with two decimals', () => {
  const summary = printSummary([
    { processor: 'default', count: 11562, amountCents: 23_008_380 },
    { processor: 'fallback', count: 0, amountCents: 0 },
  ])
  expect(summary).toBe(
    '{"default":{"totalRequests":11562,"totalAmount":230083.80},"fallback":{"totalRequests":0,"totalAmount":0.00}}',
  )
})

test('a total that float multiplication gets wrong is printed from its digits', () => {
  expect(printSummary([{ processor: 'a', count: 1, amountCents: 1_802_945_315 }])).toContain(':18029453.15}')
})

test('names and reasons are quoted as JSON', () => {
  expect(JSON.parse(printSummary([{ processor: 'a"\\\n', count: 0, amountCents: 0 }]))).toHaveProperty([
    'a"\\\n',
  ])
  const rejected = printReport(id, { state: 'rejected', amountCents: 1, reason: '400: "bad"' })
  expect(JSON.parse(rejected)).toEqual({
    correlationId: id,
    state: 'rejected',
    amount: 0.01,
    reason: '400: "bad"',
  })
})

test('each state of a payment is printed with the members of that state', () => {
  const requestedAtMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)
  const common = { correlationId: id, amount: 19.9 }
  const attempt = { processor: 'default', requestedAt: '2025-08-09T21:19:56.123Z' }
  expect(JSON.parse(printReport(id, { state: 'queued', amountCents: 1990 }))).toEqual({
    ...common,
    state: 'queued',
  })
  for (const state of ['inFlight', 'settled'] as const) {
    const report = printReport(id, { state, amountCents: 1990, processor: 'default', requestedAtMs })
    expect(JSON.parse(report)).toEqual({ ...common, state, ...attempt })
  }
  expect(JSON.parse(printHeld(id))).toEqual({ correlationId: id, state: 'accepted' })
})
