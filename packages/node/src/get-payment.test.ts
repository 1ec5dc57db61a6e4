import { expect, test } from 'vitest'
import { type Call, Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

/** `Prefer: wait=…` of `GET /payments/{id}`: the events that end a wait, and the answers to its client. */

const settled = { state: 'settled', amountCents: 1990, processor: 'default', requestedAtMs: 0 } as const
const queued = { state: 'queued', amountCents: 1990 } as const

function waiting(options: ConstructorParameters<typeof TestNode>[1] = {}, roomLeft = 1000) {
  const coordinator = new Coordinator()
  coordinator.roomLeft = roomLeft
  coordinator.reports.set(idOf(1), queued)
  const tested = new TestNode(coordinator, options)
  const wait = (prefer = 'wait=5', number = 1) => {
    const call = tested.begin(`GET /payments/${idOf(number)}`, { prefer })
    tested.clock.pass(1)
    return call
  }
  return { coordinator, tested, wait }
}

/** The status and state of an answer, and the preference that was kept. */
const told = ({ answerCount, status, text, headers }: Call) =>
  answerCount === 0
    ? 'waits'
    : [status, JSON.parse(text).state, headers['Preference-Applied']].join(' ').trim()

test('the request is answered when the payment has ended, and the answer says that it waited', () => {
  const { coordinator, tested, wait } = waiting()
  const call = wait()
  tested.clock.pass(3000)
  expect(told(call)).toBe('waits')
  coordinator.reports.set(idOf(1), settled)
  coordinator.end()
  tested.clock.pass(1)
  expect(told(call)).toBe('200 settled wait=5')
})

test('the request is answered with the present state when its time is up, after WAIT_SECONDS_MAX at most', () => {
  const { coordinator, tested, wait } = waiting({ waitSecondsMax: 2 })
  const call = wait('wait=60')
  expect(coordinator.requests).toMatchObject([{ kind: 'ending', params: { waitMs: 2000 } }])
  tested.clock.pass(2000)
  coordinator.end()
  tested.clock.pass(1)
  expect(told(call)).toBe('200 queued wait=2')
})

test('an unknown id is answered 404 when the time is up', () => {
  const { coordinator, tested, wait } = waiting()
  const call = wait('wait=1', 2)
  tested.clock.pass(1000)
  coordinator.end()
  tested.clock.pass(1)
  expect(told(call)).toBe('404')
})

test.each([
  ['is not allowed', { waitSecondsMax: 0 }],
  ['is full', { waitCountMax: 1 }],
])(
  'where waiting %s the request is answered at once, and the answer does not say that it waited',
  (_, options) => {
    const { wait } = waiting(options)
    wait()
    expect(told(wait())).toBe('200 queued')
  },
)

test('a client that leaves is forgotten, here and by the coordinator, and makes room for another', () => {
  const { coordinator, tested, wait } = waiting({ waitCountMax: 1 })
  const call = wait()
  expect([coordinator.waits.size, call.isPaused]).toEqual([1, false])
  call.leave()
  tested.clock.pass(1)
  expect([coordinator.waits.size, tested.node.openRequests.count]).toEqual([0, 0])
  expect(told(wait())).toBe('waits')
})

test('a node that stops answers all waiting clients at once, and lets no further client wait', () => {
  const { coordinator, tested, wait } = waiting()
  const calls = [wait(), wait()]
  tested.node.drain()
  tested.clock.pass(1)
  expect([...calls, wait()].map(told)).toEqual(['200 queued', '200 queued', '200 queued'])
  expect([coordinator.waits.size, calls[0]?.closesConnection]).toEqual([0, true])
})

test('when the coordinator goes away or does not answer, clients get 503, unless the node has the payment', () => {
  const { tested, wait } = waiting({ ackLevel: 'received' }, 0)
  const late = wait('wait=1')
  tested.clock.pass(2000)
  expect(told(late)).toMatch(/^503/)
  tested.post(paymentJson(3))
  tested.clock.pass(1)
  const [lost, held] = [wait(), wait('wait=5', 3)]
  tested.goAway()
  tested.clock.pass(1)
  expect([told(lost), told(held)]).toEqual(['503', '200 accepted'])
})

test('without a coordinator no client waits', () => {
  const call = new TestNode().begin(`GET /payments/${idOf(1)}`, { prefer: 'wait=5' })
  expect(told(call)).toBe('503')
})

test('waits leave room for other requests', () => {
  const { tested, wait } = waiting({ waitCountMax: 50 })
  for (let count = 0; count < 50; count += 1) wait()
  expect(tested.ask('GET /payments-summary').status).toBe(200)
})
