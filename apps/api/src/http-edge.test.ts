import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunningApi } from './api.ts'
import { CoordinatorEnd, startNode, talk, until } from './testing.ts'

/** Requests that no well-behaved client sends: HTTP/1.1 written byte by byte on raw connections. */

let coordinator: CoordinatorEnd
let node: RunningApi
/** A node at the default level: an answer waits for the coordinator. */
let waiting: RunningApi

beforeAll(async () => {
  coordinator = await CoordinatorEnd.listen()
  node = await startNode({ COORDINATOR_PORT: coordinator.port })
  waiting = await startNode({ COORDINATOR_PORT: coordinator.port, NODE_NAME: 'waiting', ACK_LEVEL: 'queued' })
  await until(async () => (await talk(waiting.port, [ready])).answers[0]?.status === 200, 'it is ready')
})

afterAll(async () => {
  await Promise.all([node.stop(), waiting.stop()])
  await coordinator.close()
})

beforeEach(() => {
  coordinator.payments.length = 0
})

const jsonHead = 'POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
const payment = (id: string) => `{"correlationId":"${id}","amount":19.90}`
const whole = (body: string, length = body.length) => `${jsonHead}Content-Length: ${length}\r\n\r\n${body}`
const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`
const health = get('/health')
const ready = get('/ready')
const summary = get('/payments-summary')

function splitAfter(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark) + mark.length
  return [text.slice(0, at), text.slice(at)]
}

async function expectArrived(...ids: string[]): Promise<void> {
  await until(() => coordinator.payments.length >= ids.length, 'the payments arrive')
  expect(coordinator.payments).toEqual(ids.map(id => `${id} 1990`))
}

test('a request with a segment for each byte after its first line is one payment', async () => {
  const id = randomUUID()
  const [requestLine, rest] = splitAfter(whole(payment(id)), '\r\n')
  const { answers } = await talk(node.port, [requestLine, ...rest])
  expect(answers.map(answer => answer.status)).toEqual([202])
  await expectArrived(id)
})

test('a body cut in two at any byte is one payment', async () => {
  const id = randomUUID()
  const [head, body] = splitAfter(whole(payment(id)), '\r\n\r\n')
  const cuts = Array.from(body, (_, at) => at)
  const talks = await Promise.all(cuts.map(at => talk(node.port, [head + body.slice(0, at), body.slice(at)])))
  expect(new Set(talks.map(({ answers }) => answers[0]?.status))).toEqual(new Set([202]))
  await until(() => coordinator.payments.length === cuts.length, 'all arrive')
  expect(new Set(coordinator.payments)).toEqual(new Set([`${id} 1990`]))
})

test('a chunked body without a length is read, in one chunk or one for each byte', async () => {
  const ids = [randomUUID(), randomUUID()] as const
  const head = `${jsonHead}Transfer-Encoding: chunked\r\n\r\n`
  const inOne = await talk(node.port, [`${head}${chunk(payment(ids[0]))}${chunk('')}`])
  const inMany = await talk(node.port, [head, ...[...payment(ids[1]), ''].map(chunk)])
  expect([inOne.answers[0]?.status, inMany.answers[0]?.status]).toEqual([202, 202])
  await expectArrived(...ids)
})

test('a chunked body is read up to 4096 bytes; one more byte is answered 413 and ends the connection', async () => {
  const id = randomUUID()
  const head = `${jsonHead}Transfer-Encoding: chunked\r\n\r\n`
  const filled = payment(id).padEnd(4096)
  const fits = await talk(node.port, [
    head,
    chunk(filled.slice(0, 2000)),
    chunk(filled.slice(2000)),
    chunk(''),
  ])
  expect(fits.answers[0]?.status).toBe(202)
  const tooLong = await talk(node.port, [head, chunk(filled), chunk(' ')])
  expect(tooLong.answers[0]).toMatchObject({
    status: 413,
    head: expect.stringMatching(/^Connection: close/im),
  })
  // Bytes after the answer are not read as a body, even if they would be a valid one.
  tooLong.send(chunk(payment(randomUUID())) + chunk(''))
  // The node reads bytes in the order of arrival. Once this payment has arrived, the node has read the bytes before.
  const after = randomUUID()
  await talk(node.port, [whole(payment(after))])
  await expectArrived(id, after)
  tooLong.hangUp()
})

test('a length over the limit is answered 413 before a byte of the body came, and the body is dropped', async () => {
  const conversation = await talk(node.port, [whole('', 1_000_000)])
  expect(conversation.answers[0]).toMatchObject({
    status: 413,
    head: expect.stringMatching(/^Connection: close/im),
  })
  conversation.send(payment(randomUUID()))
  conversation.send(health)
  const id = randomUUID()
  await talk(node.port, [whole(payment(id))])
  await expectArrived(id)
  expect(await conversation.more(1)).toHaveLength(1)
  // If the node closed the connection with unread bytes, it would be reset, and the answer could be lost.
  expect(conversation.isClosed()).toBe(false)
  conversation.hangUp()
})

test.each([
  ['-1', [400]],
  ['abc', [400]],
  ['1e2', [400]],
  ['99999999999999999999999', [413, 400]],
])('a Content-Length of %s is refused and ends the connection', async (length, statuses) => {
  const conversation = await talk(node.port, [`${jsonHead}Content-Length: ${length}\r\n\r\n{}`])
  await until(() => conversation.isClosed(), 'the connection is closed')
  const answers = await conversation.more(1)
  expect(statuses).toContain(answers[0]?.status)
  expect(coordinator.payments).toEqual([])
})

test('a length together with chunks is refused, because it can smuggle a request', async () => {
  const body = payment(randomUUID())
  const both = `${jsonHead}Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(body)}${chunk('')}`
  const conversation = await talk(node.port, [both])
  await until(() => conversation.isClosed(), 'the connection is closed')
  expect(conversation.answers[0]?.status).toBe(400)
  expect(coordinator.payments).toEqual([])
})

test('a length shorter than the body cuts the body: it is not JSON, and the other bytes are no request', async () => {
  const body = payment(randomUUID())
  const conversation = await talk(node.port, [whole(body, body.length - 1)])
  expect(conversation.answers[0]?.status).toBe(400)
  conversation.send('\r\n\r\n')
  await until(() => conversation.isClosed(), 'the connection is closed')
  expect(coordinator.payments).toEqual([])
})

test('after a client leaves in the middle of a request, no state of it is left, and the node goes on', async () => {
  const full = whole(payment(randomUUID()))
  for (const part of [full.slice(0, 60), full.slice(0, -70), full.slice(0, -1)]) {
    const conversation = await talk(node.port, [part], 0)
    // The node answers this request after it has read the part of the other one.
    await talk(node.port, [health])
    conversation.hangUp()
  }
  const id = randomUUID()
  expect((await talk(node.port, [whole(payment(id))])).answers[0]?.status).toBe(202)
  await expectArrived(id)
})

test('a slow client is waited for, while others are answered', async () => {
  const ids = [randomUUID(), randomUUID()] as const
  const [head, body] = splitAfter(whole(payment(ids[1])), '\r\n\r\n')
  const slow = await talk(node.port, [head + body.slice(0, 20)], 0)
  expect((await talk(node.port, [whole(payment(ids[0]))])).answers[0]?.status).toBe(202)
  slow.send(body.slice(20))
  expect((await slow.more(1))[0]?.status).toBe(202)
  await expectArrived(...ids)
})

test('a body that trickles is answered 408 and its connection closed, while others are served', async () => {
  const hasty = await startNode({ NODE_NAME: 'hasty', BODY_MS_MAX: 200 })
  const [head, body] = splitAfter(whole(payment(randomUUID())), '\r\n\r\n')
  const chunked = `${jsonHead}Transfer-Encoding: chunked\r\n\r\n`
  const slow = await Promise.all(
    [head, head + body.slice(0, 9), chunked].map(text => talk(hasty.port, [text], 0)),
  )
  expect((await talk(hasty.port, [health])).answers[0]?.status).toBe(200)
  for (const conversation of slow) {
    expect((await conversation.more(1))[0]?.status).toBe(408)
    await until(() => conversation.isClosed(), 'the connection is closed')
  }
  await hasty.stop()
})

test('requests in a pipeline on one connection are answered in their order', async () => {
  const ids = [randomUUID(), randomUUID()] as const
  const pipeline = [whole(payment(ids[0])), health, whole('{}'), whole(payment(ids[1])), health].join('')
  const { answers } = await talk(node.port, [pipeline], 5)
  expect(answers.map(answer => answer.status)).toEqual([202, 200, 400, 202, 200])
  await expectArrived(...ids)
})

describe('while an answer waits for the coordinator', () => {
  test('a client that has closed its sending direction gets the answer', async () => {
    const ids = [randomUUID(), randomUUID()] as const
    for (const request of [whole(payment(ids[0])), summary, whole(payment(ids[1]))]) {
      const conversation = await talk(waiting.port, [request], 0)
      conversation.endSending()
      expect((await conversation.more(1)).map(({ status }) => Math.floor(status / 100))).toEqual([2])
    }
    await expectArrived(...ids)
  })

  test('the next request, in a segment of its own, is answered after the first', async () => {
    const id = randomUUID()
    const conversation = await talk(waiting.port, [whole(payment(id))], 0)
    await expectArrived(id)
    conversation.send(summary)
    expect((await conversation.more(2)).map(({ status, body }) => [status, body.slice(0, 10)])).toEqual([
      [202, ''],
      [200, '{"default"'],
    ])
  })

  test('two requests in one segment end the connection without an answer; the first was taken', async () => {
    const ids = [randomUUID(), randomUUID()] as const
    const conversation = await talk(waiting.port, [whole(payment(ids[0])) + whole(payment(ids[1]))])
    await until(() => conversation.isClosed(), 'the connection is closed')
    expect(conversation.raw()).toBe('')
    await expectArrived(ids[0])
  })
})

test('an error that is answered before the body was read leaves the connection usable', async () => {
  const id = randomUUID()
  const text =
    'POST /payments HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 3000\r\n\r\n'
  const conversation = await talk(node.port, [text, 'x'.repeat(1500)])
  expect(conversation.answers[0]?.status).toBe(415)
  conversation.send('x'.repeat(1500))
  conversation.send(whole(payment(id)))
  expect((await conversation.more(2))[1]?.status).toBe(202)
  await expectArrived(id)
})

test('a HEAD request is answered without a body, so that the next answer is read as one', async () => {
  const head = 'HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n'
  const conversation = await talk(node.port, [head], 0)
  await until(() => conversation.raw().includes('\r\n\r\n'), 'the head')
  conversation.send(health)
  await until(() => conversation.raw().includes('"node"'), 'the next answer')
  expect(conversation.raw()).toMatch(/^HTTP\/1\.1 200 [^{]*\r\n\r\nHTTP\/1\.1 200 OK/s)
})

test('an unknown method is answered 405, and bytes that are not HTTP end the connection', async () => {
  const brew = await talk(node.port, ['BREW /payments HTTP/1.1\r\nHost: x\r\n\r\n'])
  expect(brew.answers[0]).toMatchObject({ status: 405, head: expect.stringMatching(/^Allow: POST/im) })
  const garbage = await talk(node.port, ['\x16\x03\x01 hello\r\n\r\n'])
  await until(() => garbage.isClosed(), 'the connection is closed')
})

test('several Prefer lines are one list', async () => {
  const id = randomUUID()
  const prefer = 'Prefer: respond-async\r\npREFER: wait=1, ack=queued\r\n'
  const { answers } = await talk(node.port, [whole(payment(id)).replace('\r\n', `\r\n${prefer}`)])
  expect(answers[0]?.head).toMatch(/^Preference-Applied: ack=queued/im)
  await expectArrived(id)
})

test('HTTP/1.0 is not spoken', async () => {
  const conversation = await talk(node.port, ['GET /health HTTP/1.0\r\nHost: x\r\n\r\n'])
  await until(() => conversation.isClosed(), 'the connection is closed')
  expect(conversation.raw()).toMatch(/^HTTP\/1\.1 505/)
})
