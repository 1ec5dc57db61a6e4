import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { CoordinatorHandshake } from '../handshake.ts'
import { handshakeCrypto } from './crypto.ts'
import { listenChannel } from './index.ts'
import {
  Coordinator,
  clientOptions,
  connectChannel,
  listenRaw,
  paymentId,
  portOf,
  RawPeer,
  secret,
  serverOptions,
  sleep,
  until,
  Wire,
} from './rig.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

/** A coordinator of bytes: it welcomes a node and then does what the test says. */
async function rawCoordinator(windowCount: number): Promise<{ port: number; node: () => RawPeer }> {
  const peers: RawPeer[] = []
  const sockets: Socket[] = []
  const server = await listenRaw(socket => {
    sockets.push(socket)
    const peer = new RawPeer(socket)
    peers.unshift(peer)
    const handshake = new CoordinatorHandshake(handshakeCrypto(secret))
    const welcome = async () => {
      const challenge = handshake.receive(await peer.receive('hello'))
      if (challenge.kind === 'send') peer.send(challenge.message)
      expect(handshake.receive(await peer.receive('proof')).kind).toBe('proven')
      const coordinatorId = new Uint8Array(16).fill(1)
      peer.send({
        type: 'welcome',
        coordinatorId,
        acknowledgedSequence: 0,
        windowCount,
        heartbeatMs: 1000,
        journaling: false,
      })
    }
    welcome().catch(() => {})
  })
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const node = () => {
    const peer = peers[0]
    if (peer === undefined) throw new Error('no node connected')
    return peer
  }
  return { port: portOf(server), node }
}

test('a request without a coordinator is unavailable at once', async () => {
  const client = connectChannel(clientOptions(1))
  cleanUp.push(() => client.close(0))
  expect(await client.request('purge', {})).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
})

test('a refusal of the coordinator comes back with its reason', async () => {
  const server = await listenChannel(serverOptions, new Coordinator())
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(
    () => server.close(),
    () => client.close(0),
  )
  await until('connected', () => client.connected)
  const answer = await client.request('purge', {})
  expect(answer).toEqual({ ok: false, error: { kind: 'refused', reason: 'not allowed' } })
})

test('many requests at one time each get their own answer', async () => {
  const server = await listenChannel(serverOptions, new Coordinator())
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(
    () => server.close(),
    () => client.close(0),
  )
  await until('connected', () => client.connected)
  const answers = await Promise.all(
    [1, 2, 3, 4, 5, 6, 7, 8].map(fromMs => client.request('summary', { fromMs, toMs: null })),
  )
  expect(answers.map(answer => (answer.ok ? answer.value[0]?.amountCents : answer))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8,
  ])
})

test('pending requests are bounded and each is answered by its deadline', async () => {
  const { port } = await rawCoordinator(100)
  const client = connectChannel({ ...clientOptions(port), requestTimeoutMs: 50, requestCountMax: 2 })
  cleanUp.push(() => client.close(0))
  await until('connected', () => client.connected)
  const answers = await Promise.all([1, 2, 3].map(() => client.request('purge', {})))
  const reasons = answers.map(answer => (answer.ok ? '' : answer.error.reason))
  expect(reasons).toEqual([
    'no reply within 50 ms',
    'no reply within 50 ms',
    'too many requests are waiting for a reply',
  ])
})

test('a reply that comes too late is dropped, and the connection stays', async () => {
  const { port, node } = await rawCoordinator(100)
  const client = connectChannel({ ...clientOptions(port), requestTimeoutMs: 20 })
  cleanUp.push(() => client.close(0))
  await until('connected', () => client.connected)
  await client.request('purge', {})
  const { id } = await node().receive('request')
  node().send({ type: 'reply', id, kind: 'purge', result: { ok: true, value: { purged: true } } })
  await sleep(20)
  expect(client.connected).toBe(true)
})

test('requests on a lost connection are unavailable, and the next connection serves again', async () => {
  const server = await listenChannel(serverOptions, new Coordinator())
  const wire = await Wire.to(server.port)
  const client = connectChannel({ ...clientOptions(wire.port), requestTimeoutMs: 60_000 })
  cleanUp.push(
    () => server.close(),
    () => wire.close(),
    () => client.close(0),
  )
  await until('connected', () => client.connected)
  wire.frozen = true
  const lost = client.request('purge', {})
  wire.cut()
  expect(await lost).toMatchObject({
    ok: false,
    error: { kind: 'unavailable', reason: expect.stringContaining('lost') },
  })
  wire.frozen = false
  await until('connected again', () => client.connected)
  expect(await client.request('purge', {})).toMatchObject({ ok: false, error: { kind: 'refused' } })
})

test.each([
  ['acknowledges what was never sent', { type: 'ack', sequence: 9, queuedSequence: 9, windowCount: 1 }],
  ['tells of less than it acknowledges', { type: 'ack', sequence: 1, queuedSequence: 0, windowCount: 1 }],
  ['answers in another kind', { type: 'reply', id: 1, kind: 'summary', result: { ok: true, value: [] } }],
  ['sends what only a node sends', { type: 'proof', proof: new Uint8Array(32) }],
] as const)('a coordinator that %s is left, and said why', async (_, message) => {
  const problems: string[] = []
  const { port, node } = await rawCoordinator(100)
  const client = connectChannel({ ...clientOptions(port), onProblem: problem => problems.push(problem) })
  cleanUp.push(() => client.close(0))
  await until('connected', () => client.connected)
  const answer = client.request('purge', {})
  const { id } = await node().receive('request')
  const first = node()
  first.send(message.type === 'reply' ? { ...message, id } : message)
  await first.receive('goodbye')
  expect(await answer).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  await until('told', () => problems.some(problem => problem.includes('broke the protocol')))
  await until('connected again', () => client.connected)
})

test('a node never sends past its window, and goes on when it is moved', async () => {
  const { port, node } = await rawCoordinator(2)
  const client = connectChannel(clientOptions(port))
  cleanUp.push(() => client.close(0))
  for (let number = 1; number <= 6; number += 1) client.offerPayment(paymentId(number), number)
  expect((await receivePayments()).count).toBe(2)
  await sleep(20)
  expect(node().messages).toEqual([])
  node().send({ type: 'ack', sequence: 1, queuedSequence: 1, windowCount: 3 })
  expect(await receivePayments()).toEqual({ first: 3, count: 2 })
  node().send({ type: 'ack', sequence: 4, queuedSequence: 4, windowCount: 0 })
  await sleep(20)
  expect(node().messages).toEqual([])
  node().send({ type: 'ack', sequence: 4, queuedSequence: 4, windowCount: 100 })
  expect(await receivePayments()).toEqual({ first: 5, count: 2 })

  async function receivePayments() {
    await until('connected', () => client.connected)
    const { firstSequence, records } = await node().receive('payments')
    return { first: firstSequence, count: records.length / 24 }
  }
})
