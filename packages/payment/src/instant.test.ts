import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInstantMs, printInstant } from './instant.ts'

const expected = Date.UTC(2025, 7, 9, 21, 19, 56, 123)

test.each([
  '2025-08-09T21:19:56.123Z',
  '2025-08-09T21:19:56.123000000Z',
  '2025-08-09T21:19:56,123Z',
  '2025-08-09t21:19:56.123z',
  '2025-08-09 21:19:56.123Z',
  '2025-08-09T21:19:56.123',
  '2025-08-09T21:19:56.123+00:00',
  '2025-08-09T21:19:56.123-00:00',
  '2025-08-09T18:19:56.123-03:00',
  '2025-08-09T18:19:56.123-0300',
  '2025-08-09T18:19:56.123-03',
  '2025-08-10T03:04:56.123+05:45',
  '2025-08-10T03:04:56.123 05:45',
  '20250809T211956.123Z',
  '20250810T030456.123+0545',
])('%s is that instant', text => {
  expect(parseInstantMs(text, 'down')).toBe(expected)
  expect(parseInstantMs(text, 'up')).toBe(expected)
})

test.each([
  ['2025-08-09T21:19:56Z', Date.UTC(2025, 7, 9, 21, 19, 56)],
  ['2025-08-09T21:19Z', Date.UTC(2025, 7, 9, 21, 19)],
  ['2025-08-09T21Z', Date.UTC(2025, 7, 9, 21)],
  ['20250809T21Z', Date.UTC(2025, 7, 9, 21)],
  ['2025-08-09', Date.UTC(2025, 7, 9)],
  ['20250809', Date.UTC(2025, 7, 9)],
  ['2025-08-09T24:00:00.000Z', Date.UTC(2025, 7, 10)],
  ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['1969-12-31T23:59:59.999Z', -1],
  ['0000-01-01T00:00:00Z', -62_167_219_200_000],
  ['0000-02-29', -62_162_121_600_000],
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ['0099-12-31T23:59:59.999Z', -59_011_459_200_001],
  ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
  ['2016-12-31T23:59:60.999Z', Date.UTC(2017, 0, 1)],
  ['2017-01-01T05:29:60+05:30', Date.UTC(2017, 0, 1)],
  ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
])('%s, a shorter form or an end of the calendar, is %d', (text, instantMs) => {
  expect(parseInstantMs(text, 'down')).toBe(instantMs)
})

test.each([
  ['2025-08-09T21:19:56.1231Z', expected, expected + 1],
  ['2025-08-09T21:19:56.123000001Z', expected, expected + 1],
  ['2025-08-09T21:19:56.122999999Z', expected - 1, expected],
  ['2025-08-09T21:19:56.9999999Z', Date.UTC(2025, 7, 9, 21, 19, 56, 999), Date.UTC(2025, 7, 9, 21, 19, 57)],
  ['1969-12-31T23:59:59.9995Z', -1, 0],
])('%s is finer than a millisecond: %d as an end and %d as a start', (text, down, up) => {
  expect(parseInstantMs(text, 'down')).toBe(down)
  expect(parseInstantMs(text, 'up')).toBe(up)
})

test.each([
  '',
  'now',
  '1754774396123',
  '2025-08-09T21:19:56.Z',
  '2025-08-09T21:19:56.1234567890Z',
  '2025-02-31T00:00:00Z',
  '2025-02-29T00:00:00Z',
  '2025-00-09T00:00:00Z',
  '2025-13-09T00:00:00Z',
  '2025-08-00T00:00:00Z',
  '0001-02-29T00:00:00Z',
  '-0001-08-09T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '2025-08-09T24:00:01Z',
  '2025-08-09T24:00:00.001Z',
  '2025-08-09T25:00:00Z',
  '2025-08-09T21:60:00Z',
  '2025-08-09T21:19:60Z',
  '2016-12-31T23:59:60+01:00',
  '2016-12-31T23:59:61Z',
  '2025-08-09T21:19:56+24:00',
  '2025-08-09T21:19:56+03:60',
  '2025-08-09T21:19:56+3:00',
  '2025-08-09Z',
  '2025-8-9T21:19:56Z',
  '2025-0809T21:19:56Z',
  '2025-08-09T21:19:56Z ',
  '2025-08-09T21:19:56Z\n',
  '+002025-08-09T21:19:56Z',
])('%j is no instant', text => {
  expect(parseInstantMs(text, 'down')).toBeUndefined()
})

const instant = fc.integer({ min: Date.parse('0000-01-02T00:00:00Z'), max: Date.UTC(9999, 11, 30) })

test('a printed instant is read back', () => {
  fc.assert(
    fc.property(instant, instantMs => {
      expect(parseInstantMs(printInstant(instantMs), 'down')).toBe(instantMs)
    }),
  )
})

test('an offset moves the wall clock and not the instant', () => {
  const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
  fc.assert(
    fc.property(instant, offset, (instantMs, offsetMinutes) => {
      const wall = printInstant(instantMs + offsetMinutes * 60_000).slice(0, -1)
      const minutes = Math.abs(offsetMinutes)
      const pad = (value: number) => String(value).padStart(2, '0')
      const text = `${wall}${offsetMinutes < 0 ? '-' : '+'}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`
      expect(parseInstantMs(text, 'up')).toBe(instantMs)
    }),
  )
})

test('after rounding inwards, whole milliseconds compare as the exact instants do', () => {
  const bound = fc.tuple(fc.integer({ min: 0, max: 999 }), fc.nat(999_999))
  fc.assert(
    fc.property(bound, fc.integer({ min: 0, max: 1001 }), ([milliseconds, nanoseconds], recordedMs) => {
      const fraction = `${milliseconds}`.padStart(3, '0') + `${nanoseconds}`.padStart(6, '0')
      const text = `1970-01-01T00:00:00.${fraction}Z`
      const boundNs = BigInt(milliseconds) * 1_000_000n + BigInt(nanoseconds)
      const recordedNs = BigInt(recordedMs) * 1_000_000n
      expect(recordedMs >= (parseInstantMs(text, 'up') ?? Number.NaN)).toBe(recordedNs >= boundNs)
      expect(recordedMs <= (parseInstantMs(text, 'down') ?? Number.NaN)).toBe(recordedNs <= boundNs)
    }),
  )
})
