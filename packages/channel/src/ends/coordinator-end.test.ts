import { expect, test } from 'vitest'
import { awayMsMax, handshakeCountMax, lingerMs } from '../limits.ts'
import type { Message, OutgoingMessage } from '../messages.ts'
import { batch, Coordinator, JournalingCoordinator, type Peer, range } from '../testing.ts'
import type { CoordinatorEndOptions } from './options.ts'
import { TestChannel } from './testing.ts'

/** A coordinator's end on a test channel. */
function listening(options: Partial<CoordinatorEndOptions> = {}, coordinator = new Coordinator()) {
  const channel = new TestChannel()
  const end = channel.listen(coordinator, options)
  const { time } = channel
  /** Sends messages, and returns the messages that the peer gets after them. */
  const answersTo = (peer: Peer, ...messages: readonly OutgoingMessage[]): readonly Message[] => {
    peer.send(...messages)
    time.settle()
    return peer.messages.splice(0)
  }
  return { channel, coordinator, end, time, answersTo }
}

function withRoom(roomLeft: number, options: Partial<CoordinatorEndOptions> = {}) {
  return listening(options, Object.assign(new Coordinator(), { roomLeft }))
}

test('batches that come in one write get one cumulative acknowledgement', () => {
  const { channel, coordinator, answersTo } = listening()
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, batch(1, 10), batch(11, 20), batch(21, 25))).toEqual([
    {
      type: 'ack',
      sequence: 25,
      queuedSequence: 25,
      windowCount: 4096,
      roomShort: false,
      retryAfterSeconds: 0,
    },
  ])
  expect(coordinator.amounts).toEqual(range(1, 25))
})

test('payments that are sent again on a new connection of the session have no second effect', () => {
  const { channel, coordinator, end, answersTo } = listening()
  const first = channel.peer(1)
  answersTo(first, batch(1, 10))
  const second = channel.peer(1)
  expect(second.take('welcome')).toMatchObject({ acknowledgedSequence: 10 })
  expect(answersTo(second, batch(6, 10))).toMatchObject([{ type: 'ack', sequence: 10 }])
  expect(coordinator.batchCounts).toEqual([10])
  expect(answersTo(second, batch(6, 12))).toMatchObject([{ type: 'ack', sequence: 12 }])
  expect(coordinator.amounts).toEqual(range(1, 12))
  expect(first.closed).toBe(true)
  expect(end.nodes).toEqual(['raw1'])
})

test('a session that claims acknowledgements it never got is refused', () => {
  const { channel, end, answersTo } = listening()
  answersTo(channel.peer(1), batch(1, 3))
  const second = channel.peer(1, { acknowledgedSequence: 4 })
  expect(second.take('refuse')).toMatchObject({ code: 'protocol' })
  expect(end.nodes).toEqual(['raw1'])
})

test('a node that sends past its window is cut off, and told why', () => {
  const { channel, coordinator, answersTo } = withRoom(40)
  const peer = channel.peer()
  expect(peer.take('welcome')).toMatchObject({ windowCount: 10 })
  expect(answersTo(peer, batch(1, 11))).toMatchObject([
    { type: 'goodbye', reason: expect.stringContaining("past the window's end 10") },
  ])
  expect([peer.closed, coordinator.amounts]).toEqual([true, []])
})

test('a node with a gap in its sequence is cut off, because a payment that it sent was lost', () => {
  const { channel, coordinator, answersTo } = listening()
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, batch(2, 3))).toMatchObject([
    { type: 'goodbye', reason: expect.stringContaining('gap') },
  ])
  expect(coordinator.amounts).toEqual([])
})

test('without room the window is empty, and refreshWindows tells nodes of room that has come back', () => {
  const { channel, coordinator, end, time } = withRoom(5, { nodeCountMax: 1 })
  channel.node().offer(1, 20)
  time.pass(60_000)
  expect(coordinator.amounts).toEqual(range(1, 5))
  coordinator.roomLeft = 8
  time.pass(60_000)
  expect(coordinator.amounts).toEqual(range(1, 5))
  end.refreshWindows()
  time.pass(60_000)
  expect(coordinator.amounts).toEqual(range(1, 13))
  expect(coordinator.roomLeft).toBe(0)
})

