import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseCorrelationId, printCorrelationId } from './correlation-id.ts'
import { type PaymentProblem, readPaymentJson } from './payment-json.ts'

const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
const target = { correlationId: new Uint8Array(16), amountCents: 0 }

function readBytes(body: Uint8Array): { id: string; amountCents: number } | PaymentProblem {
  target.correlationId.fill(0xee)
  target.amountCents = -1
  const problem = readPaymentJson(body, target)
  return problem ?? { id: printCorrelationId(target.correlationId), amountCents: target.amountCents }
}

const encode = (text: string) => new TextEncoder().encode(text)
const read = (body: string) => readBytes(encode(body))

test.each([
  ['as k6 sends it', `{"correlationId":"${id}","amount":19.9}`],
  ['in the other order', `{"amount":19.90,"correlationId":"${id}"}`],
  ['with space wherever JSON allows it', `\r\n\t { "correlationId" :\n"${id}" , "amount"\t: 19.90 } \n`],
  ['with the id in upper case', `{"correlationId":"${id.toUpperCase()}","amount":19.90}`],
  ['with an escaped key', `{"correlation\\u0049d":"${id}","\\u0061mount":19.90}`],
  ['with an escaped id', `{"correlationId":"\\u0034${id.slice(1)}","amount":19.90}`],
  [
    'with unknown fields',
    `{"a":[{"b":null},true,""],"correlationId":"${id}","é":"ü\\n","amount":1990e-2,"z":{}}`,
  ],
  [
    'with the fields repeated inside an unknown one',
    `{"x":{"amount":1,"correlationId":2},"correlationId":"${id}","amount":19.9}`,
  ],
  [
    'with keys that begin or end as the fields do',
    `{"amounts":1,"mount":2,"correlationId":"${id}","amount":19.9}`,
  ],
])('a body %s is read', (_, body) => {
  expect(read(body)).toEqual({ id, amountCents: 1990 })
})

test.each([
  ['nothing', '', 'body', 'empty'],
  ['only space', ' \n', 'body', 'empty'],
  ['an array', `[{"correlationId":"${id}","amount":1}]`, 'body', 'not a JSON object'],
  ['a string', `"${id}"`, 'body', 'not a JSON object'],
  ['a cut object', `{"correlationId":"${id}","amount":19.9`, 'body', 'well-formed'],
  ['a second object', `{"correlationId":"${id}","amount":19.9}{}`, 'body', 'well-formed'],
  ['a byte order mark', `\uFEFF{"correlationId":"${id}","amount":19.9}`, 'body', 'well-formed'],
  ['a comma too many', `{"correlationId":"${id}","amount":19.9,}`, 'body', 'well-formed'],
  ['a leading zero', `{"correlationId":"${id}","amount":019.9}`, 'body', 'well-formed'],
  ['a naked point', `{"correlationId":"${id}","amount":19.}`, 'body', 'well-formed'],
  ['a plus sign', `{"correlationId":"${id}","amount":+19.9}`, 'body', 'well-formed'],
  ['NaN', `{"correlationId":"${id}","amount":NaN}`, 'body', 'well-formed'],
  [
    'a bad field behind a good pair',
    `{"correlationId":"${id}","amount":19.9,"x":tru}`,
    'body',
    'well-formed',
  ],
  ['no id', '{"amount":19.9}', 'correlationId', 'missing'],
  ['a null id', '{"correlationId":null,"amount":19.9}', 'correlationId', 'not a UUID'],
  ['an id cut short', `{"correlationId":"${id.slice(1)}","amount":19.9}`, 'correlationId', 'not a UUID'],
  [
    'an id that escapes hide',
    `{"correlationId":"${id}\\u0000","amount":19.9}`,
    'correlationId',
    'not a UUID',
  ],
  [
    'an id of wide characters',
    `{"correlationId":"\\u0134${id.slice(1)}","amount":19.9}`,
    'correlationId',
    'not a UUID',
  ],
  ['the id twice', `{"correlationId":"${id}","correlationId":"${id}","amount":1}`, 'correlationId', 'twice'],
  ['no amount', `{"correlationId":"${id}"}`, 'amount', 'missing'],
  ['an amount in quotes', `{"correlationId":"${id}","amount":"19.9"}`, 'amount', 'not a JSON number'],
  ['a null amount', `{"correlationId":"${id}","amount":null}`, 'amount', 'not a JSON number'],
  ['a key in the wrong case', `{"correlationId":"${id}","Amount":19.9}`, 'amount', 'missing'],
  [
    'the amount twice, once escaped',
    `{"correlationId":"${id}","amount":1,"amoun\\u0074":1}`,
    'amount',
    'twice',
  ],
  ['an amount of zero', `{"correlationId":"${id}","amount":0.00}`, 'amount', 'greater than zero'],
  ['a negative amount', `{"correlationId":"${id}","amount":-0.01}`, 'amount', 'greater than zero'],
  ['a third decimal', `{"correlationId":"${id}","amount":1.005}`, 'amount', 'more than 2 decimals'],
  ['too much', `{"correlationId":"${id}","amount":10000000.01}`, 'amount', 'greater than 10000000.00'],
])('%s is refused, naming the field', (_, body, field, detail) => {
  expect(read(body)).toEqual({ field, detail: expect.stringContaining(detail) })
})

