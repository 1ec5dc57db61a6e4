import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBoundUs, parseTimestampUs, printTimestamp, yearOneUs } from './timestamp.ts'

const us = (text: string) => Date.parse(text) * 1000

test.each([
  ['2025-08-09T21:19:56.123Z', us('2025-08-09T21:19:56.123Z')],
  ['2025-08-09T21:19:56.123', us('2025-08-09T21:19:56.123Z')],
  ['2025-08-09T21:19:56', us('2025-08-09T21:19:56Z')],
  ['2025-08-09T21:19Z', us('2025-08-09T21:19:00Z')],
  ['2025-08-09', us('2025-08-09T00:00:00Z')],
  ['2025-08-09T18:19:56.1-03:00', us('2025-08-09T21:19:56.1Z')],
  ['2025-08-09T21:19:56.1234569Z', us('2025-08-09T21:19:56.123Z') + 456],
  ['0001-01-01T00:00:00', yearOneUs],
])('a body may say %s', (text, instantUs) => {
  expect(parseTimestampUs(text)).toBe(instantUs)
  expect(parseBoundUs(text)).toBe(instantUs)
})

test.each([
  '',
  'yesterday',
  '2025-02-29',
  '2025-13-01',
  '0000-01-01',
  '2025-08-09T24:00:00Z',
  '2025-08-09T21:19:56.Z',
  '2025-08-09T21:19:56+15:00',
  '2025-08-09 21:19:56Z',
  '20250809T211956Z',
  1754774396,
])('a body may not say %j', text => {
  expect(parseTimestampUs(String(text))).toBeUndefined()
})

test('a query may use the basic form, a space and a comma', () => {
  const instantUs = us('2025-08-09T21:19:56.5Z')
  for (const text of ['20250809T211956.5Z', '2025-08-09 21:19:56.5', '2025-08-09t23:19:56,5+0200']) {
    expect(parseBoundUs(text)).toBe(instantUs)
  }
})

test('what is printed has no zone and no trailing zeros, and reads back as it was', () => {
  expect(printTimestamp(us('2025-08-09T21:19:56.120Z'))).toBe('2025-08-09T21:19:56.12')
  expect(printTimestamp(yearOneUs)).toBe('0001-01-01T00:00:00')
  expect(printTimestamp(-1)).toBe('1969-12-31T23:59:59.999999')
  fc.assert(
    fc.property(
      fc.integer({ min: us('1700-01-01T00:00:00Z'), max: us('2250-01-01T00:00:00Z') }),
      instantUs => {
        expect(parseTimestampUs(printTimestamp(instantUs))).toBe(instantUs)
      },
    ),
  )
})
