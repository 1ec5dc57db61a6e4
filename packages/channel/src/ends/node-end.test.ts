import { expect, test } from 'vitest'
import { paymentId, range } from '../testing.ts'
import type { NodeEndOptions } from './options.ts'
import { TestChannel } from './testing.ts'

/** A node whose coordinator is a peer that sends any messages. */
function raw(options: Partial<NodeEndOptions> = {}, windowCount = 100) {
  const channel = new TestChannel()
  const peers = channel.rawCoordinator({ windowCount })
  const node = channel.connectedNode(options)
  const peer = () => {
    const [latest] = peers
    if (latest === undefined) throw new Error('no node has connected')
    return latest
  }
  return { channel, node, peer, time: channel.time }
}

test('a request without a coordinator is unavailable at once', () => {
  expect(new TestChannel().node().ask('purge', {})).toMatchObject([
    { ok: false, error: { kind: 'unavailable' } },
  ])
})

test('a refusal of the coordinator comes back with its reason', () => {
  const channel = new TestChannel()
  channel.listen()
  const answers = channel.connectedNode().ask('purge', {})
  channel.time.settle()
  expect(answers).toEqual([{ ok: false, error: { kind: 'refused', reason: 'not allowed' } }])
})

test('many requests at one time each get their own answer', () => {
  const channel = new TestChannel()
  channel.listen()
  const node = channel.connectedNode()
  const answers = range(1, 8).map(fromMs => node.ask('summary', { fromMs, toMs: null }))
  channel.time.settle()
  expect(answers).toEqual(
    range(1, 8).map(amountCents => {
      const totals = [{ processor: 'default', count: 3, amountCents }]
      return [{ ok: true, value: { totals, completeUpToMs: 7 } }]
    }),
  )
})

test('pending requests are bounded, and each is answered at its deadline', () => {
  const { node, time } = raw({ requestTimeoutMs: 500, requestCountMax: 2 })
  const answers = range(1, 3).map(() => node.ask('purge', {}))
  expect(answers.map(given => given.length)).toEqual([0, 0, 1])
  expect(answers[2]).toMatchObject([{ error: { reason: 'too many requests are waiting for a reply' } }])
  time.pass(499)
  expect(answers.map(given => given.length)).toEqual([0, 0, 1])
  time.pass(1)
  expect(answers[0]).toMatchObject([{ error: { kind: 'unavailable', reason: 'no reply within 500 ms' } }])
  expect(answers[1]).toEqual(answers[0])
})

test('a reply that comes too late is dropped, and the connection stays', () => {
  const { node, peer, time } = raw({ requestTimeoutMs: 20 })
  const answers = node.ask('purge', {})
  time.pass(20)
  const id = peer().take('request')?.id ?? -1
  peer().send({ type: 'reply', id, kind: 'purge', result: { ok: true, value: { purged: true } } })
  time.settle()
  expect(answers).toMatchObject([{ ok: false, error: { reason: 'no reply within 20 ms' } }])
  expect(node.changes).toEqual([true])
})

test('a request on a lost connection is unavailable, is not sent again, and the next connection serves', () => {
  const { channel, node, peer, time } = raw()
  const lost = node.ask('purge', {})
  time.settle()
  channel.wires.at(-1)?.cut()
  time.settle()
  expect(lost).toMatchObject([
    { ok: false, error: { kind: 'unavailable', reason: expect.stringContaining('lost') } },
  ])
  time.pass(200)
  expect(node.changes).toEqual([true, false, true])
  expect(peer().messages).toEqual([])
  const served = node.ask('purge', {})
  time.settle()
  const id = peer().take('request')?.id ?? -1
  peer().send({ type: 'reply', id, kind: 'purge', result: { ok: true, value: { purged: true } } })
  time.settle()
  expect([lost.length, served]).toEqual([1, [{ ok: true, value: { purged: true } }]])
})

