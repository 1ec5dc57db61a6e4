import { expect, test } from 'vitest'
import type { HttpAnswer, HttpMessage } from './http.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import type { Posted } from './posted.ts'
import { blamed, Facts } from './testing.ts'

/** One node, whose connections to a coordinator are never accepted. */
function alone(plan: Partial<Plan> = {}) {
  const facts = new Facts({
    ackLevel: 'received',
    ackLevelMin: 'received',
    ackWaitMsMax: 100,
    bufferCountMax: 2,
    bufferAgeMsMax: 60_000,
    ...plan,
  })
  const offered: string[] = []
  const node = new SimNode(0, {
    ...facts,
    secret: 1,
    shards: [
      {
        plan: facts.plan,
        network: new Network({ ...facts, secret: 1, door: () => undefined }),
        coordinator: () => undefined,
      },
    ],
    onOffered: (correlationId, { index }, taken) =>
      offered.push(`${facts.posted.of(correlationId).number} at ${index} ${taken ? 'taken' : 'not'}`),
  })
  const [channel] = node.channels
  const answers: (number | undefined)[] = []
  const ask = (message: HttpMessage) =>
    node.request(message, (answer: HttpAnswer | undefined) => answers.push(answer?.status))
  const post = (payment: Posted = facts.post()) =>
    ask({
      method: 'post',
      path: '/payments',
      headers: { 'content-type': 'application/json' },
      body: `{"correlationId":"${payment.id}","amount":19.9}`,
    })
  const pass = (ms: number) => facts.world.runUntil(facts.world.nowMs + ms)
  return { facts, node, channel, offered, answers, ask, post, pass }
}

test('a node answers no request before it is started, and then answers without a coordinator, too', () => {
  const { node, answers, ask, pass } = alone()
  expect(ask({ method: 'get', path: '/health' })).toBeUndefined()
  node.start()
  ask({ method: 'get', path: '/health' })
  ask({ method: 'get', path: '/ready' })
  pass(10)
  expect(answers).toEqual([200, 503])
  expect(blamed(() => node.finish())).toBe('nothing')
})

test('every payment that the channel is offered is reported, taken or not, with its request', () => {
  const { node, answers, offered, post, pass } = alone()
  node.start()
  const requests = [post(), post(), post()]
  pass(20)
  expect(offered.map(line => line.replace(/^\d+ /, ''))).toEqual(['at 0 taken', 'at 0 taken', 'at 0 not'])
  // A body in pieces may be complete after the body of a later request.
  expect(requests.map(request => request?.taken).sort()).toEqual([false, true, true])
  expect(answers).toEqual([202, 202, 503])
})

test('a node that dies cuts off its requests, and the next life has an empty buffer', () => {
  const { node, channel, answers, facts, post, pass } = alone({ ackLevel: 'queued' })
  node.start()
  const payment = facts.post()
  post(payment)
  pass(10)
  expect(channel?.end?.holdsPayment(payment.correlationId)).toBe(true)
  node.kill()
  expect([answers, channel?.end]).toEqual([[undefined], undefined])
  node.start()
  expect(channel?.end?.holdsPayment(payment.correlationId)).toBe(false)
  pass(1000)
  expect(answers).toEqual([undefined])
})

test('a client that has left is no longer counted, and gets no answer', () => {
  const { node, answers, post, pass } = alone({ ackLevel: 'queued' })
  node.start()
  const request = post()
  pass(10)
  request?.leave()
  pass(1000)
  expect(answers).toEqual([])
  expect(blamed(() => node.finish())).toBe('nothing')
})

test('a request that a node never answers is reported at the end', () => {
  const { node, post, pass } = alone({ ackLevel: 'queued', ackWaitMsMax: 60_000, requestTimeoutMs: 1000 })
  node.start()
  post()
  pass(10_000)
  // The request waits for its whole time, and its payment does not end before.
  expect(blamed(() => node.finish())).toBe('nothing')
  const impatient = alone({ ackLevel: 'queued', ackWaitMsMax: 60_000, requestTimeoutMs: 1000 })
  impatient.node.start()
  impatient.post()
  impatient.pass(10_000)
  Object.assign(impatient.facts.plan, { ackWaitMsMax: 100 })
  expect(blamed(() => impatient.node.finish())).toBe('reads: node 0 never answered 1 requests')
})

test('without a connection no payment is written', () => {
  const { node, channel, facts, post, pass } = alone()
  expect(channel?.canWrite).toBe(false)
  node.start()
  const payment = facts.post()
  post(payment)
  pass(100)
  expect([channel?.canWrite, channel?.hasWritten(payment.number)]).toEqual([false, false])
})
