import type { Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { processorContract } from '../index.ts'
import { stalledServer } from './testing.ts'
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
  waitMsMax,
} from './testing-clients.ts'

const idText = 'abababab-abab-abab-abab-abababababab'

afterEach(closeAll)

test.each(processorContract)('contract: $name', async ({ run }) => {
  const processor = await startProcessor()
  const client = clientOf(processor.origin, { attemptTimeoutMs: shortMs, healthTimeoutMs: shortMs })
  await run({
    client,
    behave: behavior => processor.behave(behavior),
    recordedCount: () => processor.recordedCount,
  })
})

test('an attempt is one POST of JSON, byte for byte as documented', async () => {
  const processor = await startProcessor()
  await clientOf(processor.origin).pay(payment)
  expect(processor.requests).toHaveLength(1)
  expect(processor.requests[0]).toMatchObject({
    method: 'POST',
    url: '/payments',
    headers: { 'content-type': 'application/json', host: processor.origin.slice('http://'.length) },
    body: `{"correlationId":"${idText}","amount":19.90,"requestedAt":"2025-08-09T21:19:56.123Z"}`,
  })
})

test.each([
  ['200 OK', 'recorded'],
  ['201 Created', 'recorded'],
  ['422 Unprocessable Entity', 'duplicate'],
  ['429 Too Many Requests', 'refused'],
  ['500 Internal Server Error', 'refused'],
  ['503 Service Unavailable', 'unknown'],
  ['302 Found', 'refused'],
  ['400 Bad Request', 'rejected'],
  ['404 Not Found', 'refused'],
  ['204 No Content', 'unknown'],
  ['524 A Timeout Occurred', 'unknown'],
  ['999 Odd', 'unknown'],
])('over HTTP, %s is %s', async (status, kind) => {
  const client = await clientOfRaw(socket => socket.write(jsonAnswer(status, '{}')))
  expect(await client.pay(payment)).toMatchObject({ kind })
})

test('an informational answer is not taken for the answer', async () => {
  const client = await clientOfRaw(socket => {
    socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${jsonAnswer('500 Oops', '')}`)
  })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: true })
})

test.each([1, 3])(
  'a server that sends 100 Continue before its answer, %i times, is heard, on one connection',
  async times => {
    const connections = new Set<Socket>()
    const client = await clientOfRaw(socket => {
      connections.add(socket)
      const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(times)
      socket.write(goOn)
      setTimeout(() => socket.write(goOn + jsonAnswer('200 OK', '{}')), 20)
    })
    expect(await client.pay(payment)).toEqual({ kind: 'recorded' })
    expect(connections.size).toBe(1)
  },
)

test('a 429 tells for how long its sender is to wait', async () => {
  const client = await clientOfRaw(socket => {
    socket.write('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\ncontent-length: 0\r\n\r\n')
  })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', pushedBack: true, retryAfterMs: 3000 })
})

test('a look-up’s body of 10 MB is not read to its end', async () => {
  const client = await clientOfRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10000000\r\n\r\n')
    socket.write(Buffer.alloc(10_000_000, '['))
  })
  const outcome = await client.lookUp(payment.correlationId)
  expect(outcome).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('BODY_TOO_LARGE') })
})

test.each<[string, string, (socket: Socket) => void]>([
  ['resets after reading', 'ECONNRESET', socket => socket.resetAndDestroy()],
  ['closes without an answer', 'UND_ERR_SOCKET', socket => socket.end()],
  [
    'closes in the middle of its headers',
    'UND_ERR_SOCKET',
    socket => socket.end('HTTP/1.1 200 OK\r\ncontent-'),
  ],
  ['answers what is no HTTP', 'HTTPParserError', socket => socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
  [
    'answers endless headers',
    'UND_ERR_HEADERS_OVERFLOW',
    socket => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(10_000)}`),
  ],
  [
    'sends its headers too late',
    'TIMEOUT',
    socket => setTimeout(() => socket.write('HTTP/1.1 200 OK\r\n\r\n'), 20_000).unref(),
  ],
  ['drips its headers', 'TIMEOUT', socket => drip(socket, 'HTTP/1.1 200 OK\r\nx-', 'x')],
])('a server that %s leaves the attempt unknown (%s)', async (_, code, onRequest) => {
  const client = await clientOfRaw(onRequest, { attemptTimeoutMs: code === 'TIMEOUT' ? shortMs : waitMsMax })
  const outcome = await client.pay(payment)
  expect(outcome).toEqual({ kind: 'unknown', reason: expect.stringMatching(/^default: /) })
  expect('reason' in outcome && outcome.reason).toContain(code)
})

function afterMs(delayMs: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, delayMs))
}