test.each([
  [
    'acknowledges payments that were never sent',
    { type: 'ack', sequence: 9, queuedSequence: 9, windowCount: 1, roomShort: false, retryAfterSeconds: 0 },
  ],
  [
    'tells of queued payments that were never sent',
    { type: 'ack', sequence: 1, queuedSequence: 9, windowCount: 1, roomShort: false, retryAfterSeconds: 0 },
  ],
  [
    'tells of fewer queued payments than it acknowledges',
    { type: 'ack', sequence: 1, queuedSequence: 0, windowCount: 1, roomShort: false, retryAfterSeconds: 0 },
  ],
  [
    'answers in another kind',
    {
      type: 'reply',
      id: 1,
      kind: 'summary',
      result: { ok: true, value: { totals: [], completeUpToMs: null } },
    },
  ],
  [
    'sends a message that only a node sends',
    { type: 'proof', serverNonce: new Uint8Array(32), proof: new Uint8Array(32) },
  ],
] as const)('a node leaves a coordinator that %s, and says why', (_, message) => {
  const { node, peer, time } = raw()
  node.offer(1, 3)
  const answers = node.ask('purge', {})
  time.settle()
  const first = peer()
  first.send(message.type === 'reply' ? { ...message, id: first.take('request')?.id ?? -1 } : message)
  time.settle()
  expect(first.take('goodbye')).toBeDefined()
  expect(answers).toMatchObject([{ ok: false, error: { kind: 'unavailable' } }])
  expect(node.problems.join()).toContain('broke the protocol')
  time.pass(200)
  expect(node.changes).toEqual([true, false, true])
})

test('a node whose coordinator is short of room takes payments within its window, and none while it is not connected', () => {
  const { node, peer, time } = raw({}, 2)
  node.offer(1, 1)
  time.settle()
  peer().send({
    type: 'ack',
    sequence: 0,
    queuedSequence: 1,
    windowCount: 2,
    roomShort: true,
    retryAfterSeconds: 0,
  })
  time.settle()
  const offered = (number: number) => node.end.offerPayment(paymentId(number), 1)
  expect([offered(2), offered(3), node.end.roomShort]).toEqual([2, undefined, true])
  peer().hangUp()
  time.settle()
  expect(offered(3)).toBeUndefined()
  time.pass(1000)
  // The next welcome does not say that room is short.
  expect([offered(3), node.end.roomShort]).toEqual([3, false])
})

test('a node marks payments as awaited when a client waits for them, or when its buffer or window is getting full', () => {
  const { node, peer, time } = raw({ bufferCountMax: 20 }, 100)
  const sent = (number: number, isAwaited: boolean) => {
    node.end.offerPayment(paymentId(number), 1, isAwaited)
    time.settle()
    return peer().take('payments')?.isAwaited
  }
  expect([sent(1, false), sent(2, true), sent(3, false)]).toEqual([false, true, false])
  for (const number of range(4, 10)) expect(sent(number, false)).toBe(false)
  expect(sent(11, false)).toBe(true)
  // Payments 12 and 13 leave together. One awaited payment marks both.
  peer().send({
    type: 'ack',
    sequence: 11,
    queuedSequence: 11,
    windowCount: 4,
    roomShort: false,
    retryAfterSeconds: 0,
  })
  time.settle()
  node.end.offerPayment(paymentId(12), 1, true)
  expect(sent(13, false)).toBe(true)
  expect(sent(14, false)).toBe(true)
})

test('a node knows while it is connected that the queue is too long, and still takes offered payments', () => {
  const { node, peer, time } = raw()
  const told = { type: 'ack', sequence: 0, queuedSequence: 0, windowCount: 100, roomShort: false } as const
  peer().send({ ...told, retryAfterSeconds: 7 })
  time.settle()
  expect(node.end.retryAfterSeconds).toBe(7)
  expect(node.end.offerPayment(paymentId(1), 1, false)).toBe(1)
  peer().hangUp()
  time.settle()
  expect(node.end.retryAfterSeconds).toBe(0)
})

