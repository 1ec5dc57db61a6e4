import fc from 'fast-check'
import { expect, test } from 'vitest'
import { classifyAttempt, classifyHealth, classifyLookup } from './index.ts'

const reasonOf = (status: number) => `the processor answered ${status}`

test.each<[number, object]>([
  [200, { kind: 'recorded' }],
  [201, { kind: 'recorded' }],
  [204, { kind: 'recorded' }],
  [422, { kind: 'duplicate' }],
  [429, { kind: 'refused', sent: false, pushedBack: true, reason: reasonOf(429) }],
  [500, { kind: 'refused', sent: true, pushedBack: false, reason: reasonOf(500) }],
  [501, { kind: 'refused', sent: true, pushedBack: false, reason: reasonOf(501) }],
  [505, { kind: 'refused', sent: true, pushedBack: false, reason: reasonOf(505) }],
  [599, { kind: 'refused', sent: true, pushedBack: false, reason: reasonOf(599) }],
  [408, { kind: 'unknown', reason: reasonOf(408) }],
  [502, { kind: 'unknown', reason: reasonOf(502) }],
  [503, { kind: 'unknown', reason: reasonOf(503) }],
  [504, { kind: 'unknown', reason: reasonOf(504) }],
  [302, { kind: 'rejected', reason: reasonOf(302) }],
  [400, { kind: 'rejected', reason: reasonOf(400) }],
  [401, { kind: 'rejected', reason: reasonOf(401) }],
  [404, { kind: 'rejected', reason: reasonOf(404) }],
  [415, { kind: 'rejected', reason: reasonOf(415) }],
  [101, { kind: 'unknown', reason: reasonOf(101) }],
  [600, { kind: 'unknown', reason: reasonOf(600) }],
])('an attempt answered %i is %j', (status, outcome) => {
  expect(classifyAttempt(status)).toEqual(outcome)
})

test('a payment is taken for not recorded only where the processor itself says so', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999 }), status => {
      const { kind } = classifyAttempt(status)
      const definite = status >= 300 && status < 600 && ![408, 422, 502, 503, 504].includes(status)
      expect(kind === 'refused' || kind === 'rejected').toBe(definite)
    }),
  )
})

const id = new Uint8Array(16).fill(0xab)
const idText = 'abababab-abab-abab-abab-abababababab'
const sound = { correlationId: idText, amount: 19.9, requestedAt: '2025-08-09T21:19:56.123' }
const soundMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)

test.each([
  ['the processor’s own form', sound],
  ['an id in upper case', { ...sound, correlationId: idText.toUpperCase() }],
  ['a zone', { ...sound, requestedAt: '2025-08-09T21:19:56.123Z' }],
  ['seven digits of fraction, cut', { ...sound, requestedAt: '2025-08-09T21:19:56.1239999' }],
  ['fields that are not known', { ...sound, more: [] }],
])('a look-up with %s is found', (_, body) => {
  const outcome = classifyLookup(200, JSON.stringify(body), id)
  expect(outcome).toEqual({ kind: 'found', requestedAtMs: soundMs, amountCents: 1990 })
})

test('a requestedAt without a fraction is a whole second', () => {
  const body = JSON.stringify({ ...sound, requestedAt: '2025-08-09T21:19:56' })
  expect(classifyLookup(200, body, id)).toMatchObject({ requestedAtMs: soundMs - 123 })
})

test.each([
  ['no JSON', '<html>'],
  ['an empty body', ''],
  ['null', 'null'],
  ['an array', '[]'],
  ['another id', JSON.stringify({ ...sound, correlationId: idText.replace('a', 'b') })],
  ['no id', JSON.stringify({ ...sound, correlationId: undefined })],
  ['a fraction of a cent', JSON.stringify({ ...sound, amount: 19.905 })],
  ['an amount as text', JSON.stringify({ ...sound, amount: '19.90' })],
  ['no instant', JSON.stringify({ ...sound, requestedAt: 'yesterday' })],
  ['no requestedAt', JSON.stringify({ ...sound, requestedAt: undefined })],
])('a look-up with %s tells nothing, and says why', (_, body) => {
  expect(classifyLookup(200, body, id)).toEqual({
    kind: 'unknown',
    reason: expect.stringMatching(/^the look-up answered /),
  })
})

test('only 404 means absent, and no other status than 200 is read', () => {
  expect(classifyLookup(404, '', id)).toEqual({ kind: 'absent' })
  for (const status of [204, 302, 400, 429, 500, 503]) {
    const outcome = classifyLookup(status, JSON.stringify(sound), id)
    expect(outcome).toEqual({ kind: 'unknown', reason: `the look-up answered ${status}` })
  }
})

test('health is read strictly', () => {
  expect(classifyHealth(200, '{"failing":false,"minResponseTime":100}')).toEqual({
    kind: 'answered',
    failing: false,
    minResponseTimeMs: 100,
  })
  const wrong = ['', '[]', '{}', '{"failing":"no","minResponseTime":1}', '{"failing":true}'].concat(
    ['-1', '1.5', 'null', '"5"'].map(value => `{"failing":true,"minResponseTime":${value}}`),
  )
  for (const body of wrong) expect(classifyHealth(200, body), body).toMatchObject({ kind: 'unknown' })
  expect(classifyHealth(429, '')).toEqual({ kind: 'unknown', reason: 'the health endpoint answered 429' })
})
