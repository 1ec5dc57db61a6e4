import { expect, test } from 'vitest'
import { ackWaitMsMax, type Call, Coordinator, paymentJson, TestNode } from './testing.ts'

/** The answers to a client whose payment has the id of another payment. */

const rejected = { index: 0, kind: 'rejected', reason: 'the processor answered 400' } as const
const told = ({ answerCount, status }: Call) => (answerCount === 0 ? 'waits' : status)

test.each([
  [{ index: 0, kind: 'amount', reason: '' } as const, 'amount', 'another amount'],
  [rejected, 'correlationId', 'the processor answered 400'],
  [rejected, 'correlationId', 'npm run payment -- resubmit'],
])('a conflict is answered 409 that says why: %o', (conflict, field, words) => {
  const coordinator = new Coordinator()
  const tested = new TestNode(coordinator)
  coordinator.conflicts.push(conflict)
  const call = tested.post(paymentJson(1))
  tested.clock.pass(1)
  expect([told(call), call.headers['Content-Type']]).toEqual([409, 'application/problem+json'])
  expect(JSON.parse(call.text)).toMatchObject({ type: '/problems/conflict', status: 409, field })
  expect(call.text).toContain(words)
})

test('at each level, the waiting client of a conflict is answered at once and once, and its neighbours are not affected', () => {
  const coordinator = new Coordinator('a journal')
  const tested = new TestNode(coordinator)
  const calls = ['received', 'queued', 'queued', 'journaled', 'journaled'].map((level, number) =>
    tested.post(paymentJson(number), { prefer: `ack=${level}` }),
  )
  // The first payment was written alone, within its call.
  tested.clock.pass(0)
  expect(calls.map(told)).toEqual([202, 202, 202, 'waits', 'waits'])
  coordinator.conflicts.push({ ...rejected, index: 1 }, { ...rejected, index: 3 })
  const more = ['queued', 'queued', 'journaled', 'journaled'].map((level, number) =>
    tested.post(paymentJson(10 + number), { prefer: `ack=${level}` }),
  )
  tested.clock.pass(1)
  expect(more.map(told)).toEqual([202, 409, 'waits', 409])
  coordinator.sync()
  tested.clock.pass(ackWaitMsMax)
  expect(more.map(told)).toEqual([202, 409, 202, 409])
  expect(more.every(({ answerCount }) => answerCount === 1)).toBe(true)
})

test('a client that was answered 202 at received, or has left, gets no second answer', () => {
  const coordinator = new Coordinator()
  const tested = new TestNode(coordinator)
  coordinator.conflicts.push(rejected, { ...rejected, index: 1 })
  const left = tested.post(paymentJson(1))
  left.leave()
  const received = tested.post(paymentJson(2), { prefer: 'ack=received' })
  tested.clock.pass(1)
  expect([left.answerCount, received.answerCount, received.status]).toEqual([0, 1, 202])
})
