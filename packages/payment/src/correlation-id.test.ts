import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCorrelationId, printCorrelationId, readCorrelationId } from './correlation-id.ts'

const example = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'

test('an id in any case is the same 16 bytes and is printed in lower case', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }), (uuid, upper) => {
      const mixed = [...uuid]
        .map((character, at) => (upper[at] ? character.toUpperCase() : character))
        .join('')
      const id = parseCorrelationId(mixed)
      expect(id && Buffer.from(id).toString('hex')).toBe(uuid.replaceAll('-', ''))
      expect(id && printCorrelationId(id)).toBe(uuid)
    }),
  )
})

test('the version bits are not looked at: the nil UUID and all ones are ids', () => {
  for (const uuid of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']) {
    expect(printCorrelationId(parseCorrelationId(uuid) ?? new Uint8Array())).toBe(uuid)
  }
})

test.each([
  ['empty', ''],
  ['one character short', example.slice(0, -1)],
  ['one character long', `${example}0`],
  ['without hyphens', example.replaceAll('-', '')],
  ['in braces', `{${example}}`],
  ['with a hyphen moved', '4a7901b-87d26-4d9d-aa19-4dc1c7cf60b3'],
  ['with a space in front', ` ${example.slice(1)}`],
  ['with characters beyond ASCII whose low byte is a digit', example.replace('4', '\u0134')],
  ['of 36 digits without a hyphen', '0'.repeat(36)],
])('a text %s is no id', (_, text) => {
  expect(parseCorrelationId(text)).toBeUndefined()
})

test('any other character in any place makes it no id', () => {
  const isAllowed = (at: number, character: string) =>
    example[at] === '-' ? character === '-' : /^[0-9a-fA-F]$/.test(character)
  fc.assert(
    fc.property(fc.nat({ max: 35 }), fc.oneof(fc.nat(0x7f), fc.nat(0xffff)), (at, code) => {
      const character = String.fromCharCode(code)
      const text = example.slice(0, at) + character + example.slice(at + 1)
      expect(parseCorrelationId(text) !== undefined).toBe(isAllowed(at, character))
    }),
  )
})

test('an id is read from the middle of a text and written at an offset, and nothing beside it is touched', () => {
  const text = new TextEncoder().encode(`"${example}"`)
  const into = new Uint8Array(20).fill(0xee)
  expect(readCorrelationId(text, 1, 37, into, 2)).toBe(true)
  expect(printCorrelationId(into, 2)).toBe(example)
  expect([into[0], into[1], into[18], into[19]]).toEqual([0xee, 0xee, 0xee, 0xee])
})

test('a range that reaches past the text is no id', () => {
  expect(readCorrelationId(new TextEncoder().encode(example.slice(0, 35)), 0, 36, new Uint8Array(16))).toBe(
    false,
  )
})
