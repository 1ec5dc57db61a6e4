import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { frameBytesMax, handshakeFrameBytesMax, processorCountMax, protocolVersion } from '../limits.ts'
import type { ChannelServer } from '../port.ts'
import { listenChannel } from './index.ts'
import {
  Coordinator,
  clientOptions,
  connectChannel,
  listenRaw,
  paymentId,
  portOf,
  RawPeer,
  range,
  serverOptions,
  sleep,
  until,
  Wire,
} from './rig.ts'

const cleanUp: (() => unknown)[] = []
afterEach(async () => {
  for (const each of cleanUp.splice(0).reverse()) await each()
})

async function listen(options: Partial<typeof serverOptions> = {}) {
  const problems: string[] = []
  const coordinator = new Coordinator()
  const onProblem = (problem: string) => problems.push(problem)
  const server = await listenChannel({ ...serverOptions, onProblem, ...options }, coordinator)
  cleanUp.push(() => server.close())
  return { server, coordinator, problems }
}

function raw(server: ChannelServer): RawPeer {
  const peer = RawPeer.to(server.port)
  cleanUp.push(() => peer.socket.destroy())
  return peer
}

const header = (length: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(length)
  return bytes
}

test('a wrong secret is told on both ends by the name of its setting, and the node keeps trying', async () => {
  const { server, problems, coordinator } = await listen()
  const told: string[] = []
  const wire = await Wire.to(server.port)
  const client = connectChannel({
    ...clientOptions(wire.port),
    secret: 'swordfish',
    onProblem: problem => told.push(problem),
  })
  cleanUp.push(
    () => wire.close(),
    () => client.close(0),
  )
  client.offerPayment(paymentId(1), 1)
  await until('it tried again and again', () => wire.connectionCount > 4)
  expect(client.connected).toBe(false)
  expect(told).toHaveLength(1)
  expect(told[0]).toContain('CHANNEL_SECRET must be the same')
  expect(problems[0]).toContain('CHANNEL_SECRET must be the same')
  expect(told.join() + problems.join()).not.toContain('swordfish')
  expect(coordinator.amounts).toEqual([])
})

test('a node whose secret was wrong serves once the coordinator with its secret is there', async () => {
  const { server } = await listen({ secret: 'the old one, before the change' })
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(() => client.close(0))
  await sleep(30)
  await server.close()
  await listen({ port: server.port })
  await until('connected', () => client.connected)
})

test('another version is refused with its number', async () => {
  const { server } = await listen()
  const peer = raw(server)
  const frame = Buffer.from([0x93, 1, protocolVersion + 1, 0xc0])
  peer.socket.write(Buffer.concat([header(frame.length), frame]))
  expect(await peer.receive('refuse')).toMatchObject({ code: 'version' })
  await until('closed', () => peer.closed)
})

test.each<[string, Buffer]>([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: coordinator\r\n\r\n')],
  ['zeros', Buffer.alloc(1000)],
  ['a frame past what a stranger is lent', header(handshakeFrameBytesMax + 1)],
  ['a map', Buffer.concat([header(1), Buffer.from([0x80])])],
  ['payments before a proof', Buffer.from([0, 0, 0, 6, 0x93, 6, 1, 0xc4, 1, 0])],
  ['a heartbeat before a proof', Buffer.from([0, 0, 0, 2, 0x91, 10])],
])(
  'a stranger that sends %s is refused and cut, and the next node is served',
  async (_, bytes) => {
    const { server, problems, coordinator } = await listen()
    const peer = raw(server)
    peer.socket.write(bytes)
    expect(await peer.receive('refuse')).toMatchObject({ code: 'protocol' })
    await until('closed', () => peer.closed)
    await until('told', () => problems.length > 0)
    expect(problems[0]).toContain('protocol')
    expect(await raw(server).join()).toMatchObject({ type: 'welcome' })
    expect(coordinator.order).toEqual([])
  },
  5000,
)

test('a node that sends an overlong frame is cut at its header, not after its body', async () => {
  const { server } = await listen()
  const peer = raw(server)
  await peer.join()
  peer.socket.write(header(frameBytesMax + 1))
  expect((await peer.receive('goodbye')).reason).toContain('longer than the limit')
  await until('closed', () => peer.closed)
  expect(server.nodes).toEqual([])
})

