import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { freePort } from '@rinha/service'
import { listen } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { HttpClient, type HttpClientOptions } from './http-client.ts'

let client: HttpClient
let connectionCount = 0

afterEach(async () => {
  await client.close()
})

async function clientOf(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  options: Partial<HttpClientOptions> = {},
): Promise<HttpClient> {
  connectionCount = 0
  const server = createServer(answer)
  server.on('connection', () => {
    connectionCount += 1
  })
  client = new HttpClient(`http://127.0.0.1:${await listen(server)}`, { timeoutMs: 30_000, ...options })
  return client
}

const get = { method: 'GET', path: '/' } as const

test('a request carries its body and the headers of both, and its answer is read whole', async () => {
  const asked: unknown[] = []
  await clientOf(
    async (request, response) => {
      const { method, url, headers } = request
      const body = Buffer.concat(await request.toArray()).toString()
      asked.push({ method, url, body, token: headers['x-token'], prefer: headers.prefer })
      response.writeHead(202, { 'preference-applied': 'ack=queued' })
      response.write('{"a"')
      response.end(':1}')
    },
    { headers: { 'x-token': '123' } },
  )
  const request = {
    method: 'PUT',
    path: '/a?b=1',
    headers: { prefer: 'ack=queued' },
    json: { x: 1 },
  } as const
  const answer = await client.send(request)
  expect(asked).toEqual([
    { method: 'PUT', url: '/a?b=1', body: '{"x":1}', token: '123', prefer: 'ack=queued' },
  ])
  expect(answer).toEqual({
    kind: 'answer',
    status: 202,
    body: '{"a":1}',
    latencyMs: expect.any(Number),
    preferenceApplied: 'ack=queued',
  })
})

test('connections are kept, and there are at most so many', async () => {
  await clientOf((_, response) => response.end(), { connectionCountMax: 2 })
  for (let round = 0; round < 3; round += 1)
    await Promise.all(Array.from({ length: 6 }, () => client.send(get)))
  expect(connectionCount).toBe(2)
})

test('one time limit covers the whole request, the body too', async () => {
  await clientOf((_, response) => response.writeHead(200).write('half'), { timeoutMs: 60 })
  expect(await client.send(get)).toEqual({ kind: 'none', reason: 'no answer within 60 ms' })
})

test('a connection that breaks off, and an answer that is too long, are no answer', async () => {
  await clientOf((request, response) =>
    request.url === '/long' ? response.end('x'.repeat(100_000)) : response.destroy(),
  )
  expect(await client.send(get)).toEqual({ kind: 'none', reason: 'UND_ERR_SOCKET' })
  expect(await client.send({ ...get, path: '/long' })).toMatchObject({
    kind: 'none',
    reason: expect.stringContaining('65536 bytes'),
  })
})

test('a port without a server gives no answer', async () => {
  client = new HttpClient(`http://127.0.0.1:${await freePort()}`, { timeoutMs: 30_000 })
  expect(await client.send(get)).toEqual({ kind: 'none', reason: 'ECONNREFUSED' })
})
