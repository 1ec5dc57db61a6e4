import { createServer, type Socket } from 'node:net'
import { freePort } from '@rinha/service'
import { listen, until } from '@rinha/testing'
import { expect, test } from 'vitest'
import { Connection, type RequestEnd } from './connection.ts'

/** A server that answers each request with `answer`, and the connections that it got. */
async function serve(answer: (socket: Socket, connectionCount: number) => void): Promise<number> {
  let connectionCount = 0
  const server = createServer(socket => {
    connectionCount += 1
    const count = connectionCount
    socket.on('data', () => answer(socket, count))
    socket.on('error', () => {})
  })
  return listen(server)
}

function ask(connection: Connection): Promise<RequestEnd> {
  return new Promise(resolve => connection.send('POST / HTTP/1.1\r\n\r\n', resolve))
}

const accepted = 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n'
const connectionTo = (port: number, timeoutMs = 20_000) =>
  new Connection({ host: '127.0.0.1', port, timeoutMs })

test('requests share one connection, and the latency is that of the answer', async () => {
  let connectionsSeen = 0
  const port = await serve((socket, count) => {
    connectionsSeen = count
    setTimeout(() => socket.write(accepted), 40)
  })
  const connection = connectionTo(port)
  for (let turn = 0; turn < 3; turn += 1) {
    const askedMs = performance.now()
    const end = await ask(connection)
    const wholeMs = performance.now() - askedMs
    expect(end).toMatchObject({ kind: 'answer', status: 202 })
    if (end.kind === 'answer') expect(end.latencyMs).toBeGreaterThan(38)
    if (end.kind === 'answer') expect(end.latencyMs).toBeLessThanOrEqual(wholeMs)
  }
  expect(connectionsSeen).toBe(1)
  connection.close()
})

test('a connection that the server closes, with an answer or while idle, is opened again', async () => {
  const sockets: Socket[] = []
  const port = await serve((socket, count) => {
    sockets.push(socket)
    if (count === 1) socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
    else socket.write(accepted)
  })
  const connection = connectionTo(port)
  expect(await ask(connection)).toMatchObject({ status: 200 })
  expect(await ask(connection)).toMatchObject({ status: 202 })
  sockets[1]?.end()
  await until(() => sockets[1]?.closed, 'the connection has left, too')
  expect(await ask(connection)).toMatchObject({ status: 202 })
  expect(sockets).toHaveLength(3)
  connection.close()
})

test('an answer that comes after the time limit is not taken for the next one', async () => {
  const asked: Socket[] = []
  const port = await serve(socket => {
    asked.push(socket)
    if (asked.length === 1) return
    asked[0]?.write('HTTP/1.1 500 Late\r\ncontent-length: 0\r\n\r\n')
    setTimeout(() => socket.write(accepted), 30)
  })
  const connection = connectionTo(port, 2000)
  expect(await ask(connection)).toEqual({ kind: 'failed', cause: 'timeout' })
  expect(await ask(connection)).toMatchObject({ kind: 'answer', status: 202 })
  connection.close()
})

test('a cut answer, bytes that are not HTTP, and a missing server are failures with their cause', async () => {
  const texts = ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour', 'hello\r\n\r\n']
  const port = await serve((socket, count) => socket.end(texts[count - 1] ?? ''))
  const connection = connectionTo(port)
  expect(await ask(connection)).toEqual({ kind: 'failed', cause: 'connection closed' })
  expect(await ask(connection)).toEqual({ kind: 'failed', cause: 'not HTTP (status line)' })
  const nobody = connectionTo(await freePort())
  expect(await ask(nobody)).toEqual({ kind: 'failed', cause: 'ECONNREFUSED' })
})