test('a node never sends past its window, and goes on when the window moves', () => {
  const { node, peer, time } = raw({}, 2)
  const received = () => {
    time.pass(500)
    const payments = peer().take('payments')
    return payments && { first: payments.firstSequence, count: payments.records.length / 24 }
  }
  node.offer(1, 6)
  expect(received()).toEqual({ first: 1, count: 2 })
  expect(received()).toBeUndefined()
  peer().send({
    type: 'ack',
    sequence: 1,
    queuedSequence: 1,
    windowCount: 3,
    roomShort: false,
    retryAfterSeconds: 0,
  })
  expect(received()).toEqual({ first: 3, count: 2 })
  peer().send({
    type: 'ack',
    sequence: 4,
    queuedSequence: 4,
    windowCount: 0,
    roomShort: false,
    retryAfterSeconds: 0,
  })
  expect(received()).toBeUndefined()
  peer().send({
    type: 'ack',
    sequence: 4,
    queuedSequence: 4,
    windowCount: 100,
    roomShort: false,
    retryAfterSeconds: 0,
  })
  expect(received()).toEqual({ first: 5, count: 2 })
})

test('a node that is not welcomed tries again after a wait that doubles up to its ceiling', () => {
  const channel = new TestChannel()
  channel.node({ reconnectMsMin: 100, reconnectMsMax: 1000 })
  const atMs: number[] = []
  channel.onWire = () => atMs.push(channel.time.nowMs)
  channel.time.pass(4000)
  // The waits are half of 100, 200, 400 and 800 ms, and half of 1000 ms from then on.
  expect(atMs.slice(0, 6)).toEqual([50, 150, 350, 750, 1250, 1750])
  expect(channel.problems).toEqual([])
})

test('the wait starts again at its minimum after a connection on which the coordinator sent a message', () => {
  const { channel, node, peer, time } = raw({ reconnectMsMin: 100, reconnectMsMax: 1000 })
  const door = channel.door
  channel.door = undefined
  channel.wires.at(-1)?.cut()
  time.pass(3000)
  channel.door = door
  time.pass(500)
  expect(node.end.connected).toBe(true)
  const cutAgain = () => {
    const beforeMs = time.nowMs
    channel.wires.at(-1)?.cut()
    while (!node.end.connected || time.nowMs === beforeMs) time.pass(50)
    return time.nowMs - beforeMs
  }
  // A welcome alone does not shorten the wait. A coordinator that welcomes and hangs up would be called in a tight loop.
  expect(cutAgain()).toBe(500)
  peer().send({ type: 'heartbeat' })
  time.settle()
  expect(cutAgain()).toBe(50)
})

test('a payment in the buffer is found by its id, whether it was sent or not', () => {
  const { node, peer, time } = raw({}, 1)
  node.offer(1, 3)
  time.settle()
  const held = () => range(1, 4).map(number => node.end.holdsPayment(paymentId(number)))
  expect(held()).toEqual([true, true, true, false])
  peer().send({
    type: 'ack',
    sequence: 1,
    queuedSequence: 1,
    windowCount: 0,
    roomShort: false,
    retryAfterSeconds: 0,
  })
  time.settle()
  expect(held()).toEqual([false, true, true, false])
})

test('a withdrawn request is not answered, and the coordinator is told', () => {
  const { node, peer, time } = raw()
  const answers: unknown[] = []
  const params = { correlationId: paymentId(1), waitMs: 1000 }
  const withdraw = node.end.request('ending', params, answer => answers.push(answer))
  time.settle()
  const id = peer().take('request')?.id ?? -1
  withdraw()
  withdraw()
  time.settle()
  expect(peer().messages.filter(({ type }) => type === 'cancel')).toEqual([{ type: 'cancel', id }])
  peer().send({ type: 'reply', id, kind: 'ending', result: { ok: true, value: { state: 'absent' } } })
  time.settle()
  expect([answers, node.changes]).toEqual([[], [true]])
})
