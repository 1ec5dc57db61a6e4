import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { until } from '@rinha/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFaultProxy, type FaultProxy } from './index.ts'

/** A socket and everything that has happened to it. */
class Peer {
  readonly socket: Socket
  text = ''
  ended = false
  code: string | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', chunk => {
      this.text += chunk.toString('latin1')
    })
    socket.on('end', () => {
      this.ended = true
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.code = error.code
    })
  }
}

/** A target that records the bytes of each connection. It answers each piece with the same piece, unless told otherwise. */
let seen: Peer[]
let answer: (socket: Socket, bytes: Buffer) => void
let target: Server
let proxy: FaultProxy
const clients: Peer[] = []

beforeEach(async () => {
  seen = []
  answer = (socket, bytes) => socket.write(bytes)
  target = createServer({ allowHalfOpen: true }, socket => {
    seen.push(new Peer(socket))
    socket.on('data', bytes => answer(socket, bytes))
  })
  target.listen(0, '127.0.0.1')
  await once(target, 'listening')
  const { port } = target.address() as AddressInfo
  proxy = await createFaultProxy({ host: '127.0.0.1', port: 0, target: { host: '127.0.0.1', port } })
})

afterEach(async () => {
  for (const { socket } of [...clients.splice(0), ...seen]) socket.destroy()
  await proxy.close()
  target.close()
})

function open(): Peer {
  const client = new Peer(connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }))
  clients.push(client)
  return client
}

/** A client with a connection through to the target, proved by an answer. */
async function opened(): Promise<Peer> {
  const client = open()
  client.socket.write('hello')
  await until(() => client.text === 'hello')
  client.text = ''
  return client
}

const isReset = (peer: Peer | undefined) => () => peer?.code === 'ECONNRESET'

/**
 * Round trips past the proxy, which is in this process: whatever is on its way through it had as many looks of the event
 * loop to arrive.
 */
async function roundTrips(): Promise<void> {
  const { port } = target.address() as AddressInfo
  const direct = new Peer(connect(port, '127.0.0.1'))
  clients.push(direct)
  for (let count = 1; count <= 5; count += 1) {
    direct.socket.write('ping')
    await until(() => direct.text.length === 4 * count)
  }
}

describe('without a fault', () => {
  test('bytes, and the end after the last of them, go both ways', async () => {
    answer = () => {}
    const client = open()
    client.socket.end('question')
    await until(() => seen[0]?.ended === true)
    expect(seen[0]?.text).toBe('question')
    expect(client.ended).toBe(false)
    seen[0]?.socket.end('answer')
    await until(() => client.ended)
    expect(client.text).toBe('answer')
    await until(() => proxy.connectionCount === 0)
  })

  test('a reset on one side is a reset on the other', async () => {
    const client = await opened()
    client.socket.resetAndDestroy()
    await until(isReset(seen[0]))
    const other = await opened()
    seen[1]?.socket.resetAndDestroy()
    await until(isReset(other))
    await until(() => proxy.connectionCount === 0)
  })

  test('a target that is not there is a reset', async () => {
    target.close()
    const client = open()
    await until(isReset(client))
  })

  test('a side that does not read holds the other up, and no byte is lost', async () => {
    const bytesMax = 64 * 1024 * 1024
    const chunk = Buffer.alloc(64 * 1024, 'x')
    let takenBytes = 0
    answer = async (socket, asked) => {
      if (asked.toString() === 'ping') return void socket.write(asked)
      for (let bytes = 0; bytes < bytesMax; bytes += chunk.length) {
        // Its callback comes when the system has taken it.
        await new Promise(resolve => socket.write(chunk, resolve))
        takenBytes += chunk.length
      }
      socket.end()
    }
    let receivedBytes = 0
    const socket = connect(proxy.port, '127.0.0.1')
    socket.write('all of it')
    let before = -1
    while (takenBytes === 0 || takenBytes !== before) {
      before = takenBytes
      await roundTrips()
    }
    expect(takenBytes).toBeLessThan(bytesMax / 2)
    socket.on('data', bytes => {
      receivedBytes += bytes.length
    })
    await once(socket, 'end')
    expect(receivedBytes).toBe(bytesMax)
  })
})

describe('latency', () => {
  test('holds every piece back, and keeps their order', async () => {
    const client = await opened()
    await proxy.setFault({ kind: 'latency', delayMs: 30, jitterMs: 40 })
    const startMs = performance.now()
    const words = Array.from({ length: 20 }, (_, index) => `${index},`)
    for (const word of words) {
      client.socket.write(word)
      await new Promise(setImmediate)
    }
    await until(() => client.text.length === words.join('').length)
    expect(client.text).toBe(words.join(''))
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(59)
  })

  test('ends when it is healed: what was held leaves at once', async () => {
    const client = await opened()
    await proxy.setFault({ kind: 'latency', delayMs: 3_600_000, jitterMs: 0 })
    client.socket.write('late')
    client.socket.end()
    await roundTrips()
    expect(seen[0]).toMatchObject({ text: 'hello', ended: false })
    await proxy.setFault(undefined)
    await until(() => seen[0]?.ended === true)
    expect(seen[0]?.text).toBe('hellolate')
  })
})

