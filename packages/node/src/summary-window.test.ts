import { expect, test } from 'vitest'
import { readSummaryWindow } from './summary-window.ts'

const at = (text: string) => Date.parse(text)

test.each([
  ['', null, null],
  ['&', null, null],
  [
    'from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z',
    -62_135_596_800_000,
    at('9999-12-31T23:59:59.999Z'),
  ],
  ['from=0000-01-01&to=0000-01-01T00:00:00.001Z', -62_167_219_200_000, -62_167_219_199_999],
  ['from=2025-08-09T21:19:56.123Z', at('2025-08-09T21:19:56.123Z'), null],
  ['to=2025-08-09T21:19:56.123Z', null, at('2025-08-09T21:19:56.123Z')],
  ['from=1970-01-01T00:00:00Z&to=1970-01-01T00:00:00Z', 0, 0],
  ['from=2025-08-09T21%3A19%3A56.123Z', at('2025-08-09T21:19:56.123Z'), null],
  ['from=2025-08-09T21:19:56%2B03:00', at('2025-08-09T18:19:56Z'), null],
  ['from=2025-08-09T21:19:56+03:00', at('2025-08-09T18:19:56Z'), null],
  ['from=1970-01-01T00:00:00.0001Z&to=1970-01-01T00:00:00.9999999Z', 1, 999],
])('%j is a window from %s to %s', (query, fromMs, toMs) => {
  expect(readSummaryWindow(query)).toEqual({ ok: true, value: { fromMs, toMs } })
})

test('a window shorter than a millisecond is valid and empty, because its rounded ends cross', () => {
  const query = 'from=1970-01-01T00:00:00.0001Z&to=1970-01-01T00:00:00.0009Z'
  expect(readSummaryWindow(query)).toEqual({ ok: true, value: { fromMs: 1, toMs: 0 } })
})

test.each([
  ['from=', 'from', 'ISO 8601'],
  ['from=yesterday', 'from', 'ISO 8601'],
  ['from', 'from', 'ISO 8601'],
  ['to=2025-02-30T00:00:00Z', 'to', 'ISO 8601'],
  ['from=2025-08-09&to=x', 'to', 'ISO 8601'],
  ['from=%ff', 'from', 'ISO 8601'],
  ['from=2025-08-09&from=2025-08-09', 'from', 'twice'],
  ['to=2025-08-09&from=2025-08-09&to=', 'to', 'twice'],
  ['form=2025-08-09', 'form', 'takes from and to'],
  ['From=2025-08-09', 'From', 'takes from and to'],
  ['from=2025-08-09&To=2025-08-09', 'To', 'takes from and to'],
  ['from%20=2025-08-09', 'from ', 'takes from and to'],
  ['from[]=2025-08-09', 'from[]', 'takes from and to'],
  ['=2025-08-09', '', 'takes from and to'],
  ['from=1970-01-01T00:00:00.001Z&to=1970-01-01T00:00:00Z', 'from', 'later than to'],
  ['from=1970-01-01T00:00:00.001Z&to=1970-01-01T00:00:00.0009Z', 'from', 'later than to'],
])('%j is refused, naming %s', (query, field, detail) => {
  expect(readSummaryWindow(query)).toEqual({
    ok: false,
    error: { kind: 'bad-request', field, detail: expect.stringContaining(detail) },
  })
})
