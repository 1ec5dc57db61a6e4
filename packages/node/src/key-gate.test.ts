import { expect, test } from 'vitest'
import { KeyGate } from './key-gate.ts'
import { Call, Coordinator, idOf, TestNode } from './testing.ts'

const holder = { name: 'shop', requestsPerSecond: 2 }

function gate() {
  let nowMs = 0
  const keys = new KeyGate(key => (key === 'k' ? holder : key === 'free' ? { name: 'bob' } : undefined), {
    monotonicMs: () => nowMs,
  })
  const ask = (authorization = 'Bearer k') => keys.refusalOf(new Call('GET /', { authorization }))
  return {
    ask,
    pass: (spanMs: number) => {
      nowMs += spanMs
    },
  }
}

test('a key may make as many requests as its rate allows, and more as its bucket fills', () => {
  const { ask, pass } = gate()
  const heard = () => ask() === undefined
  expect([heard(), heard(), heard()]).toEqual([true, true, false])
  pass(499)
  expect(heard()).toBe(false)
  pass(1)
  expect([heard(), heard()]).toEqual([true, false])
  pass(60_000)
  expect([heard(), heard(), heard()]).toEqual([true, true, false])
  expect(ask()).toMatchObject({
    kind: 'too-many-requests',
    headers: expect.arrayContaining([['Retry-After', '1']]),
  })
})

test('a key without a rate is never refused, and an unknown key always is', () => {
  const { ask } = gate()
  for (let count = 0; count < 1000; count += 1) expect(ask('Bearer free')).toBeUndefined()
  for (const wrong of ['', 'Bearer', 'Bearer x', 'Basic k', 'k', 'Bearer k k', 'Bearer  '])
    expect(ask(wrong)).toMatchObject({ kind: 'unauthenticated' })
})

test('where there are keys, requests about payments need one, and health and documents do not', () => {
  const tested = new TestNode(new Coordinator(), {}, 0, key => (key === 'k' ? { name: 'shop' } : undefined))
  const statuses = (authorization: string) =>
    [
      'GET /payments-summary',
      'HEAD /payments-summary',
      'POST /purge-payments',
      `GET /payments/${idOf(1)}`,
      'POST /payments',
      'GET /health',
      'GET /ready',
      'GET /openapi.json',
      'GET /problems/conflict',
    ].map(line => {
      const call = tested.begin(line, { authorization })
      tested.clock.pass(1)
      return call.status
    })
  expect(statuses('Bearer x')).toEqual([401, 401, 401, 401, 401, 200, 200, 200, 200])
  expect(statuses('Bearer k')).toEqual([200, 200, 200, 404, 415, 200, 200, 200, 200])
})
