import type { AttemptOutcome } from '@rinha/payment'
import { expect, test } from 'vitest'
import { classifyAttempt, classifyHealth, classifyLookup } from './index.ts'

const reasonOf = (status: number) => `the processor answered ${status}`

test.each<[readonly number[], object]>([
  [[200, 201], { kind: 'recorded' }],
  [[422], { kind: 'duplicate' }],
  [[429], { kind: 'refused', sent: false, pushedBack: true }],
  [[500], { kind: 'refused', sent: true, pushedBack: false }],
  [[400, 413, 415], { kind: 'rejected' }],
  [[101, 202, 204, 299, 402, 406, 408, 409, 410, 418, 423, 425, 431, 499], { kind: 'unknown' }],
  [[501, 502, 503, 504, 505, 507, 511, 520, 524, 598, 599, 600, 999, 0], { kind: 'unknown' }],
])('an attempt answered %j is %j', (statuses, outcome) => {
  for (const status of statuses) {
    const withReason = 'recorded duplicate'.includes((outcome as AttemptOutcome).kind)
      ? outcome
      : { ...outcome, reason: reasonOf(status) }
    expect(classifyAttempt(status)).toEqual(withReason)
  }
})

test.each([300, 301, 302, 307, 308, 399, 401, 403, 404, 405, 407, 421, 426])(
  'an attempt answered %i is refused by the way there, with its status',
  status => {
    const refused = { kind: 'refused', sent: true, pushedBack: false, reason: reasonOf(status) }
    expect(classifyAttempt(status)).toEqual({ ...refused, wayStatus: status })
  },
)

test('the table is closed: a status that it does not list is unknown', () => {
  const isListed = (status: number) =>
    (status >= 300 && status < 400) ||
    [200, 201, 400, 401, 403, 404, 405, 407, 413, 415, 421, 422, 426, 429, 500].includes(status)
  for (let status = 0; status < 1000; status += 1)
    expect(classifyAttempt(status).kind === 'unknown', `${status}`).toBe(!isListed(status))
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
    ['-1', '1.5', 'null', '"5"', '3600001', '1e400', '-0.5', '[]'].map(
      value => `{"failing":true,"minResponseTime":${value}}`,
    ),
  )
  for (const body of wrong) expect(classifyHealth(200, body), body).toMatchObject({ kind: 'unknown' })
  expect(classifyHealth(429, '')).toEqual({ kind: 'unknown', reason: 'the health endpoint answered 429' })
})
