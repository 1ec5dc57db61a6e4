import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RunningApi } from './api.ts'
import { CoordinatorEnd, freePort, startNode, until } from './testing.ts'

/** The node is served over real sockets, on a real channel, with its settings. packages/node tests the answers. */

let coordinator: CoordinatorEnd
let node: RunningApi
/** A node whose coordinator is away. */
let lonely: RunningApi

beforeAll(async () => {
  coordinator = await CoordinatorEnd.listen()
  node = await startNode({ COORDINATOR_PORT: coordinator.port, ACK_LEVEL: 'queued' })
  lonely = await startNode({
    COORDINATOR_PORT: await freePort(),
    NODE_NAME: 'lonely',
    BUFFER_COUNT_MAX: 3,
    BODY_BYTES_MAX: 128,
    ACK_LEVEL_MIN: 'queued',
    ACK_WAIT_MS_MAX: 20,
  })
  await until(async () => (await call(node, 'GET', '/ready')).status === 200, 'the node is ready')
})

afterAll(async () => {
  await Promise.all([node.stop(), lonely.stop()])
  await coordinator.close()
})

beforeEach(() => {
  coordinator.payments.length = 0
  coordinator.requests.length = 0
})

async function call(
  { port }: { readonly port: number },
  method: string,
  path: string,
  body?: string,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function post(target: { readonly port: number }, body: string, headers?: Readonly<Record<string, string>>) {
  return call(target, 'POST', '/payments', body, { 'content-type': 'application/json', ...headers })
}

const payment = (id: string, lexeme = '19.90') => `{"correlationId":"${id}","amount":${lexeme}}`

test('a payment is accepted at the level asked for and reaches the coordinator, id and cents as they were', async () => {
  const id = randomUUID()
  const usual = await post(node, payment(id.toUpperCase(), '20.05'))
  expect([usual.status, usual.text, usual.headers.get('preference-applied')]).toEqual([202, '', 'ack=queued'])
  expect(coordinator.payments).toEqual([`${id} 2005`])
  const asked = await post(node, payment(id), { prefer: 'ack=received' })
  expect([asked.status, asked.headers.get('preference-applied')]).toEqual([202, 'ack=received'])
})

test('many payments at once on many connections all arrive, once each', async () => {
  const ids = Array.from({ length: 200 }, () => randomUUID())
  const answers = await Promise.all(ids.map(id => post(node, payment(id))))
  expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([202]))
  expect(coordinator.payments.sort()).toEqual(ids.map(id => `${id} 1990`).sort())
})

test('the settings hold: the longest body, the least level, the wait for the level, the buffer', async () => {
  expect((await post(lonely, payment(randomUUID()).padEnd(129))).status).toBe(413)
  const details: string[] = []
  for (let count = 0; count < 4; count += 1) {
    const { status, text, headers } = await post(lonely, payment(randomUUID()), { prefer: 'ack=received' })
    expect([status, headers.get('retry-after')]).toEqual([503, '1'])
    details.push(JSON.parse(text).detail)
  }
  expect(details.slice(0, 3)).toEqual(new Array(3).fill(expect.stringContaining('not queued within 20 ms')))
  expect(details[3]).toContain('BUFFER_COUNT_MAX')
  expect((await call(lonely, 'GET', '/health')).text).toBe('{"status":"ok","node":"lonely"}')
  expect((await call(node, 'POST', '/purge-payments', '{}')).text).toBe('{"purged":true}')
})

test('path and query come to the node as they were sent', async () => {
  const id = randomUUID()
  coordinator.reports.set(id, { state: 'queued', amountCents: 1990 })
  const read = await call(node, 'GET', `/payments/${id}`)
  expect([read.status, read.headers.get('content-type')]).toEqual([200, 'application/json'])
  expect(JSON.parse(read.text)).toEqual({ correlationId: id, state: 'queued', amount: 19.9 })
  const query = 'from=1970-01-01T00%3A00%3A00.0001Z&to=1970-01-01T03:00:00.9999%2B03:00'
  expect((await call(node, 'GET', `/payments-summary?${query}`)).status).toBe(200)
  expect(coordinator.requests.at(-1)).toEqual({ kind: 'summary', params: { fromMs: 1, toMs: 999 } })
})

test.each([
  ['GET', '/payments', 405],
  ['PUT', '/payments', 405],
  ['OPTIONS', '/ready', 405],
  ['HEAD', '/payments', 405],
  ['GET', '/payments-summary?form=2025-08-09', 400],
  ['DELETE', `/payments/${randomUUID()}`, 405],
  ['GET', '/payments/%00', 400],
  ['GET', '/payments/', 404],
  ['GET', `/payments/${randomUUID()}/x`, 404],
  ['GET', '//', 404],
  ['GET', '/%', 404],
  ['POST', '/', 404],
])('%s %s is answered %d by the node, not by the library', async (method, path, status) => {
  const answer = await call(node, method, path)
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
})