test('windows may be refreshed while payments are handed over: payments are acknowledged only after that', () => {
  const { channel, coordinator, end, answersTo } = withRoom(40)
  const peer = channel.peer()
  expect(peer.take('welcome')).toMatchObject({ windowCount: 10 })
  coordinator.onPayments = () => {
    coordinator.roomLeft = 1_000_000
    end.refreshWindows()
    return []
  }
  expect(answersTo(peer, batch(1, 10))).toEqual([
    {
      type: 'ack',
      sequence: 0,
      queuedSequence: 0,
      windowCount: 4096,
      roomShort: false,
      retryAfterSeconds: 0,
    },
    {
      type: 'ack',
      sequence: 10,
      queuedSequence: 10,
      windowCount: 4096,
      roomShort: false,
      retryAfterSeconds: 0,
    },
  ])
})

test('windows may be refreshed as soon as onNodeChange tells of a node: its welcome is sent before them', () => {
  const channel = new TestChannel()
  const coordinator = Object.assign(new Coordinator(), { roomLeft: 40 })
  const end = channel.listen(coordinator, {
    onNodeChange: () => {
      coordinator.roomLeft = 1_000_000
      end.refreshWindows()
    },
  })
  expect(channel.peer().messages.map(({ type }) => type)).toEqual(['welcome', 'ack'])
})

test('a window that hardly grew is not told, and one that grew much is', () => {
  const { channel, coordinator, end, answersTo } = withRoom(100, { nodeCountMax: 1 })
  const peer = channel.peer()
  expect(peer.take('welcome')).toMatchObject({ windowCount: 100 })
  coordinator.roomLeft = 110
  end.refreshWindows()
  expect(answersTo(peer)).toEqual([])
  coordinator.roomLeft = 200
  end.refreshWindows()
  expect(answersTo(peer)).toEqual([
    { type: 'ack', sequence: 0, queuedSequence: 0, windowCount: 200, roomShort: false, retryAfterSeconds: 0 },
  ])
})

test('the credit of a node that leaves goes to a node whose window is used up', () => {
  const { channel, coordinator, answersTo } = withRoom(10, { nodeCountMax: 2 })
  const [leaving, staying] = [channel.peer(1), channel.peer(2)]
  expect(leaving.take('welcome')).toMatchObject({ windowCount: 5 })
  expect(staying.take('welcome')).toMatchObject({ windowCount: 5 })
  coordinator.onPayments = () => []
  coordinator.roomLeft = 5
  expect(answersTo(staying, batch(1, 5))).toMatchObject([{ sequence: 5, windowCount: 0 }])
  leaving.send({ type: 'goodbye', reason: 'the node stops' })
  answersTo(leaving)
  leaving.hangUp()
  expect(answersTo(staying)).toMatchObject([
    { type: 'ack', windowCount: 3, roomShort: false, retryAfterSeconds: 0 },
  ])
})

test('with a journal a node is told at once that payments are queued, and keeps them until they are journaled', () => {
  const coordinator = new JournalingCoordinator()
  const { channel, answersTo, time } = listening({}, coordinator)
  const peer = channel.peer(7)
  expect(peer.take('welcome')).toMatchObject({ keptBy: 'disk', windowCount: 4096 })
  expect(answersTo(peer, batch(1, 10))).toMatchObject([{ sequence: 0, queuedSequence: 10 }])
  expect(answersTo(peer, batch(11, 12))).toMatchObject([{ sequence: 0, queuedSequence: 12 }])
  time.pass(500)
  coordinator.sync()
  // The window ends where it would without a journal: payments that wait for the disk are not subtracted twice.
  expect(answersTo(peer)).toEqual([
    {
      type: 'ack',
      sequence: 10,
      queuedSequence: 12,
      windowCount: 12 + 4096 - 10,
      roomShort: false,
      retryAfterSeconds: 0,
    },
  ])
  coordinator.sync()
  expect(answersTo(peer)).toEqual([
    {
      type: 'ack',
      sequence: 12,
      queuedSequence: 12,
      windowCount: 4096,
      roomShort: false,
      retryAfterSeconds: 0,
    },
  ])
})

