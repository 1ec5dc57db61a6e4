import { Prng } from '@rinha/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeMessage } from '../codec.ts'
import { protocolVersion } from '../limits.ts'
import { messageArbitrary } from '../messages.arbitrary.ts'
import type { ChannelHandlers } from '../port.ts'
import { Coordinator, Peer, range, secret, testCrypto } from '../testing.ts'
import { TestChannel } from './testing.ts'

/**
 * Writes frames into both ends in each of their states: messages out of turn, messages with changed bytes, and noise. An
 * exception would end the test, as it would end the process.
 */
const framesPerState = 10_000
const framesPerConnection = 4

const pool = fc
  .sample(messageArbitrary, { numRuns: 500, seed: 7 })
  .map(message => encodeMessage(message).slice())

function anyFrame(prng: Prng): Uint8Array {
  const frame = prng.pick(pool).slice()
  if (prng.chance(0.3)) return frame
  for (let count = prng.integer(1, 4); count > 0; count -= 1) {
    // The length is seldom changed, because after a wrong length no later bytes are a frame.
    const at = prng.integer(prng.chance(0.1) ? 0 : 4, frame.length - 1)
    frame[at] = prng.integer(0, 255)
  }
  if (prng.chance(0.8)) return frame
  const cut = frame.slice(0, prng.integer(5, Math.max(5, frame.length)))
  new DataView(cut.buffer).setUint32(0, cut.length - 4)
  return cut
}

function fuzz(
  seed: number,
  state: (round: number) => { readonly into: Peer; readonly after: () => void },
): void {
  const prng = new Prng(seed)
  for (const round of range(1, framesPerState / framesPerConnection)) {
    const { into, after } = state(round)
    for (let count = 0; count < framesPerConnection; count += 1) into.stream.write(anyFrame(prng))
    after()
  }
}

const upwardOf = (peer: Peer) => peer.upward ?? peer

test.each<[string, (channel: TestChannel, session: number) => Peer]>([
  ['a stranger', channel => channel.stranger()],
  ['a challenged stranger', (channel, session) => challenged(channel, session)],
  ['a node, on its first connection', (channel, session) => channel.peer(session)],
  ['a node, on its upward connection', (channel, session) => upwardOf(channel.peer(session))],
  [
    'a node, on its upward connection, whose first one is gone',
    (channel, session) => {
      const peer = channel.peer(session)
      peer.stream.destroy()
      channel.time.settle()
      return upwardOf(peer)
    },
  ],
])('the coordinator’s end survives any frame of %s, and serves its other node', (_, connect) => {
  const channel = new TestChannel()
  const coordinator = Object.assign(new Coordinator(), {
    onPayments: () => [],
    onRequest: ((_kind, _params, _node, answer) => {
      answer({ ok: false, error: 'no' })
      return undefined
    }) as ChannelHandlers['onRequest'],
  })
  const end = channel.listen(coordinator, { nodeCountMax: 2, windowCountMax: 100 })
  const node = channel.connectedNode()
  fuzz(1, round => ({
    into: connect(channel, (round % 90) + 1),
    after: () => {
      node.offer(1, 1)
      channel.time.pass(40)
      expect(end.nodes.length).toBeLessThanOrEqual(2)
      // The credit of two nodes, and of two that have gone.
      expect(end.outstandingCount).toBeLessThanOrEqual(400)
      // A peer that happened to send no wrong frame is disconnected here, to make room.
      for (const { ends } of channel.wires.splice(2)) ends[0].destroy()
      channel.time.settle()
    },
  }))
  channel.time.pass(5000)
  expect([end.nodes, node.changes, node.end.unacknowledgedCount]).toEqual([['api1'], [true], 0])
})

/** A peer that has sent HELLO and received CHALLENGE. */
function challenged(channel: TestChannel, session: number): Peer {
  const peer = channel.stranger()
  peer.knock(session, testCrypto(secret), () => peer.stream)
  peer.answer = () => undefined
  channel.time.settle()
  expect(peer.take('challenge')).toBeDefined()
  return peer
}

test.each<[string, 'mute' | 'challenging' | 'welcoming', number]>([
  ['before its challenge', 'mute', 0],
  ['before its welcome', 'challenging', 0],
  ['before its welcome, on the upward connection', 'challenging', 1],
  ['once it is welcome', 'welcoming', 0],
  ['once it is welcome, on the upward connection', 'welcoming', 1],
])('a node’s end survives any frame of a coordinator %s, and connects again', (_, coordinator, ordinal) => {
  const channel = new TestChannel()
  let callers: Peer[] = []
  channel.door = stream => {
    const peer = new Peer(stream)
    callers.push(peer)
    peer.answer = ({ type }) =>
      type === 'hello' && coordinator === 'challenging'
        ? { type: 'challenge', version: protocolVersion, serverNonce: new Uint8Array(32) }
        : undefined
    if (coordinator === 'welcoming') peer.welcome(testCrypto(secret), callers)
  }
  const node = channel.node({ reconnectMsMin: 1, reconnectMsMax: 1, bufferCountMax: 50 })
  let metCount = 0
  fuzz(2, () => {
    channel.time.pass(2)
    const first = callers[0]
    const into = ordinal === 0 ? first : coordinator === 'welcoming' ? first?.upward : callers[1]
    if (into === undefined) throw new Error('the node has connected')
    metCount += 1
    return {
      into,
      after: () => {
        node.offer(1, 1)
        channel.time.settle()
        expect(node.end.unacknowledgedCount).toBeLessThanOrEqual(50)
        for (const { ends } of channel.wires.splice(0)) ends[0].destroy()
        callers = []
        channel.time.pass(2)
      },
    }
  })
  expect(metCount).toBe(framesPerState / framesPerConnection)
  channel.listen()
  channel.time.pass(10_000)
  expect(node.end.connected).toBe(true)
})