test('one problem is told: the form first, then a field given twice, correlationId, amount', () => {
  expect(read('{"correlationId":1,"amount":"x"')).toMatchObject({ field: 'body' })
  expect(read('{"correlationId":1,"amount":-1,"amount":-1}')).toMatchObject({ field: 'amount' })
  expect(read('{"correlationId":1,"amount":-1}')).toMatchObject({ field: 'correlationId' })
  expect(read(`{"correlationId":"${id}","amount":-1}`)).toMatchObject({ field: 'amount' })
})

test('an ignored field nests 63 deep inside the object and no deeper', () => {
  const nested = (depth: number) =>
    `{"x":${'['.repeat(depth)}${']'.repeat(depth)},"correlationId":"${id}","amount":19.9}`
  expect(read(nested(63))).toEqual({ id, amountCents: 1990 })
  expect(read(nested(64))).toMatchObject({ field: 'body', detail: expect.stringContaining('64 levels') })
  expect(read(`${'['.repeat(2048)}${']'.repeat(2048)}`)).toMatchObject({
    field: 'body',
    detail: expect.stringContaining('64 levels'),
  })
})

test.each([
  ['a lone continuation byte', [0x80]],
  ['an overlong slash', [0xc0, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a character cut short', [0xe2, 0x82]],
])('%s in an ignored field is not UTF-8', (_, bytes) => {
  const body = Uint8Array.from([
    ...encode('{"x":"'),
    ...bytes,
    ...encode(`","correlationId":"${id}","amount":19.9}`),
  ])
  expect(readBytes(body)).toMatchObject({ field: 'body', detail: expect.stringContaining('UTF-8') })
})

/**
 * What the contract says of a body, with JSON.parse as the judge of form. `undefined` where JSON.parse has already lost
 * what decides: a number's digits, or that a key came twice.
 */
function judge(body: Uint8Array): 'refused' | 'read' | undefined {
  const parsed = parseStrictly(body)
  if (parsed === undefined) return 'refused'
  const value = parsed.value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'refused'
  const { correlationId, amount } = value as Record<string, unknown>
  if (typeof correlationId !== 'string' || parseCorrelationId(correlationId) === undefined) return 'refused'
  return typeof amount === 'number' ? undefined : 'refused'
}

function parseStrictly(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)) }
  } catch {
    return undefined
  }
}

/** Whether the form alone is in order, as our reader sees it: `body` problems are problems of form. */
function isWellFormed(body: Uint8Array): boolean {
  const result = readBytes(body)
  return !('field' in result && result.field === 'body' && !result.detail.includes('not a JSON object'))
}