test('a peer that goes on sending after it was cut off is not listened to for longer than a moment', async () => {
  const { server } = await listen()
  const peer = new RawPeer(connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }))
  cleanUp.push(() => peer.socket.destroy())
  await peer.join()
  peer.socket.write(header(frameBytesMax + 1))
  const flood = setInterval(() => peer.socket.write(Buffer.alloc(10_000)), 5)
  cleanUp.push(() => clearInterval(flood))
  await until('closed', () => peer.closed)
})

test('a connection reset in the middle of a frame takes nothing of it', async () => {
  const { server, coordinator } = await listen()
  const peer = raw(server)
  await peer.join()
  peer.socket.write(Buffer.concat([header(30), Buffer.from([0x93, 6, 1, 0xc4, 24])]))
  await sleep(5)
  peer.socket.resetAndDestroy()
  await until('the node left', () => server.nodes.length === 0)
  expect(coordinator.amounts).toEqual([])
})

test('a node that asks and never listens is cut, and costs no more than its socket buffers', async () => {
  const { server, coordinator } = await listen({ heartbeatMs: 50 })
  const peer = raw(server)
  await peer.join(1, { heartbeatMs: 50 })
  peer.socket.removeAllListeners('data')
  peer.socket.pause()
  coordinator.summary = Array.from({ length: processorCountMax }, (_, index) => ({
    processor: `${index}`.padStart(64, 'x'),
    count: 1,
    amountCents: 1,
  }))
  // 70 MB of answers: many times what the buffers of both sockets hold.
  const params = { fromMs: null, toMs: null }
  peer.send(...range(1, 16_000).map(id => ({ type: 'request', id, kind: 'summary', params }) as const))
  await until('it was cut', () => server.nodes.length === 0)
  expect(coordinator.order.length).toBeGreaterThan(0)
  expect(coordinator.order.length).toBeLessThan(8000)
})

test('a peer that fell silent without closing is found by its missing heartbeats, on both ends', async () => {
  const { server, problems } = await listen({ heartbeatMs: 20 })
  const wire = await Wire.to(server.port)
  const told: string[] = []
  const changes: boolean[] = []
  const client = connectChannel({
    ...clientOptions(wire.port),
    onProblem: problem => told.push(problem),
    onConnectedChange: connected => changes.push(connected),
  })
  cleanUp.push(
    () => wire.close(),
    () => client.close(0),
  )
  await until('connected', () => client.connected)
  // Heartbeats alone keep an idle connection for many intervals.
  await sleep(200)
  expect(changes).toEqual([true])
  wire.frozen = true
  await until('both noticed', () => !client.connected && server.nodes.length === 0)
  expect(told[0]).toContain('silent')
  expect(problems[0]).toContain('silent')
  wire.frozen = false
  wire.cut()
  await until('connected again', () => client.connected)
  expect(changes).toEqual([true, false, true])
})

test('a coordinator that accepts and says nothing is given up after the handshake timeout', async () => {
  const sockets: Socket[] = []
  const mute = await listenRaw(socket => sockets.push(socket))
  const told: string[] = []
  const client = connectChannel({
    ...clientOptions(portOf(mute)),
    handshakeTimeoutMs: 30,
    onProblem: problem => told.push(problem),
  })
  cleanUp.push(
    () => mute.close(),
    () => sockets.map(socket => socket.destroy()),
    () => client.close(0),
  )
  await until('it tried again', () => sockets.length > 2)
  expect(told).toEqual([expect.stringContaining('no handshake within 30 ms')])
})

test('hundreds of connections of noise leave a node that is served undisturbed', async () => {
  const { server, coordinator } = await listen()
  const client = connectChannel(clientOptions(server.port))
  cleanUp.push(() => client.close(0))
  await until('connected', () => client.connected)
  let closed = 0
  let seed = 7
  const noise = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    return seed >>> 24
  }
  for (const round of range(1, 8)) {
    for (const _ of range(1, 50)) {
      const socket = connect({ port: server.port, host: '127.0.0.1' })
      socket.on('error', () => {})
      socket.on('close', () => {
        closed += 1
      })
      socket.resume()
      socket.end(Buffer.from(range(0, 60).map(noise)))
    }
    client.offerPayment(paymentId(round), round)
    await until('cut', () => closed === round * 50)
  }
  await until('acknowledged', () => client.unacknowledgedCount === 0)
  expect(coordinator.amounts).toEqual(range(1, 8))
  expect(client.connected).toBe(true)
})