test('a drip lets so many bytes through a second, in however many pieces they come', async () => {
  answer = () => {}
  const client = open()
  await proxy.setFault({ kind: 'drip', bytesPerSecond: 1000 })
  const startMs = performance.now()
  client.socket.write('x'.repeat(200))
  await until(() => (seen[0]?.text.length ?? 0) > 0)
  client.socket.end('y'.repeat(200))
  await until(() => seen[0]?.ended === true)
  expect(seen[0]?.text).toBe(`${'x'.repeat(200)}${'y'.repeat(200)}`)
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(399)
})

test('a reset ends every connection on both sides, and new ones until it is healed', async () => {
  const client = await opened()
  await proxy.setFault({ kind: 'reset' })
  await until(isReset(client))
  await until(isReset(seen[0]))
  const late = open()
  await until(isReset(late))
  expect(seen).toHaveLength(1)
  await proxy.setFault(undefined)
  await opened()
})

test('a reset after the request: the target has read it and is left in peace, the client has no answer', async () => {
  const client = await opened()
  await proxy.setFault({ kind: 'resetAfterRequest' })
  client.socket.write('pay')
  await until(isReset(client))
  expect(client.text).toBe('')
  await until(() => seen[0]?.ended === true)
  expect(seen[0]).toMatchObject({ text: 'hellopay', code: undefined })
  seen[0]?.socket.end()
  await until(() => proxy.connectionCount === 0)

  const late = open()
  late.socket.write('new')
  await until(isReset(late))
  expect([late.text, seen[1]?.text]).toEqual(['', 'new'])
  await proxy.setFault(undefined)
  await opened()
})

test('half-open: new connections go nowhere, old ones go on', async () => {
  const old = await opened()
  await proxy.setFault({ kind: 'halfOpen' })
  const client = open()
  client.socket.write('anyone?')
  await until(() => proxy.connectionCount === 2)
  old.socket.write('still here')
  await until(() => old.text === 'still here')
  expect(seen).toHaveLength(1)
  expect(client).toMatchObject({ text: '', ended: false, code: undefined })
  await proxy.setFault(undefined)
  await until(isReset(client))
  old.socket.write('!')
  await until(() => old.text === 'still here!')
  expect(seen).toHaveLength(1)
})

test('a black hole: bytes and ends vanish in both directions, and its connections do not come back', async () => {
  const [client, quiet] = [await opened(), await opened()]
  await proxy.setFault({ kind: 'blackhole' })
  client.socket.write('lost')
  seen[0]?.socket.write('lost, too')
  quiet.socket.destroy()
  const late = open()
  late.socket.write('lost as well')
  await until(() => proxy.connectionCount === 3)
  await roundTrips()
  expect(seen.slice(0, 2).map(({ text, ended, code }) => [text, ended, code])).toEqual([
    ['hello', false, undefined],
    ['hello', false, undefined],
  ])
  expect(client).toMatchObject({ text: '', ended: false, code: undefined })
  await proxy.setFault(undefined)
  for (const peer of [client, late, seen[0], seen[1]]) await until(isReset(peer))
  expect(seen[0]?.text).toBe('hello')
  await until(() => proxy.connectionCount === 0)
  await opened()
})

test('refuse: connections are reset and new ones refused; healed, the same port listens again', async () => {
  const client = await opened()
  const { port } = proxy
  await proxy.setFault({ kind: 'refuse' })
  await until(isReset(client))
  const refused = open()
  await until(() => refused.code === 'ECONNREFUSED')
  await proxy.setFault(undefined)
  await opened()
  expect(proxy.port).toBe(port)
})

test('faults set faster than the port opens and closes: the last one counts', async () => {
  await Promise.all([
    proxy.setFault({ kind: 'refuse' }),
    proxy.setFault(undefined),
    proxy.setFault({ kind: 'refuse' }),
    proxy.setFault(undefined),
  ])
  await opened()
})

test.each([undefined, { kind: 'halfOpen' }, { kind: 'blackhole' }] as const)(
  'closed, it leaves nothing: no connection and no port (fault: %j)',
  async fault => {
    const client = await opened()
    await proxy.setFault(fault)
    const late = open()
    await until(() => proxy.connectionCount === 2)
    await proxy.close()
    expect(proxy.connectionCount).toBe(0)
    for (const peer of [client, late, seen[0]]) await until(isReset(peer))
    const refused = open()
    await until(() => refused.code === 'ECONNREFUSED')
  },
)

test('a taken port is reported', async () => {
  const options = { host: '127.0.0.1', port: proxy.port, target: { host: '127.0.0.1', port: 1 } }
  await expect(createFaultProxy(options)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