test('the reader accepts the form of anything that JSON.stringify writes, of any type', () => {
  const value = fc.jsonValue({ maxDepth: 6 })
  fc.assert(
    fc.property(value, fc.nat(4), (json, indent) => {
      expect(isWellFormed(new TextEncoder().encode(JSON.stringify(json, null, indent)))).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('any ignored fields around a good pair leave it as it is', () => {
  const extra = fc.dictionary(
    fc.string().filter(key => key !== 'amount' && key !== 'correlationId'),
    fc.jsonValue({ maxDepth: 4 }),
    { maxKeys: 4 },
  )
  fc.assert(
    fc.property(
      extra,
      extra,
      fc.uuid(),
      fc.integer({ min: 1, max: 10_000_000 }),
      (before, after, uuid, amount) => {
        const body = JSON.stringify({ ...before, correlationId: uuid, amount })
        const members = JSON.stringify(after).slice(1, -1)
        expect(read(members === '' ? body : `{${members},${body.slice(1)}`)).toEqual({
          id: uuid,
          amountCents: amount * 100,
        })
      },
    ),
    { numRuns: 500 },
  )
})

const goodBody = new TextEncoder().encode(
  `{"x":[1.5e+3,"é\\u00e9\\\\",{"y":null}],"correlationId":"${id}","amount":19.90,"z":false}`,
)
const telling = fc.constantFrom(
  ...new TextEncoder().encode('{}[]",:\\u0eE+-.19tfn \n\t'),
  0,
  0x1f,
  0x7f,
  0x80,
  0xc3,
  0xff,
)
const mutation = fc.record({
  at: fc.nat(goodBody.length - 1),
  remove: fc.nat(2),
  insert: fc.array(telling, { maxLength: 2 }),
})

function mutate(mutations: readonly { at: number; remove: number; insert: number[] }[]): Uint8Array {
  const bytes = [...goodBody]
  for (const { at, remove, insert } of mutations) bytes.splice(at, remove, ...insert)
  return Uint8Array.from(bytes)
}

test('a body with bytes changed has good form exactly where JSON.parse takes it, and is read only then', () => {
  let readCount = 0
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), mutations => {
      const body = mutate(mutations)
      expect(isWellFormed(body)).toBe(parseStrictly(body) !== undefined)
      const isRead = !('field' in readBytes(body))
      if (judge(body) === 'refused') expect(isRead).toBe(false)
      if (isRead) readCount += 1
    }),
    { numRuns: 5000 },
  )
  expect(readCount).toBeGreaterThan(50)
})

test('bytes at random are taken exactly where JSON.parse takes them', () => {
  const garbage = fc.array(
    fc.oneof({ weight: 9, arbitrary: telling }, { weight: 1, arbitrary: fc.nat(255) }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(garbage, bytes => {
      const body = Uint8Array.from(bytes)
      expect(isWellFormed(body)).toBe(parseStrictly(body) !== undefined)
    }),
    { numRuns: 5000 },
  )
})

test('a body in the usual form is read, and refused, exactly as with a space in front', () => {
  const amounts = [
    '19.90',
    '0.1',
    '0',
    '0.0',
    '00.1',
    '.5',
    '1.',
    '1.5.5',
    '',
    '-1',
    '1e2',
    '10000000',
    '1.005',
  ]
  const usual = amounts.map(amount => `{"correlationId":"${id}","amount":${amount}}`)
  expect(usual.map(body => readBytes(encode(body)))).toEqual(usual.map(body => readBytes(encode(` ${body}`))))
  const change = fc.record({ at: fc.nat(80), remove: fc.nat(2), insert: fc.array(telling, { maxLength: 2 }) })
  fc.assert(
    fc.property(fc.constantFrom(...usual), fc.array(change, { maxLength: 2 }), (body, changes) => {
      const bytes = [...encode(body)]
      for (const { at, remove, insert } of changes) bytes.splice(at, remove, ...insert)
      expect(readBytes(Uint8Array.from(bytes))).toEqual(readBytes(Uint8Array.from([32, ...bytes])))
    }),
    { numRuns: 5000 },
  )
})

test('after any garbage the next good body is read', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), mutations => {
      readBytes(mutate(mutations))
      expect(readBytes(goodBody)).toEqual({ id, amountCents: 1990 })
    }),
    { numRuns: 500 },
  )
})

test('a target of another size is a programmer error', () => {
  expect(() => readPaymentJson(goodBody, { correlationId: new Uint8Array(15), amountCents: 0 })).toThrow(
    '16 bytes',
  )
})
