import { expect, test } from 'vitest'
import type { Answer } from './answer.ts'
import { PaymentCodec } from './codec.ts'

const codec = new PaymentCodec(5000)
const correlationId = Uint8Array.from({ length: 16 }, (_, index) => index * 17)
const id = '00112233-4455-6677-8899-aabbccddeeff'
const requestedAtMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)
const payment = { correlationId, amountCents: 1990, requestedAtMs }

const decode = (text: string, contentType = 'application/json') =>
  codec.decodePayment(contentType, new TextEncoder().encode(text))
const said = ({ status, body }: Answer) => `${status} ${body}`.trim()

test('a payment is read as it is documented, and a missing field takes its default', () => {
  const text = `{"correlationId":"${id}","amount":19.90,"requestedAt":"2025-08-09T21:19:56.123Z"}`
  expect(decode(text)).toEqual(payment)
  expect(decode('{}')).toEqual({
    correlationId: new Uint8Array(16),
    amountCents: 0,
    requestedAtMs: Date.parse('0001-01-01T00:00:00Z'),
  })
  expect(decode('{"amount":1.005}')).toMatchObject({ amountCents: 100 })
})

test.each([
  ['', 'application/json', 400],
  ['', 'text/plain', 400],
  ['{}', 'text/plain', 415],
  ['{', 'text/plain', 415],
  ['{', 'application/json', 400],
  ['{"correlationId":"x"}', 'application/json', 400],
  ['{"amount":true}', 'application/json', 400],
])('the body %j of type %j is answered %i', (text, contentType, status) => {
  expect(decode(text, contentType)).toBe(status)
})

test.each([id, id.toUpperCase(), id.replaceAll('-', ''), `{${id}}`, `(${id})`])(
  'the path %s is an id',
  text => {
    expect(codec.decodeId(text)).toEqual(correlationId)
  },
)

test.each(['', 'none', id.slice(1), `${id}0`, id.replace('-', '')])('the path %j is no id', text => {
  expect(codec.decodeId(text)).toBeUndefined()
})

test.each([
  [200, '200 OK {"message":"payment processed successfully"}'],
  [400, '400 Bad Request'],
  [415, '415 Unsupported Media Type'],
  [422, `422 Unprocessable Entity {"message":"Payment not recorded. CorrelationId already exists: ${id}."}`],
  [429, '429 Too Many Requests Too many requests. Try again later.'],
  [500, '500 Internal Server Error'],
] as const)('a payment is answered %i as %s', (status, text) => {
  expect(said(codec.encodePayment(status, payment))).toBe(text)
})

test('a look-up answers without a zone, health answers the switches, and both limiters answer the length of their window', () => {
  const found = `200 OK {"correlationId":"${id}","amount":19.9,"requestedAt":"2025-08-09T21:19:56.123"}`
  expect(said(codec.encodeLookUp({ status: 200, payment }))).toBe(found)
  expect(said(codec.encodeLookUp({ status: 404 }))).toBe('404 Not Found')
  expect(said(codec.encodeLookUp({ status: 400 }))).toBe('400 Bad Request')
  const health = codec.encodeHealth({ status: 200, failing: true, minResponseTimeMs: 7 })
  expect(said(health)).toBe('200 OK {"failing":true,"minResponseTime":7}')
  for (const answer of [codec.encodeLookUp({ status: 429 }), codec.encodeHealth({ status: 429 })])
    expect([answer.status.slice(0, 3), answer.retryAfterS]).toEqual(['429', 5])
})
