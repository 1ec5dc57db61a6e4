import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import {
  atEnd,
  clientOf,
  clientOfRaw,
  closeAll,
  drip,
  jsonAnswer,
  payment,
  shortMs,
  startProcessor,
} from './testing-clients.ts'

/** The choice of a connection for a call, and when a connection is closed. */

afterEach(closeAll)

test('the status decides before the body has come; the body delays no call, and its connection serves again', async () => {
  const sockets: Socket[] = []
  const client = await clientOfRaw(
    (socket, count) => {
      sockets.push(socket)
      if (count > 1) socket.write('HTTP/1.1 500 Oops\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
      else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
    },
    { callCountMax: 1 },
  )
  expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: true })
  expect(new Set(sockets).size).toBe(2)
  sockets[0]?.write('12345')
  await expect
    .poll(async () => {
      await client.pay(payment)
      return sockets.at(-1) === sockets[0]
    })
    .toBe(true)
})

test('connections whose bodies do not end are as many as calls at the most; then calls push back and are not sent', async () => {
  let requestCount = 0
  const client = await clientOfRaw(
    socket => {
      requestCount += 1
      drip(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x')
    },
    { callCountMax: 2 },
  )
  for (let count = 0; count < 4; count += 1) expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: false, pushedBack: true })
  expect(requestCount).toBe(4)
})

test('each call on a connection has the whole time limit, and no more', async () => {
  const sockets = new Set<Socket>()
  const client = await clientOfRaw(
    (socket, count) => {
      sockets.add(socket)
      const delayMs = [0, 0, shortMs / 2][count]
      if (delayMs !== undefined) setTimeout(() => socket.write(jsonAnswer('200 OK', '{}')), delayMs)
    },
    { attemptTimeoutMs: shortMs },
  )
  expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
  await new Promise(resolve => setTimeout(resolve, 0.7 * shortMs))
  // The time of the first call ends during the second one.
  expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
  await new Promise(setImmediate)
  expect(await client.pay(payment)).toEqual({
    kind: 'unknown',
    reason: expect.stringContaining(`TIMEOUT: after ${shortMs} ms`),
  })
  expect(sockets.size).toBe(1)
})

test('the connection that was used last is used next', async () => {
  const sockets: Socket[] = []
  const client = await clientOfRaw(socket => {
    sockets.push(socket)
    socket.write(jsonAnswer('200 OK', '{}'))
  })
  await Promise.all([1, 2, 3, 4].map(() => client.pay(payment)))
  for (let count = 0; count < 10; count += 1) {
    await new Promise(setImmediate)
    await client.pay(payment)
  }
  expect([new Set(sockets.slice(0, 4)).size, new Set(sockets.slice(4)).size]).toEqual([4, 1])
})

test.each<[string, string]>([
  ['stays silent', ''],
  ['is endless', 'x'.repeat(1000)],
])('a connection whose body %s is given up, and another one serves', async (_, piece) => {
  let closedCount = 0
  const client = await clientOfRaw(
    (socket, count) => {
      socket.on('close', () => {
        closedCount += 1
      })
      if (count > 1) socket.write(jsonAnswer('500 Oops', '{}'))
      else if (piece === '') socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n')
      else drip(socket, 'HTTP/1.1 200 OK\r\n\r\n', piece)
    },
    { callCountMax: 1, attemptTimeoutMs: piece === '' ? 60_000 : shortMs },
  )
  expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
  // By bodyIdleMsMax or by the attempt's own deadline.
  await expect.poll(() => closedCount).toBe(1)
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: true })
})

test('connections are kept from attempt to attempt', async () => {
  const processor = await startProcessor()
  const client = clientOf(processor.origin)
  for (let count = 0; count < 20; count += 1) await client.pay(payment)
  // Two in turn: a connection is used again from the next turn of the event loop on.
  expect(processor.connectionCount).toBeLessThanOrEqual(2)
})

test('a connection that the server closed while it was idle is not used for the next attempt', async () => {
  const processor = await startProcessor()
  const client = clientOf(processor.origin)
  for (let number = 0; number < 5; number += 1) {
    const correlationId = payment.correlationId.with(0, number)
    expect(await client.pay({ ...payment, correlationId })).toEqual({ kind: 'recorded' })
    processor.closeIdleConnections()
    await new Promise(resolve => setTimeout(resolve, 10))
    // A busy machine may come to the timer first: once around the event loop, the client has seen the end.
    await new Promise(setImmediate)
  }
  expect(processor.connectionCount).toBe(5)
})

test('200 payments at a server that sends 100 Continue each time are recorded, most on kept connections', async () => {
  let connectionCount = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeContinue()
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.on('connection', () => {
    connectionCount += 1
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => new Promise(resolve => void server.close(() => resolve()).closeAllConnections()))
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const kinds = new Set<string>()
  for (let round = 0; round < 50; round += 1)
    for (const { kind } of await Promise.all([1, 2, 3, 4].map(() => client.pay(payment)))) kinds.add(kind)
  expect([...kinds]).toEqual(['recorded'])
  expect(connectionCount).toBeLessThanOrEqual(8)
})
