import { pack } from 'msgpackr'
import { expect, test } from 'vitest'
import { valueCountMax } from './limits.ts'
import { scanPayload } from './scan.ts'

const scan = (...bytes: number[]) => scanPayload(Uint8Array.from(bytes))

test('arrays of plain values pass, up to four levels and the limit of values', () => {
  const values = [
    1,
    -1,
    2 ** 40,
    1.5,
    null,
    true,
    false,
    'text',
    'x'.repeat(300),
    new Uint8Array(70_000),
    [[[0]]],
  ]
  expect(scanPayload(pack(values))).toBeUndefined()
  expect(scanPayload(pack(Array.from({ length: valueCountMax - 1 }, () => 0)))).toBeUndefined()
})

test('too many values are refused as soon as the header is read', () => {
  expect(scan(0xdc, 0xff, 0xff)).toContain('values')
  expect(scanPayload(pack(Array.from({ length: valueCountMax }, () => 0)))).toContain('values')
})

test('nesting is refused at its fifth level, however much follows', () => {
  expect(scanPayload(new Uint8Array(200_000).fill(0x91))).toContain('nest deeper')
  expect(scanPayload(pack([[[[[]]]]]))).toContain('nest deeper')
})

test.each([
  ['map', 0x81],
  ['map 16', 0xde],
  ['never used', 0xc1],
  ['extension', 0xc7],
  ['fixed extension (records, dates)', 0xd4],
  ['float 32', 0xca],
  ['array 32', 0xdd],
])('a %s is not used by this protocol', (_, token) => {
  expect(scan(0x91, token, 1, 1, 1, 1, 1)).toContain('not used')
})

test('a payload is exactly one array', () => {
  expect(scan()).toContain('ends within')
  expect(scan(0x05)).toBe('the payload is not an array')
  expect(scan(0x91)).toContain('ends within')
  expect(scan(0x91, 0xc6, 0xff, 0xff, 0xff, 0xff)).toContain('ends within')
  expect(scan(0x91, 0xcf, 0, 0)).toContain('ends within')
  expect(scan(0x90, 0x90)).toBe('bytes follow the message')
})