test('a connection that cannot be made in time is refused, and the reason names the setting', async () => {
  const server = await stalledServer()
  atEnd(server.close)
  const client = clientOf(server.origin, { connectTimeoutMs: 150 })
  expect(await client.pay(payment)).toEqual({
    kind: 'refused',
    sent: false,
    pushedBack: false,
    reason: expect.stringContaining('connectTimeoutMs'),
  })
})

test('an attempt given up while it waits for its connection is refused, and is not sent when that comes', async () => {
  const server = await stalledServer()
  atEnd(server.close)
  const client = clientOf(server.origin, {
    callCountMax: 1,
    attemptTimeoutMs: 150,
  })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: false, pushedBack: false })
  const connectionCount = await server.release()
  // The kernel tries a connection that was not taken again after a second, and undici still waits for it.
  await expect.poll(() => server.connectionCount()).toBeGreaterThan(connectionCount)
  await afterMs(100)
  expect(server.receivedBytes()).toBe(0)
})

test('a host name that does not exist is refused', async () => {
  const client = clientOf('http://processor.invalid:8080', { attemptTimeoutMs: 2000 })
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: false, pushedBack: false })
})

test('more attempts than connections push back at once and are not sent', async () => {
  const processor = await startProcessor()
  await processor.behave('silent')
  const client = clientOf(processor.origin, { callCountMax: 2 })
  const attempts = [1, 2, 3].map(number =>
    client.pay({ ...payment, correlationId: payment.correlationId.with(0, number) }),
  )
  expect(await attempts[2]).toMatchObject({ kind: 'refused', sent: false, pushedBack: true })
  await expect.poll(() => processor.recordedCount).toBe(2)
  await client.close()
  expect(await attempts[0]).toMatchObject({ kind: 'unknown' })
  expect(await attempts[1]).toMatchObject({ kind: 'unknown' })
  expect(processor.requests).toHaveLength(2)
})

test('an attempt that the processor has when the client is closed ends as unknown', async () => {
  const processor = await startProcessor()
  await processor.behave('silent')
  const client = clientOf(processor.origin)
  const attempt = client.pay(payment)
  await expect.poll(() => processor.recordedCount).toBe(1)
  await client.close()
  expect(await attempt).toEqual({ kind: 'unknown', reason: expect.stringContaining('closed') })
})

test('a client that is closed sends nothing any more', async () => {
  const processor = await startProcessor()
  const client = clientOf(processor.origin)
  await client.close()
  expect(await client.pay(payment)).toMatchObject({ kind: 'refused', sent: false, pushedBack: false })
  expect(await client.lookUp(payment.correlationId)).toMatchObject({ kind: 'unknown' })
  expect(await client.health()).toMatchObject({ kind: 'unknown' })
  expect(processor.requests).toEqual([])
  await client.close()
})

test.each<[string, string, object]>([
  ['garbage', jsonAnswer('200 OK', '{"correlationId":1}'), { kind: 'unknown' }],
  ['a body that is cut short', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{"corr', { kind: 'unknown' }],
  [
    'too large a body',
    jsonAnswer('200 OK', ' '.repeat(5000)),
    { kind: 'unknown', reason: expect.stringContaining('bodyBytesMax') },
  ],
  ['429', jsonAnswer('429 Too Many', ''), { kind: 'unknown' }],
  ['500', jsonAnswer('500 Oops', ''), { kind: 'unknown' }],
  ['404', jsonAnswer('404 Not Found', ''), { kind: 'absent' }],
])('a look-up answered with %s', async (_, answer, outcome) => {
  const client = await clientOfRaw(socket => {
    socket.write(answer)
    if (answer.includes('500\r\n\r\n{')) socket.end()
  })
  expect(await client.lookUp(payment.correlationId)).toMatchObject(outcome)
})

test('look-ups and health do not wait behind payments', async () => {
  const processor = await startProcessor()
  const client = clientOf(processor.origin, { callCountMax: 1 })
  await processor.behave('silent')
  const attempt = client.pay(payment)
  await expect.poll(() => processor.recordedCount).toBe(1)
  await processor.behave('well')
  expect(await client.lookUp(payment.correlationId)).toMatchObject({ kind: 'found', amountCents: 1990 })
  expect(await client.health()).toMatchObject({ kind: 'answered' })
  await client.close()
  expect(await attempt).toMatchObject({ kind: 'unknown' })
})

test.each(['[]', 'null', '{"failing":false,"minResponseTime":"fast"}'])(
  'health answered with %s tells nothing',
  async body => {
    const client = await clientOfRaw(socket => socket.write(jsonAnswer('200 OK', body)))
    expect(await client.health()).toEqual({ kind: 'unknown', reason: expect.stringMatching(/^default: /) })
  },
)

test('a limit that is no positive integer is a programmer error', () => {
  expect(() => clientOf('http://localhost:1', { callCountMax: 0 })).toThrow('limit')
  expect(() => clientOf('http://localhost:1', { attemptTimeoutMs: Number.POSITIVE_INFINITY })).toThrow(
    'limit',
  )
})
