import { connect, type Socket } from 'node:net'
import { processorCountMax } from '@rinha/payment'
import { until } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { frameBytesMax } from '../limits.ts'
import type { ChannelClient } from '../port.ts'
import { batch, Coordinator, paymentId, range } from '../testing.ts'
import { connectChannel, listenChannel } from './index.ts'
import { clientOptions, listenRaw, portOf, RawPeer, serverOptions } from './testing.ts'

/** Tests of the sockets alone. The tests of the ends use virtual time instead. */
const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

async function listen(options: Partial<typeof serverOptions> = {}, coordinator = new Coordinator()) {
  const server = await listenChannel({ ...serverOptions, ...options }, coordinator)
  cleanUp.push(() => server.close())
  return { server, coordinator }
}

function connectNode(port: number, options: Partial<ReturnType<typeof clientOptions>> = {}) {
  const client = connectChannel({ ...clientOptions(port), ...options })
  cleanUp.push(() => close(client, 0))
  return client
}

/** Each client is closed once. */
const closed = new WeakSet<ChannelClient>()

function close(client: ChannelClient, drainMsMax: number): Promise<void> | undefined {
  if (closed.has(client)) return undefined
  closed.add(client)
  return new Promise(resolve => client.close(drainMsMax, resolve))
}

async function joined(port: number): Promise<RawPeer> {
  const peer = RawPeer.to(port)
  cleanUp.push(() => peer.socket.destroy())
  await peer.join()
  return peer
}

test('payments, their acknowledgement, requests and their answers go over a socket', async () => {
  const { server, coordinator } = await listen()
  const client = connectNode(server.port)
  const heard: number[] = []
  client.onAcknowledged(through => heard.push(through))
  await until(() => client.connected, 'connected')
  expect([server.nodes, client.keptBy]).toEqual([['api1'], 'memory'])
  for (const number of range(1, 2500)) expect(client.offerPayment(paymentId(number), number)).toBe(number)
  expect([client.unacknowledgedCount, client.holdsPayment(paymentId(2500))]).toEqual([2500, true])
  expect(
    await new Promise(resolve => client.request('status', { correlationId: paymentId(1) }, resolve)),
  ).toEqual({
    ok: true,
    value: { state: 'queued', amountCents: 5 },
  })
  await until(() => client.unacknowledgedCount === 0, 'all acknowledged')
  expect(coordinator.amounts).toEqual(range(1, 2500))
  expect([heard.at(-1), client.holdsPayment(paymentId(2500))]).toEqual([2500, false])
})

test('connections that are cut under load lose no payment and deliver none twice', async () => {
  const { server, coordinator } = await listen()
  const sockets = new Set<Socket>()
  const proxy = await listenRaw(near => {
    const far = connect({ port: server.port, host: '127.0.0.1', noDelay: true })
    sockets.add(near)
    for (const [from, to] of [[near, far] as const, [far, near] as const]) {
      from.on('error', () => {})
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
  })
  cleanUp.push(() => proxy.close())
  const client = connectNode(portOf(proxy))
  for (const round of range(0, 9)) {
    for (const number of range(round * 500 + 1, round * 500 + 500)) {
      client.offerPayment(paymentId(number), number)
    }
    await until(() => coordinator.amounts.length > round * 300, 'some of it came')
    for (const socket of sockets) socket.destroy()
  }
  await until(() => client.unacknowledgedCount === 0, 'all acknowledged')
  expect(coordinator.amounts).toEqual(range(1, 5000))
  expect(sockets.size).toBeGreaterThan(3)
})

test('close sends the buffered payments and resolves when the connection is closed', async () => {
  const { server, coordinator } = await listen()
  const client = connectNode(server.port)
  for (const number of range(1, 5000)) client.offerPayment(paymentId(number), number)
  await close(client, 20_000)
  expect([client.connected, client.unacknowledgedCount]).toEqual([false, 0])
  expect(coordinator.amounts).toEqual(range(1, 5000))
  await until(() => server.nodes.length === 0, 'the node left')
})

test('a node whose coordinator went away connects to the next one at its port', async () => {
  const first = await listenChannel(serverOptions, new Coordinator())
  const problems: string[] = []
  const client = connectNode(first.port, { onProblem: problem => problems.push(problem) })
  await until(() => client.connected, 'connected')
  await first.close()
  await until(() => problems.join().includes('ECONNREFUSED'), 'it was refused')
  expect(await new Promise(resolve => client.request('purge', {}, resolve))).toMatchObject({
    ok: false,
    error: { kind: 'unavailable' },
  })
  await listen({ port: first.port })
  await until(() => client.connected, 'connected again')
})

test('the handshake timeout and the heartbeat run on real time', async () => {
  const sockets: Socket[] = []
  const mute = await listenRaw(socket => sockets.push(socket))
  const problems: string[] = []
  connectNode(portOf(mute), { handshakeTimeoutMs: 30, onProblem: problem => problems.push(problem) })
  cleanUp.push(
    () => mute.close(),
    () => sockets.map(socket => socket.destroy()),
  )
  await until(() => sockets.length > 2, 'it tried again')
  expect(problems).toEqual([expect.stringContaining('no handshake within 30 ms')])
  const { server } = await listen({ heartbeatMs: 20 })
  const silent = await joined(server.port)
  await until(() => silent.closed && server.nodes.length === 0, 'the silent node was cut')
  expect(silent.take('heartbeat')).toBeDefined()
})

test('a taken port is a clear error that keeps its code', async () => {
  const { server } = await listen()
  const second = listenChannel({ ...serverOptions, port: server.port }, new Coordinator())
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await expect(second).rejects.toThrow(`port ${server.port} on 127.0.0.1 is taken`)
})

test('close says goodbye to the nodes and leaves no connection', async () => {
  const server = await listenChannel(serverOptions, new Coordinator())
  const peer = await joined(server.port)
  const closed = server.close()
  expect((await peer.receive('goodbye')).reason).toBe('the coordinator stops')
  await closed
  await until(() => peer.closed, 'closed')
  const late = connect({ port: server.port, host: '127.0.0.1' })
  await expect(new Promise((_, reject) => late.on('error', reject))).rejects.toThrow('ECONNREFUSED')
})

test('a peer that goes on sending after it was cut off is read for a moment only', async () => {
  const { server } = await listen()
  const peer = new RawPeer(connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }))
  await peer.join()
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frameBytesMax + 1)
  peer.socket.write(length)
  const flood = setInterval(() => peer.socket.write(Buffer.alloc(10_000)), 5)
  cleanUp.push(
    () => clearInterval(flood),
    () => peer.socket.destroy(),
  )
  await until(() => peer.closed, 'closed')
})