test('batches that are journaled in one turn get one acknowledgement', () => {
  const coordinator = new JournalingCoordinator()
  const { channel, answersTo } = listening({}, coordinator)
  const peer = channel.peer(7)
  answersTo(peer, batch(1, 10))
  answersTo(peer, batch(11, 12))
  coordinator.sync()
  coordinator.sync()
  expect(answersTo(peer)).toMatchObject([{ sequence: 12, queuedSequence: 12 }])
})

test('a node that connects again starts where the journal is, and nothing is taken twice', () => {
  const coordinator = new JournalingCoordinator()
  const { channel, answersTo } = listening({}, coordinator)
  const peer = channel.peer(7)
  answersTo(peer, batch(1, 5))
  coordinator.sync()
  expect(answersTo(peer)).toMatchObject([{ sequence: 5 }])
  answersTo(peer, batch(6, 10))
  const again = channel.peer(7, { acknowledgedSequence: 5 })
  expect(again.take('welcome')).toMatchObject({ acknowledgedSequence: 5 })
  expect(answersTo(again, batch(6, 11))).toMatchObject([{ sequence: 5, queuedSequence: 11 }])
  // The acknowledgement of the first connection's payments goes to the connection that the session has now.
  coordinator.sync()
  expect(answersTo(again)).toMatchObject([{ sequence: 10, queuedSequence: 11 }])
  expect(coordinator.amounts).toEqual(range(1, 11))
})

test('an even share of scarce room goes to each node, and a node too many is refused', () => {
  const { channel, end } = withRoom(100, { nodeCountMax: 2 })
  expect(channel.peer(1).take('welcome')).toMatchObject({ windowCount: 50 })
  expect(channel.peer(2).take('welcome')).toMatchObject({ windowCount: 50 })
  const third = channel.peer(3)
  expect(third.take('refuse')).toMatchObject({ code: 'nodes' })
  expect(third.closed).toBe(true)
  expect(end.nodes).toEqual(['raw1', 'raw2'])
  expect(channel.problems.join()).toContain('raw3')
})

test('the number of strangers is limited: the surplus is cut at once, the others when their time is over', () => {
  const { channel, time } = listening({ handshakeTimeoutMs: 150 })
  const strangers = range(1, handshakeCountMax + 5).map(() => channel.stranger())
  const closedCount = () => strangers.filter(({ closed }) => closed).length
  time.pass(149)
  expect(closedCount()).toBe(5)
  time.pass(1)
  expect(closedCount()).toBe(strangers.length)
  expect(channel.peer().take('welcome')).toBeDefined()
})

test('close says goodbye to the nodes, cuts strangers and accepts no connection any more', () => {
  const { channel, end, time } = listening()
  const [node, stranger] = [channel.peer(), channel.stranger()]
  end.close()
  time.settle()
  expect(node.take('goodbye')).toMatchObject({ reason: 'the coordinator stops' })
  expect([node.closed, stranger.closed, end.nodes]).toEqual([true, true, []])
  expect(channel.stranger().closed).toBe(true)
})

test('a node that does not read its goodbye is cut after the linger', () => {
  const { channel, end, time } = listening()
  channel.peer()
  for (const wire of channel.wires) wire.held = true
  end.close()
  time.pass(lingerMs - 1)
  expect(end.nodes).toEqual(['raw1'])
  time.pass(1)
  expect(end.nodes).toEqual([])
})

test('invariant 3: room is short when it is less than all nodes and one more may hold, and each node is told when that changes', () => {
  const { channel, coordinator, end, answersTo } = withRoom(100, { nodeCountMax: 2 })
  const first = channel.peer(1, { bufferCountMax: 40 })
  expect(first.take('welcome')).toMatchObject({ windowCount: 50, roomShort: false })
  const second = channel.peer(2, { bufferCountMax: 61 })
  expect(second.take('welcome')).toMatchObject({ roomShort: true })
  expect(answersTo(first, batch(1, 1))).toMatchObject([{ sequence: 1, roomShort: true }])
  coordinator.roomLeft = 40 + 61 + 61
  end.refreshWindows()
  expect(answersTo(second)).toMatchObject([{ roomShort: false }])
  expect(answersTo(first)).toMatchObject([{ roomShort: false }])
})

