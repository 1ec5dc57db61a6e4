import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { frameBytesMax, handshakeFrameBytesMax, protocolVersion, silentIntervalsMax } from '../limits.ts'
import { Coordinator, Peer, range } from '../testing.ts'
import type { CoordinatorEndOptions } from './options.ts'
import { TestChannel } from './testing.ts'

function listening(options: Partial<CoordinatorEndOptions> = {}) {
  const channel = new TestChannel()
  const coordinator = new Coordinator()
  return { channel, coordinator, end: channel.listen(coordinator, options), time: channel.time }
}

/** The length of a frame, and the first bytes of its payload. */
function frame(length: number, ...payload: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + payload.length)
  new DataView(bytes.buffer).setUint32(0, length)
  bytes.set(payload, 4)
  return bytes
}

test('both ends report a wrong secret with the name of its setting, and the node keeps trying', () => {
  const { channel, coordinator, time } = listening()
  const node = channel.node({}, 'swordfish')
  node.offer(1, 1)
  time.pass(10_000)
  expect(channel.wires.length).toBeGreaterThan(50)
  expect(node.changes).toEqual([])
  expect(node.problems).toEqual([expect.stringContaining('CHANNEL_SECRET must be the same')])
  expect(channel.problems[0]).toContain('CHANNEL_SECRET must be the same')
  expect(node.problems.join() + channel.problems.join()).not.toContain('swordfish')
  expect(coordinator.amounts).toEqual([])
})

test('a node with a wrong secret connects once there is a coordinator with the same secret', () => {
  const channel = new TestChannel()
  channel.listen(new Coordinator(), {}, 'the old one, before the change')
  const node = channel.node()
  channel.time.pass(1000)
  expect(node.changes).toEqual([])
  channel.listen()
  channel.time.pass(200)
  expect(node.changes).toEqual([true])
})

test('another version of the protocol is refused with its number', () => {
  const { channel, time } = listening()
  const peer = channel.stranger()
  peer.stream.write(frame(4, 0x93, 1, protocolVersion + 1, 0xc0))
  time.settle()
  expect(peer.take('refuse')).toMatchObject({
    code: 'version',
    reason: expect.stringContaining(`${protocolVersion + 1}`),
  })
  expect(peer.closed).toBe(true)
})

test.each<[string, Uint8Array]>([
  ['HTTP', Uint8Array.from('GET / HTTP/1.1\r\nHost: coordinator\r\n\r\n', letter => letter.charCodeAt(0))],
  ['zeros', new Uint8Array(1000)],
  ['a frame past what a stranger is lent', frame(handshakeFrameBytesMax + 1)],
  ['a map', frame(1, 0x80)],
  ['payments before a proof', frame(6, 0x93, 6, 1, 0xc4, 1, 0)],
  ['a heartbeat before a proof', frame(2, 0x91, 10)],
])('a stranger that sends %s is refused and cut, and the next node is served', (_, bytes) => {
  const { channel, coordinator, time } = listening()
  const peer = channel.stranger()
  peer.stream.write(bytes)
  time.settle()
  expect(peer.take('refuse')).toMatchObject({ code: 'protocol' })
  expect(peer.closed).toBe(true)
  expect(channel.problems[0]).toContain('protocol')
  expect(channel.peer().take('welcome')).toBeDefined()
  expect(coordinator.order).toEqual([])
})

test('a node that sends an overlong frame is cut at its header, not after its body', () => {
  const { channel, end, time } = listening()
  const peer = channel.peer()
  peer.stream.write(frame(frameBytesMax + 1))
  time.settle()
  expect(peer.take('goodbye')?.reason).toContain('longer than the limit')
  expect([peer.closed, end.nodes]).toEqual([true, []])
})

test('when a connection reset cuts a frame, no payment of that frame is taken', () => {
  const { channel, coordinator, end, time } = listening()
  const peer = channel.peer()
  peer.stream.write(frame(30, 0x93, 6, 1, 0xc4, 24))
  time.settle()
  expect(end.nodes).toEqual(['raw1'])
  channel.wires.at(-1)?.cut()
  time.settle()
  expect([end.nodes, coordinator.amounts]).toEqual([[], []])
})

test('heartbeats alone keep an idle connection open', () => {
  const { channel, time } = listening()
  const node = channel.connectedNode()
  time.pass(60_000)
  expect([node.changes, channel.wires.length]).toEqual([[true], 2])
})

test('both ends notice by missing heartbeats that a peer fell silent without closing', () => {
  const { channel, end, time } = listening()
  const node = channel.connectedNode()
  time.pass(500)
  const [wire] = channel.wires
  if (wire !== undefined) wire.held = true
  // The interval during which the last byte came does not count.
  time.pass(silentIntervalsMax * 1000)
  expect([node.changes, end.nodes]).toEqual([[true], ['api1']])
  time.pass(500)
  expect(node.changes).toEqual([true, false])
  expect([node.problems[0], channel.problems[0]]).toEqual(
    Array(2).fill(expect.stringContaining('silent for 3 heartbeats of 1000 ms')),
  )
  time.pass(200)
  expect([node.changes, end.nodes]).toEqual([[true, false, true], ['api1']])
})

test('the smaller of the two heartbeats holds for both ends', () => {
  const { channel, end, time } = listening({ heartbeatMs: 60_000 })
  const peer = channel.peer(1, { heartbeatMs: 100 })
  time.pass(350)
  expect(peer.messages.map(({ type }) => type)).toEqual(['welcome', 'heartbeat', 'heartbeat'])
  expect(end.nodes).toEqual(['raw1'])
  time.pass(50)
  expect(end.nodes).toEqual([])
})

test('a coordinator that accepts a connection and sends nothing is given up at the handshake timeout', () => {
  const channel = new TestChannel()
  channel.door = stream => new Peer(stream)
  const node = channel.node({ handshakeTimeoutMs: 300 })
  channel.time.pass(299)
  expect(node.problems).toEqual([])
  channel.time.pass(1)
  expect(node.problems).toEqual([expect.stringContaining('no handshake within 300 ms')])
  channel.time.pass(5000)
  expect(channel.wires.length).toBeGreaterThan(10)
  expect(node.problems).toHaveLength(1)
})

test('hundreds of connections that send noise do not disturb a connected node', () => {
  const { channel, coordinator, end, time } = listening()
  const node = channel.connectedNode()
  const prng = new Prng(7)
  for (const round of range(1, 400)) {
    const peer = channel.stranger()
    peer.stream.write(Uint8Array.from({ length: 61 }, () => prng.uint32()))
    peer.stream.end()
    node.offer(round, round)
    time.settle()
    expect(peer.closed).toBe(true)
  }
  expect(coordinator.amounts).toEqual(range(1, 400))
  expect([node.changes, end.nodes]).toEqual([[true], ['api1']])
})
