import { expect, test } from 'vitest'
import { protocolVersion } from '../limits.ts'
import type { OutgoingMessage } from '../messages.ts'
import { batch, Coordinator, type Peer, range } from '../testing.ts'
import type { CoordinatorEndOptions } from './options.ts'
import { TestChannel } from './testing.ts'

/** Tests of the two connections of a node. The numbers are the invariants of `node-connection.ts`. */
function listening(options: Partial<CoordinatorEndOptions> = {}) {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  return { channel, coordinator, end: channel.listen(coordinator, options), time: channel.time }
}

/** The upward connection of a peer that has been welcomed. */
function upwardOf(peer: Peer): Peer {
  if (peer.upward === undefined) throw new Error('it has an upward connection')
  return peer.upward
}

test('nothing is ever written on the upward connection (invariant 1)', () => {
  const { channel, end, time } = listening()
  const peer = channel.peer()
  peer.send(batch(1, 10))
  for (let second = 0; second < 30; second += 1) {
    peer.send({ type: 'heartbeat' })
    upwardOf(peer).send({ type: 'heartbeat' })
    time.pass(1000)
  }
  end.close()
  time.pass(5000)
  expect([upwardOf(peer).messages, upwardOf(peer).closed]).toEqual([[], true])
  expect(new Set(peer.messages.map(({ type }) => type))).toEqual(
    new Set(['welcome', 'ack', 'heartbeat', 'goodbye']),
  )
})

test('when the first connection of a node is gone, all payments that it wrote upward are taken', () => {
  const { channel, coordinator, end, time } = listening()
  const peer = channel.peer()
  const [first, upward] = channel.wires
  if (first === undefined || upward === undefined) throw new Error('there are two')
  upward.held = true
  peer.send(batch(1, 10))
  peer.send(batch(11, 30))
  upwardOf(peer).stream.end()
  first.cut()
  time.settle()
  expect([coordinator.amounts, end.nodes]).toEqual([[], ['raw1']])
  upward.held = false
  upward.wake()
  time.settle()
  expect([coordinator.amounts, end.nodes]).toEqual([range(1, 30), []])
})

test('an orphan gets three intervals, whatever it sends, and no credit (invariant 2)', () => {
  const { channel, coordinator, end, time } = listening({ windowCountMax: 20, nodeCountMax: 1 })
  const peer = channel.peer()
  peer.stream.destroy()
  time.settle()
  for (const number of range(1, 20)) {
    upwardOf(peer).send(batch(number, number), { type: 'heartbeat' })
    time.pass(150)
  }
  expect([coordinator.amounts, end.nodes, end.outstandingCount]).toEqual([range(1, 20), ['raw1'], 0])
  // The orphan counts as a node until its time is over.
  expect(channel.peer(2).take('refuse')).toMatchObject({ code: 'nodes' })
  for (const _ of range(1, 6)) {
    upwardOf(peer).send({ type: 'heartbeat' })
    end.refreshWindows()
    time.pass(200)
  }
  expect([end.outstandingCount, end.nodes, upwardOf(peer).closed]).toEqual([0, [], true])
})

test('an orphan that sends past its window is cut, and nothing of that frame is taken', () => {
  const { channel, coordinator, end, time } = listening({ windowCountMax: 20 })
  const peer = channel.peer()
  peer.stream.destroy()
  time.settle()
  upwardOf(peer).send(batch(1, 21))
  time.settle()
  expect([coordinator.amounts, end.nodes, upwardOf(peer).closed]).toEqual([[], [], true])
})

test('a node whose upward connection ends is told so, and counts as gone', () => {
  const { channel, coordinator, end, time } = listening()
  const peer = channel.peer()
  peer.send(batch(1, 5))
  upwardOf(peer).stream.end()
  time.settle()
  expect(peer.take('goodbye')).toMatchObject({ reason: 'the upward connection has ended' })
  expect([coordinator.amounts, end.nodes, peer.closed]).toEqual([range(1, 5), [], true])
})

test('a silent upward connection is noticed, although the first connection is not silent', () => {
  const { channel, end, time } = listening()
  const peer = channel.peer()
  for (const _ of range(1, 5)) {
    peer.send({ type: 'heartbeat' })
    time.pass(900)
  }
  expect([end.nodes, peer.closed]).toEqual([[], true])
  expect(channel.problems).toEqual(['node raw1: silent for 3 heartbeats of 1000 ms'])
})

test('no payment is taken from a node after its goodbye (invariant 3)', () => {
  const { channel, coordinator, end, time } = listening()
  const [stopped, rude] = [channel.peer(1), channel.peer(2)]
  for (const wire of channel.wires.slice(2, 3)) wire.held = true
  rude.send({ type: 'payments', firstSequence: 7, records: new Uint8Array(24).fill(1), isAwaited: true })
  time.settle()
  rude.send(batch(1, 3))
  end.close()
  stopped.send(batch(1, 3))
  time.settle()
  expect(coordinator.amounts).toEqual([])
})