test('a node that makes requests and never reads is cut, and costs no more than its socket buffers', async () => {
  const { server, coordinator } = await listen({ heartbeatMs: 50 })
  const peer = await joined(server.port)
  peer.stream.pause()
  coordinator.summary = Array.from({ length: processorCountMax }, (_, index) => ({
    processor: `${index}`.padStart(64, 'x'),
    count: 1,
    amountCents: 1,
  }))
  // 70 MB of answers are many times the size of both sockets' buffers.
  const params = { fromMs: null, toMs: null }
  peer.send(...range(1, 16_000).map(id => ({ type: 'request', id, kind: 'summary', params }) as const))
  await until(() => server.nodes.length === 0, 'it was cut')
  expect(coordinator.order.length).toBeGreaterThan(0)
  expect(coordinator.order.length).toBeLessThan(8000)
})

test('when a node ends before it reads an acknowledgement, all payments that it wrote are taken', async () => {
  const { server, coordinator } = await listen({ windowCountMax: 100_000 })
  const peer = await joined(server.port)
  const take = coordinator.onPayments.bind(coordinator)
  coordinator.onPayments = (records, count) => {
    const conflicts = take(records, count)
    // The acknowledgement of these payments is written, and the node has not read it yet.
    if (coordinator.amounts.length === 1) setImmediate(dieWriting)
    return conflicts
  }
  function dieWriting(): void {
    for (const first of range(0, 5)) peer.send(batch(first * 1000 + 2, first * 1000 + 1001))
    peer.hangUp()
  }
  peer.send(batch(1, 1))
  await until(() => server.nodes.length === 0, 'its connections have ended')
  expect(coordinator.amounts).toEqual(range(1, 6001))
})

test('hundreds of connections that send noise do not disturb a connected node', async () => {
  const { server, coordinator } = await listen()
  const changes: boolean[] = []
  const client = connectNode(server.port, { onConnectedChange: connected => changes.push(connected) })
  await until(() => client.connected, 'connected')
  let closed = 0
  for (const round of range(1, 8)) {
    for (const socketNumber of range(1, 50)) {
      const socket = connect({ port: server.port, host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.on('close', () => {
        closed += 1
      })
      socket.resume()
      socket.end(Buffer.from(range(0, 60).map(at => (at * round * socketNumber * 37) & 255)))
    }
    client.offerPayment(paymentId(round), round)
    await until(() => closed === round * 50, 'cut')
  }
  await until(() => client.unacknowledgedCount === 0, 'acknowledged')
  expect(coordinator.amounts).toEqual(range(1, 8))
  expect(changes).toEqual([true])
})
