import { beforeEach, expect, test } from 'vitest'
import { Admin, type AdminCall } from './admin.ts'
import { twinDefaults } from './options.ts'
import { Processor } from './processor.ts'

let processor: Processor
let admin: Admin

beforeEach(() => {
  processor = new Processor({ ...twinDefaults, feeBps: 700, paymentCountMax: 3 })
  admin = new Admin(processor)
})

const ask = (
  call: AdminCall,
  fields: { token?: string; contentType?: string; query?: string; body?: string } = {},
) => {
  const { token = '123', contentType = 'application/json', query = '', body = '' } = fields
  const answer = admin.answer({ call, token, contentType, query, body: new TextEncoder().encode(body) })
  return `${answer.status.slice(0, 3)} ${answer.body}`.trim()
}

const pay = (second: number, amountCents: number) =>
  processor.record({
    id: String(second),
    amountCents,
    requestedAtUs: Date.UTC(2025, 0, 1, 0, 0, second) * 1000,
  }).status

test('a wrong body is 400 or 415 for anyone, a right one 401 without the token', () => {
  for (const call of ['setToken', 'setDelay', 'setFailure'] as const) {
    expect(ask(call, { token: '' })).toBe('400')
    expect(ask(call, { token: '', body: '{', contentType: 'application/json' })).toBe('400')
    expect(ask(call, { token: '', body: '{}', contentType: 'text/plain' })).toBe('415')
    expect(ask(call, { token: '', body: '{}' })).toBe('401')
  }
  expect([ask('purge', { token: 'x' }), ask('summary', { token: 'x' })]).toEqual(['401', '401'])
})

test('a switch says what it was and is, and a missing field takes its default', () => {
  expect(ask('setDelay', { body: '{"delay":5000}' })).toBe('200 {"config":"delay","was":0,"is":5000}')
  expect(ask('setDelay', { body: '{}' })).toBe('200 {"config":"delay","was":5000,"is":0}')
  expect(ask('setFailure', { body: '{"Failure":true}' })).toBe(
    '200 {"config":"failure","was":false,"is":true}',
  )
  expect(ask('setDelay', { body: '{"delay":2147483648}' })).toBe('400')
  expect(processor.health().body).toBe('{"failing":true,"minResponseTime":0}')
})

test('the token changes at once', () => {
  expect(ask('setToken', { body: '{"token":"new"}' })).toBe('204')
  expect([ask('purge'), ask('purge', { token: 'new' })]).toEqual([
    '401',
    '200 {"message":"All payments purged."}',
  ])
})

test('a summary is inclusive at both ends, and everything where either is missing or empty', () => {
  for (const second of [1, 2, 3]) expect(pay(second, second * 1000)).toBe('200 OK')
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

test('past PAYMENT_COUNT_MAX a payment is answered 500 with what to do, and a purge helps', () => {
  for (const second of [1, 2, 3]) pay(second, 1)
  const answer = processor.record({ id: 'x', amountCents: 1, requestedAtUs: 0 })
  expect(answer.status).toBe('500 Internal Server Error')
  expect(answer.body).toContain('PAYMENT_COUNT_MAX')
  ask('purge')
  expect(pay(4, 1)).toBe('200 OK')
})