test('a node that does not read, and sends the same payments again and again, costs no more than its buffer (invariant 4)', () => {
  const { channel, coordinator, time } = listening()
  const peer = channel.peer()
  const [first] = channel.wires
  if (first === undefined) throw new Error('there is one')
  first.held = true
  for (const _ of range(1, 5000)) {
    peer.send(batch(1, 2))
    time.settle()
  }
  expect(coordinator.amounts).toEqual([1, 2])
  peer.messages.length = 0
  first.held = false
  first.wake()
  time.settle()
  const ackCount = peer.messages.length
  expect(ackCount).toBeGreaterThan(100)
  // The buffer holds 16 KiB of acknowledgements, and one comes after them.
  expect(ackCount).toBeLessThan(2000)
  expect(peer.messages.at(-1)).toMatchObject({ type: 'ack', sequence: 2 })
})

const payments = batch(1, 1)
const request: OutgoingMessage = { type: 'request', id: 1, kind: 'purge', params: {} }
const proof: OutgoingMessage = {
  type: 'proof',
  serverNonce: new Uint8Array(32).fill(1),
  proof: new Uint8Array(32),
}

test.each([
  ['payments on its first connection', (peer: Peer) => ({ on: peer, message: payments })],
  ['a request upward', (peer: Peer) => ({ on: upwardOf(peer), message: request })],
  ['a second proof upward', (peer: Peer) => ({ on: upwardOf(peer), message: proof })],
])('a node that sends %s has broken the protocol', (_, say) => {
  const { channel, coordinator, end, time } = listening()
  const peer = channel.peer()
  const { on, message } = say(peer)
  // Without this, the peer would send the message on the right connection.
  on.upward = undefined
  on.send(message)
  time.settle()
  expect(peer.take('goodbye')?.reason).toContain(message.type)
  expect([end.nodes, coordinator.order, peer.closed]).toEqual([[], [], true])
})

test('a proof that answers no challenge ends its connection without a message', () => {
  const { channel, end, time } = listening()
  const stranger = channel.stranger()
  stranger.send({ ...proof, serverNonce: new Uint8Array(32).fill(99) })
  time.settle()
  expect([stranger.messages, stranger.closed, end.nodes]).toEqual([[], true, []])
})

test('a proof on the first connection is refused, and a wrong one upward fails the handshake that it names', () => {
  const { channel, end, time } = listening()
  const hello: OutgoingMessage = {
    type: 'hello',
    version: protocolVersion,
    nodeName: 'raw',
    sessionId: new Uint8Array(16).fill(9),
    clientNonce: new Uint8Array(32),
    acknowledgedSequence: 0,
    bufferCountMax: 1,
    predecessorId: new Uint8Array(16),
    heartbeatMs: 1000,
    shard: { index: 0, count: 1 },
  }
  const challenged = () => {
    const stranger = channel.stranger()
    stranger.send(hello)
    time.settle()
    return { stranger, serverNonce: stranger.take('challenge')?.serverNonce ?? new Uint8Array(32) }
  }
  const one = challenged()
  one.stranger.send({ ...proof, serverNonce: one.serverNonce })
  const other = challenged()
  const upward = channel.stranger()
  upward.send({ ...proof, serverNonce: other.serverNonce })
  time.settle()
  expect(one.stranger.take('refuse')).toMatchObject({ code: 'protocol' })
  expect(other.stranger.take('refuse')).toMatchObject({ code: 'proof' })
  expect([one.stranger.closed, other.stranger.closed, upward.closed, upward.messages]).toEqual([
    true,
    true,
    true,
    [],
  ])
  // A right proof that comes later finds no handshake.
  const late = channel.stranger()
  late.send({ ...proof, serverNonce: other.serverNonce })
  time.settle()
  expect([late.closed, late.messages, end.nodes]).toEqual([true, [], []])
})

test('a node writes no payment before its welcome, and gives up if no welcome comes', () => {
  const channel = new TestChannel()
  const peers = channel.rawCoordinator()
  // The upward connection delivers nothing.
  channel.onWire = wire => {
    if (channel.wires.length === 2) wire.held = true
  }
  const node = channel.node({ handshakeTimeoutMs: 300 })
  node.offer(1, 3)
  channel.time.pass(299)
  expect([node.changes, peers[0]?.messages]).toEqual([[], []])
  channel.time.pass(300)
  expect(node.problems).toEqual([expect.stringContaining('no handshake within 300 ms')])
  expect([node.changes, peers[0]?.take('payments')?.firstSequence]).toEqual([[true], 1])
})

test('a node leaves a coordinator that sends a message on the upward connection', () => {
  const channel = new TestChannel()
  const peers = channel.rawCoordinator()
  const node = channel.connectedNode()
  peers[0]?.upward?.send({ type: 'heartbeat' })
  channel.time.settle()
  expect(peers[0]?.take('goodbye')).toMatchObject({ reason: 'heartbeat on the upward connection' })
  expect([node.changes, node.problems]).toEqual([
    [true, false],
    [expect.stringContaining('broke the protocol')],
  ])
})

test.each([0, 1])(
  'when connection %d breaks the node opens both connections again, and sends its payments again',
  ordinal => {
    const { channel, coordinator, time } = listening()
    const node = channel.connectedNode()
    const [first, upward] = channel.wires
    if (first !== undefined) first.held = true
    node.offer(1, 5)
    time.settle()
    if (first !== undefined) first.held = false
    ;[first, upward][ordinal]?.cut()
    time.settle()
    node.offer(6, 9)
    time.pass(200)
    expect([node.changes, channel.wires.length, node.end.unacknowledgedCount]).toEqual([
      [true, false, true],
      4,
      0,
    ])
    expect(coordinator.amounts).toEqual(range(1, 9))
  },
)
