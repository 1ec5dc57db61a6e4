import { Prng } from '@rinha/base'
import {
  type ByteStream,
  CoordinatorEnd,
  encodeMessage,
  NodeHandshake,
  type OutgoingMessage,
  proofBytes,
  type StreamEvents,
  sessionIdBytes,
} from '@rinha/channel'
import { onlyShard, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { World } from '../world.ts'
import { simulatedCrypto } from './handshake-crypto.ts'
import { HostilePeer } from './hostile.ts'
import { Process } from './process.ts'
import { blamed } from './testing.ts'
import { Trace } from './trace.ts'
import { Wire } from './wire.ts'

const seeds = Array.from({ length: 60 }, (_, seed) => seed)
const secret = 7

/** A hostile peer calls the shipping coordinator. Returns the state after a minute. */
function callCoordinator(seed: number) {
  const world = new World(seed)
  const problems: string[] = []
  let takenCount = 0
  const end = new CoordinatorEnd(
    {
      windowCountMax: 100,
      nodeCountMax: 4,
      heartbeatMs: 1000,
      handshakeTimeoutMs: 1000,
      onProblem: problem => problems.push(problem),
    },
    {
      roomCount: () => 1000,
      lastingRoomCount: () => 1000,
      onPayments: (_, count) => {
        takenCount += count
        return []
      },
      onRequest: () => {
        throw new Error('a hostile peer asks for nothing')
      },
    },
    new Process(world, secret),
  )
  const weather = { delayMsMin: 1, delayMsMax: 5, splitChance: 0.5 }
  const wire = new Wire(world, new Prng(seed), weather, ['hostile', 'coordinator'])
  const [near, far] = wire.ends
  const prng = new Prng(seed)
  const upward = new Wire(world, new Prng(seed + 1), weather, ['hostile', 'coordinator'])
  let wasCalled = false
  const callUpward = () => {
    wasCalled = true
    end.onConnection(upward.ends[1])
    return upward.ends[0]
  }
  const peer = new HostilePeer(
    near,
    prng,
    simulatedCrypto(secret, prng),
    new Trace(world),
    onlyShard,
    callUpward,
  )
  end.onConnection(far)
  peer.begin()
  let wasIn = false
  for (let ms = 0; ms < 60_000; ms += 10) {
    world.runUntil(world.nowMs + 10)
    wasIn ||= end.nodes.length > 0
  }
  // A wire that was never accepted does not count as a connection.
  const isOpen = far.open || (upward.ends[1].open && wasCalled)
  return { isOpen, wasIn, takenCount, said: problems.join('; ') }
}

test('whatever a hostile peer does to a coordinator, it is cut off, and none of its payments is taken', () => {
  const ends = seeds.map(callCoordinator)
  expect(ends.filter(({ isOpen, takenCount }) => isOpen || takenCount > 0)).toEqual([])
  // Every behavior occurred: it was welcomed and broke the protocol, proved another secret, sent garbage, or sent nothing.
  expect(ends.some(({ wasIn }) => wasIn)).toBe(true)
  const said = ends.map(end => end.said).join('\n')
  expect(said).toMatch(/another secret/)
  expect(said).toMatch(/no handshake within/)
  expect(said).toMatch(/broke the protocol|handshake failed \(protocol\)/)
})

/** A stream whose other end is the test. */
function stream() {
  let events: StreamEvents | undefined
  const written: Uint8Array[] = []
  const own: ByteStream = {
    peer: 'test',
    needsDrain: false,
    attach: given => {
      events = given
    },
    write: bytes => written.push(bytes.slice()),
    cork: () => {},
    uncork: () => {},
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {},
  }
  return { own, written, say: (message: OutgoingMessage) => events?.onData(encodeMessage(message)) }
}

describe('a careless end of the channel is reported', () => {
  /** The complaints about an end that sends these messages to a hostile peer, over all its behaviors. */
  function sayTo(message: OutgoingMessage): ReadonlySet<string> {
    return new Set(
      seeds.map(seed => {
        const { own, say } = stream()
        const prng = new Prng(seed)
        const peer = new HostilePeer(
          own,
          prng,
          simulatedCrypto(secret, prng),
          new Trace(new World(seed)),
          onlyShard,
        )
        return blamed(() => {
          peer.begin()
          say(message)
        })
      }),
    )
  }

  test('that welcomes a peer without a proof', () => {
    const said = sayTo({
      type: 'welcome',
      proof: new Uint8Array(proofBytes),
      coordinatorId: new Uint8Array(sessionIdBytes),
      acknowledgedSequence: 0,
      windowCount: 10,
      keptBy: 'memory',
      epoch: 0,
      roomShort: false,
      retryAfterSeconds: 0,
      heartbeatMs: 1000,
    })
    expect(said).toContain('protocol: a node that proved nothing was let in')
  })

  test('that sends a request to a peer', () => {
    const said = sayTo({ type: 'request', id: 1, kind: 'purge', params: {} })
    expect([...said]).toEqual(['protocol: a coordinator that proved nothing was sent request'])
  })

  test('that sends payments to a peer', () => {
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, new Uint8Array(16).fill(1), 1990)
    const said = sayTo({ type: 'payments', firstSequence: 1, records, isAwaited: true })
    expect([...said]).toEqual(['protocol: a coordinator that proved nothing was sent payments'])
  })
})

test('a hostile peer in the coordinator’s place answers a node with each of its behaviors', () => {
  const answers = seeds.map(seed => {
    const { own, say, written } = stream()
    const prng = new Prng(seed)
    new HostilePeer(own, prng, simulatedCrypto(secret, prng), new Trace(new World(seed)), onlyShard)
    const hello = new NodeHandshake(simulatedCrypto(secret, new Prng(seed))).hello({
      nodeName: 'api1',
      sessionId: new Uint8Array(sessionIdBytes),
      acknowledgedSequence: 0,
      bufferCountMax: 100,
      predecessorId: new Uint8Array(sessionIdBytes),
      heartbeatMs: 1000,
      shard: { index: 0, count: 1 },
    })
    say(hello)
    return written.length
  })
  expect(answers.filter(count => count === 0).length).toBeGreaterThan(3)
  expect(answers.filter(count => count === 1).length).toBeGreaterThan(20)
  expect(Math.max(...answers)).toBe(1)
})
