import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBoundMs, parseTimestampMs, printTimestamp, yearOneMs } from './timestamp.ts'

test.each([
  ['2025-08-09T21:19:56.123Z', Date.parse('2025-08-09T21:19:56.123Z')],
  ['2025-08-09T21:19:56.123', Date.parse('2025-08-09T21:19:56.123Z')],
  ['2025-08-09T21:19:56', Date.parse('2025-08-09T21:19:56Z')],
  ['2025-08-09T21:19Z', Date.parse('2025-08-09T21:19:00Z')],
  ['2025-08-09', Date.parse('2025-08-09T00:00:00Z')],
  ['2025-08-09T18:19:56.1-03:00', Date.parse('2025-08-09T21:19:56.1Z')],
  ['2025-08-09T21:19:56.1234569Z', Date.parse('2025-08-09T21:19:56.123Z') + 0.456],
  ['0001-01-01T00:00:00', yearOneMs],
])('a body may say %s', (text, instantMs) => {
  expect(parseTimestampMs(text)).toBe(instantMs)
  expect(parseBoundMs(text)).toBe(instantMs)
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
  expect(parseTimestampMs(String(text))).toBeUndefined()
})

test('a query may use the basic form, a space and a comma', () => {
  const instantMs = Date.parse('2025-08-09T21:19:56.5Z')
  for (const text of ['20250809T211956.5Z', '2025-08-09 21:19:56.5', '2025-08-09t23:19:56,5+0200']) {
    expect(parseBoundMs(text)).toBe(instantMs)
  }
})

test('a printed instant has no zone and no trailing zeros, and reads back unchanged', () => {
  expect(printTimestamp(Date.parse('2025-08-09T21:19:56.120Z'))).toBe('2025-08-09T21:19:56.12')
  expect(printTimestamp(yearOneMs)).toBe('0001-01-01T00:00:00')
  expect(printTimestamp(-0.001)).toBe('1969-12-31T23:59:59.999999')
  const { parse } = Date
  fc.assert(
    fc.property(
      fc.integer({ min: parse('1831-01-01T00:00:00Z'), max: parse('2109-01-01T00:00:00Z') }),
      fc.integer({ min: 0, max: 999 }),
      (wholeMs, micros) => {
        const text = `${new Date(wholeMs).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}`
        const instantMs = parseTimestampMs(text) ?? Number.NaN
        expect(parseTimestampMs(printTimestamp(instantMs))).toBe(instantMs)
        expect(instantMs).toBe(parseBoundMs(`${text}999Z`))
      },
    ),
  )
})

test('instants a microsecond apart are told apart, and in order', () => {
  const instants = Array.from({ length: 2000 }, (_, micros) =>
    Number(parseTimestampMs(`2025-08-09T21:19:56.${String(micros).padStart(6, '0')}Z`)),
  )
  expect(instants.every((instantMs, at) => at === 0 || instantMs > Number(instants[at - 1]))).toBe(true)
  expect(printTimestamp(Number(instants[1999]))).toBe('2025-08-09T21:19:56.001999')
})
