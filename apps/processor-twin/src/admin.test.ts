import { noFaults, ProcessorModel } from '@rinha/processor-model'
import { beforeEach, expect, test } from 'vitest'
import { Admin, type AdminCall } from './admin.ts'
import { twinDefaults } from './options.ts'

let model: ProcessorModel
let admin: Admin

beforeEach(() => {
  model = new ProcessorModel(twinDefaults, { nowMs: () => 0, after: () => {}, unit: () => 0 })
  admin = new Admin(model, 700)
})

const ask = (
  call: AdminCall,
  fields: { token?: string; contentType?: string; query?: string; body?: string } = {},
) => {
  const { token = '123', contentType = 'application/json', query = '', body = '' } = fields
  const answer = admin.answer({ call, token, contentType, query, body: new TextEncoder().encode(body) })
  return `${answer.status.slice(0, 3)} ${answer.body}`.trim()
}

test('a wrong body is answered 400 or 415 with or without the token, and a right one 401 without the token', () => {
  for (const call of ['setToken', 'setDelay', 'setFailure'] as const) {
    expect(ask(call, { token: '' })).toBe('400')
    expect(ask(call, { token: '', body: '{', contentType: 'application/json' })).toBe('400')
    expect(ask(call, { token: '', body: '{}', contentType: 'text/plain' })).toBe('415')
    expect(ask(call, { token: '', body: '{}' })).toBe('401')
  }
  expect([ask('purge', { token: 'x' }), ask('summary', { token: 'x' })]).toEqual(['401', '401'])
})

test('a switch answers its old and its new value, and a missing field takes its default', () => {
  expect(ask('setDelay', { body: '{"delay":5000}' })).toBe('200 {"config":"delay","was":0,"is":5000}')
  expect(ask('setDelay', { body: '{}' })).toBe('200 {"config":"delay","was":5000,"is":0}')
  expect(ask('setFailure', { body: '{"Failure":true}' })).toBe(
    '200 {"config":"failure","was":false,"is":true}',
  )
  expect(ask('setDelay', { body: '{"delay":2147483648}' })).toBe('400')
  expect([model.delayMs, model.failing]).toEqual([0, true])
})

test('the token changes at once', () => {
  expect(ask('setToken', { body: '{"token":"new"}' })).toBe('204')
  expect([ask('purge'), ask('purge', { token: 'new' })]).toEqual([
    '401',
    '200 {"message":"All payments purged."}',
  ])
})

test('a summary includes both ends, and covers all time if either end is missing or empty', () => {
  for (const second of [1, 2, 3])
    model.books.record(new Uint8Array(16).fill(second), second * 1000, Date.UTC(2025, 0, 1, 0, 0, second))
  const all = '200 {"totalRequests":3,"totalAmount":60,"totalFee":4.2,"feePerTransaction":0.07}'
  const last = '200 {"totalRequests":2,"totalAmount":50,"totalFee":3.5,"feePerTransaction":0.07}'
  const [from, to] = ['2025-01-01T00:00:02Z', '2025-01-01T03%3A00%3A03.000%2B03:00']
  expect(ask('summary', { query: `from=${from}&to=${to}` })).toBe(last)
  expect(ask('summary', { query: `TO=${to}&From=${from}` })).toBe(last)
  for (const query of ['', `from=${from}`, `to=${from}`, `from=&to=${from}`]) {
    expect(ask('summary', { query })).toBe(all)
  }
  expect(ask('summary', { query: `from=yesterday&to=${to}` })).toBe('400')
})

test('a purge forgets every payment', () => {
  model.books.record(new Uint8Array(16), 1, 0)
  expect(ask('purge')).toBe('200 {"message":"All payments purged."}')
  expect(model.books.count).toBe(0)
})

test('faults are set as a whole: a fault that the body does not name is off, and a wrong value is 400', () => {
  expect(
    ask('setFaults', { body: '{"paymentStatus":524,"INSERTAFTERMS":3000,"lookUpLie":"instant"}' }),
  ).toMatch(/^200 \{"config":"fault","was":\{"paymentStatus":0,/)
  expect(model.faults).toEqual({ ...noFaults, paymentStatus: 524, insertAfterMs: 3000, lookUpLie: 'instant' })
  for (const body of ['{"paymentStatus":100}', '{"paymentPercent":101}', '{"lookUpLie":"toString"}', '[]'])
    expect(ask('setFaults', { body })).toMatch(/^400 /)
  expect(ask('setFaults', { token: 'x', body: '{}' })).toBe('401')
  ask('setFaults', { body: '{}' })
  expect(model.faults).toEqual(noFaults)
})

test('a fault or noise with an unknown field or a wrong value gets a problem that names it, and changes nothing', () => {
  ask('setFaults', { body: '{"paymentStatus":524}' })
  for (const [call, body, detail] of [
    [
      'setFaults',
      '{"paymentStatu":0}',
      'There is no field \\"paymentStatu\\": the fields are paymentStatus, ',
    ],
    ['setFaults', '{"lookUpStatus":"x"}', 'The field \\"lookUpStatus\\" cannot have this value.'],
    ['setFaults', '{"__proto__":1}', 'There is no field \\"__proto__\\"'],
    ['setFaults', 'x', 'The body is to be a JSON object.'],
    ['setNoise', '{"tailShare":0.1,"loadmss":1}', 'There is no field \\"loadmss\\"'],
    ['setNoise', '{"tailMsMin":2,"tailMsMax":1}', 'tailMsMin is more than tailMsMax.'],
  ] as const) {
    const start = '400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"'
    expect(ask(call, { body }).slice(0, start.length + detail.length)).toBe(start + detail)
  }
  expect(model.faults).toEqual({ ...noFaults, paymentStatus: 524 })
})

test('with the token, books can be falsified one payment at a time', () => {
  const id = '4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3'
  const full = `{"correlationId":"${id}","amount":5,"requestedAt":"2025-01-01T00:00:01Z"}`
  expect([ask('tamper', { token: '', body: full }), ask('tamper', { body: '{"amount":5}' })]).toEqual([
    '401',
    '400',
  ])
  expect([ask('tamper', { body: full }), model.books.total]).toEqual(['204', { count: 1, amountCents: 500 }])
  ask('tamper', { body: full.replace('"amount":5', '"amount":6') })
  expect(model.books.total).toEqual({ count: 1, amountCents: 600 })
  expect([ask('tamper', { body: `{"correlationId":"${id}"}` }), model.books.count]).toEqual(['204', 0])
})
