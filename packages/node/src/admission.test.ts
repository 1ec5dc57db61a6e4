import { expect, test } from 'vitest'
import { type Call, Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

/** While the coordinator's queue is too long, new payments are answered 503, and known payments get their usual answer. */

const told = ({ status, headers }: Call) =>
  `${status} ${headers['Preference-Applied'] ?? headers['Retry-After']}`

function overloaded(secondsToWait: number, ackLevel: 'received' | 'queued' = 'received') {
  const coordinator = new Coordinator()
  coordinator.secondsToWait = secondsToWait
  const tested = new TestNode(coordinator, { ackLevel })
  const post = (number: number, amount?: string) => {
    const call = tested.post(paymentJson(number, amount))
    tested.clock.pass(1)
    return call
  }
  return { coordinator, tested, post }
}

test('a new payment is not taken, and its client is told to come again after the wait', () => {
  const { coordinator, tested, post } = overloaded(7)
  const call = post(1)
  expect(told(call)).toBe('503 7')
  expect(call.headers['Content-Type']).toBe('application/problem+json')
  expect(JSON.parse(call.text)).toMatchObject({ type: '/problems/unavailable', status: 503 })
  expect(call.text).toContain('QUEUE_WAIT_MS_MAX')
  expect([coordinator.payments, tested.channel.unacknowledgedCount]).toEqual([[], 0])
})

test('a payment that the coordinator knows gets its usual answer', () => {
  const { coordinator, post } = overloaded(7, 'queued')
  coordinator.reports.set(idOf(1), { state: 'queued', amountCents: 1990 })
  expect(told(post(1))).toBe('202 ack=queued')
  expect(coordinator.payments).toEqual([`${idOf(1)} 1990`])
  expect(told(post(2))).toBe('503 7')
})

test('a payment that the coordinator knows with another amount is a conflict, as usual', () => {
  const { coordinator, post } = overloaded(7, 'queued')
  coordinator.reports.set(idOf(1), { state: 'queued', amountCents: 1990 })
  coordinator.conflicts.push({ index: 0, kind: 'amount', reason: 'another amount' })
  expect(post(1, '20.00').status).toBe(409)
})

test('a payment that this node holds gets its usual answer, and the coordinator is not asked', () => {
  const { coordinator, tested, post } = overloaded(0)
  coordinator.roomLeft = 0
  tested.goAway()
  tested.clock.pass(1)
  expect(told(post(1))).toBe('202 ack=received')
  coordinator.secondsToWait = 7
  tested.comeBack(coordinator)
  tested.clock.pass(20)
  coordinator.requests.length = 0
  expect(told(post(1))).toBe('202 ack=received')
  expect(coordinator.requests).toEqual([])
})

test('when the coordinator gives no answer, the payment counts as new', () => {
  const { coordinator, post } = overloaded(7)
  coordinator.refusal = 'it is busy'
  coordinator.reports.set(idOf(1), { state: 'queued', amountCents: 1990 })
  expect(told(post(1))).toBe('503 7')
})

test('when several payments are asked about at the same time, each gets its own answer', () => {
  const { coordinator, tested } = overloaded(7)
  coordinator.reports.set(idOf(2), { state: 'queued', amountCents: 2990 })
  const calls = [
    tested.post(paymentJson(1)),
    tested.post(paymentJson(2, '29.90')),
    tested.post(paymentJson(3)),
  ]
  tested.clock.pass(1)
  expect(calls.map(told)).toEqual(['503 7', '202 ack=received', '503 7'])
  tested.clock.pass(1)
  expect(coordinator.payments).toEqual([`${idOf(2)} 2990`])
})

test('a client that leaves while the coordinator is asked is not answered', () => {
  const { tested } = overloaded(7)
  const call = tested.post(paymentJson(1))
  call.leave()
  tested.clock.pass(1)
  expect(call.answerCount).toBe(0)
})
