import { expect, test } from 'vitest'
import { boolean, decimal, int32, isJsonContentType, readFields, text, uuid } from './wire-json.ts'

const bytes = (json: string) => new TextEncoder().encode(json)
const read = (json: string) => readFields(bytes(json), { count: int32 }, { count: 0 })

test('missing fields take defaults, unknown ones are ignored, names match in any case, the last of a name counts', () => {
  expect(read('{}')).toEqual({ count: 0 })
  expect(read('{"other":[1,{"a":null}],"CoUnT":3}')).toEqual({ count: 3 })
  expect(read('{"count":1,"Count":2}')).toEqual({ count: 2 })
  expect(read('{"__proto__":1,"constructor":2}')).toEqual({ count: 0 })
})

test.each(['', '[]', 'null', '1', '{', '{"count":1.5}', '{"count":null}', '{"count":true}', '{"count":"x"}'])(
  '%j is refused',
  json => {
    expect(read(json)).toBeUndefined()
  },
)

test('bytes that are no UTF-8 are refused', () => {
  expect(readFields(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d), {}, {})).toBeUndefined()
})

test('values are checked by type and range', () => {
  expect([int32(2 ** 31 - 1), int32(2 ** 31), int32(-(2 ** 31)), int32('12'), int32(' 12')]).toEqual([
    2 ** 31 - 1,
    undefined,
    -(2 ** 31),
    12,
    undefined,
  ])
  expect([decimal(19.9), decimal('1e-2'), decimal(1e29), decimal('0x10'), decimal(null)]).toEqual([
    19.9,
    0.01,
    undefined,
    undefined,
    undefined,
  ])
  expect([boolean(false), boolean('true'), text(null), text(5)]).toEqual([false, undefined, '', undefined])
  const id = '4A7901B8-7D26-4D9D-AA19-4DC1C7CF60B3'
  expect([uuid(id), uuid(id.replaceAll('-', '')), uuid(`{${id}}`), uuid(7)]).toEqual([
    Uint8Array.from(Buffer.from(id.replaceAll('-', ''), 'hex')),
    undefined,
    undefined,
    undefined,
  ])
})

test('a content type is JSON by its media type alone', () => {
  for (const json of ['application/json', 'Application/JSON; charset=utf-8', 'application/problem+json']) {
    expect(isJsonContentType(json)).toBe(true)
  }
  for (const other of ['', 'text/plain', 'application/jsonp', 'json', 'text/plain; application/json']) {
    expect(isJsonContentType(other)).toBe(false)
  }
})