test('invariant 3: room is not short when only the journal stops payments', () => {
  const { channel, coordinator } = withRoom(100)
  coordinator.roomCount = () => 0
  expect(channel.peer(1).take('welcome')).toMatchObject({ windowCount: 0, roomShort: false })
})

test('invariant 3: credit of a node whose connection was lost stays set aside until the node is back or long gone', () => {
  const { channel, coordinator, time, answersTo } = withRoom(10, { nodeCountMax: 2, heartbeatMs: 60_000 })
  const [lost, staying] = [1, 2].map(number => channel.peer(number, { heartbeatMs: 60_000 }))
  if (lost === undefined || staying === undefined) return
  staying.take('welcome')
  coordinator.onPayments = () => []
  coordinator.roomLeft = 5
  expect(answersTo(staying, batch(1, 5))).toMatchObject([{ sequence: 5, windowCount: 0 }])
  lost.hangUp()
  time.pass(awayMsMax - 1)
  expect(answersTo(staying)).toEqual([])
  const back = channel.peer(1)
  expect(back.take('welcome')).toMatchObject({ windowCount: 5 })
  back.hangUp()
  time.pass(awayMsMax)
  expect(answersTo(staying)).toMatchObject([{ windowCount: 3 }])
})

test('a node that another coordinator welcomed tells of a predecessor; a new node or one of this coordinator does not', () => {
  let toldCount = 0
  const onPredecessor = () => {
    toldCount += 1
  }
  const coordinator = Object.assign(new Coordinator(), { onPredecessor })
  const { channel } = listening({}, coordinator)
  const welcome = channel.peer(1).take('welcome')
  if (welcome !== undefined) channel.peer(1, { predecessorId: welcome.coordinatorId })
  expect(toldCount).toBe(0)
  channel.peer(2, { predecessorId: new Uint8Array(16).fill(200) })
  expect(toldCount).toBe(1)
})

const ending = (id: number) =>
  ({
    type: 'request',
    id,
    kind: 'ending',
    params: { correlationId: new Uint8Array(16), waitMs: 1000 },
  }) as const

test('a request that has to wait is answered later, once, and does not delay other requests', () => {
  const { channel, coordinator, answersTo, time } = listening()
  const peer = channel.peer()
  peer.take('welcome')
  const status = {
    type: 'request',
    id: 2,
    kind: 'status',
    params: { correlationId: new Uint8Array(16) },
  } as const
  expect(answersTo(peer, ending(1), status)).toMatchObject([{ type: 'reply', id: 2 }])
  coordinator.endings[0]?.({ ok: true, value: { state: 'absent' } as never })
  time.settle()
  expect(peer.messages.splice(0)).toMatchObject([{ type: 'reply', id: 1, kind: 'ending' }])
  // The id of the request is free again, and a cancel that crossed the reply is ignored.
  expect(answersTo(peer, { type: 'cancel', id: 1 }, ending(1))).toEqual([])
  expect([coordinator.endings.length, coordinator.cancelCount]).toEqual([2, 0])
})

test('a request is withdrawn by its node, and by the end of its connection', () => {
  const { channel, coordinator, answersTo, time } = listening()
  const peer = channel.peer()
  peer.take('welcome')
  answersTo(peer, ending(1), ending(2), ending(3), { type: 'cancel', id: 2 }, { type: 'cancel', id: 2 })
  expect(coordinator.cancelCount).toBe(1)
  channel.wires[0]?.cut()
  time.settle()
  expect(coordinator.cancelCount).toBe(3)
})

test('a request under the id of one that waits ends the connection', () => {
  const { channel, answersTo } = listening()
  const peer = channel.peer()
  peer.take('welcome')
  expect(answersTo(peer, ending(1), ending(1))).toMatchObject([
    { type: 'goodbye', reason: 'a second request 1' },
  ])
})
