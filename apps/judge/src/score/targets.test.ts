import { describe, expect, test } from 'vitest'
import type { HttpAnswer } from '../http-client.ts'
import { readBackendSummary, readProcessorSummary } from './targets.ts'

const answer = (body: unknown, status = 200): HttpAnswer => ({
  kind: 'answer',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  latencyMs: 1,
})

const one = { totalRequests: 2, totalAmount: 39.8 }

describe("a backend's summary", () => {
  test('is read by processor, in cents', () => {
    expect(
      readBackendSummary(answer({ default: one, fallback: { totalRequests: 0, totalAmount: 0 } })),
    ).toEqual({
      kind: 'read',
      value: { default: { count: 2, amountCents: 3980 }, fallback: { count: 0, amountCents: 0 } },
    })
  })

  test('may be the sum of floats', () => {
    const drifted = { totalRequests: 16_752, totalAmount: 333_364.800_000_029_2 }
    expect(readBackendSummary(answer({ default: drifted, fallback: one }))).toMatchObject({
      value: { default: { amountCents: 33_336_480 } },
    })
  })

  test.each([
    ['no JSON', '<html>'],
    ['null', 'null'],
    ['a processor too few', { default: one }],
    ['a count that is a text', { default: { ...one, totalRequests: '2' }, fallback: one }],
    ['half a payment', { default: { ...one, totalRequests: 0.5 }, fallback: one }],
    ['an amount too large to be exact', { default: { ...one, totalAmount: 1e300 }, fallback: one }],
  ])('is missing where it is %s', (_, body) => {
    expect(readBackendSummary(answer(body))).toEqual({ kind: 'missing', reason: 'answered no summary' })
  })

  test('is missing with the status, or with why nothing came', () => {
    expect(readBackendSummary(answer('', 503))).toEqual({ kind: 'missing', reason: 'answered 503' })
    expect(readBackendSummary({ kind: 'none', reason: 'ECONNREFUSED' })).toEqual({
      kind: 'missing',
      reason: 'ECONNREFUSED',
    })
  })
})

describe("a processor's summary", () => {
  test('has its fee beside the totals', () => {
    expect(readProcessorSummary(answer({ ...one, totalFee: 1.99, feePerTransaction: 0.05 }))).toEqual({
      kind: 'read',
      value: { count: 2, amountCents: 3980, feePerTransaction: 0.05 },
    })
  })

  test.each([undefined, null, '0.05'])('may be silent about the fee (%j)', feePerTransaction => {
    expect(readProcessorSummary(answer({ ...one, feePerTransaction }))).toMatchObject({
      value: { feePerTransaction: undefined },
    })
  })
})
