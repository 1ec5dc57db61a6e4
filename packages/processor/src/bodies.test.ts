import { amountCentsMax } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printPaymentBody, readLookupBody, readRetryAfterMs } from './index.ts'

test('a payment is written as the processor documents it', () => {
  const correlationId = Uint8Array.from({ length: 16 }, (_, index) => index * 17)
  const requestedAtMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)
  expect(printPaymentBody({ correlationId, amountCents: 1990, requestedAtMs })).toBe(
    '{"correlationId":"00112233-4455-6677-8899-aabbccddeeff","amount":19.90,"requestedAt":"2025-08-09T21:19:56.123Z"}',
  )
})

test('a payment that a processor answers reads as the payment that was sent', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.integer({ min: 1, max: amountCentsMax }),
      fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
      (correlationId, amountCents, requestedAtMs) => {
        const body = JSON.parse(printPaymentBody({ correlationId, amountCents, requestedAtMs }))
        const stored = { ...body, requestedAt: body.requestedAt.replace('Z', '') }
        const outcome = readLookupBody(JSON.stringify(stored), correlationId)
        expect(outcome).toEqual({ kind: 'found', requestedAtMs, amountCents })
      },
    ),
  )
})

test.each([
  ['0', 0],
  ['120', 120_000],
  ['9999999999', 9_999_999_999_000],
  ['Fri, 31 Dec 1999 23:59:59 GMT', 0],
  ['Sat, 09 Aug 2025 21:20:00 GMT', 4000],
  ...['', '-1', '1.5', '1e3', 'soon', '2025-08-09T21:20:00Z', '99999999999', 'Sat, the 9th GMT'].map(
    (text): [string, undefined] => [text, undefined],
  ),
])('a Retry-After of "%s" is %s ms', (text, retryAfterMs) => {
  expect(readRetryAfterMs(text, Date.UTC(2025, 7, 9, 21, 19, 56))).toBe(retryAfterMs)
})
