import { createHash, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestOptions, request } from 'node:http'
import { join } from 'node:path'
import { adminOperations } from '@rinha/admin-api'
import type { ChannelAnswer, ChannelClient, ChannelRequestKind, ChannelRequests } from '@rinha/channel'
import { connectChannel } from '@rinha/channel/tcp'
import { answerProblem, Router } from '@rinha/openapi'
import { onlyShard, parseCorrelationId, type Shard, shardOf } from '@rinha/payment'
import { startTwin, type Twin } from '@rinha/processor-twin'
import { parseSettings } from '@rinha/settings'
import { listen, temporaryDirectory, until } from '@rinha/testing'
import { pino } from 'pino'
import { expect } from 'vitest'
import { type RunningCoordinator, startCoordinator } from './coordinator.ts'
import { coordinatorSchema } from './settings.ts'

/**
 * Shared by the tests of the coordinator: a coordinator over real TCP, a channel in front of it, and two simulated
 * processors.
 */

export { until }

export const secret = 'a-secret-of-the-tests'
const closers: (() => Promise<unknown>)[] = []

/** Ends everything that was started, last first. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

/** What the coordinators of this file's tests have logged: fields and message. */
export const lines: Record<string, unknown>[] = []

export const tokens = { operator: 'the-token-of-an-operator', viewer: 'the-token-of-a-viewer' }

/** A file for ADMIN_TOKENS_FILE with these. */
function writeTokens(): string {
  const path = join(temporaryDirectory(), 'tokens')
  const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
  const lines = [`olga operator ${hashOf(tokens.operator)}`, `victor viewer ${hashOf(tokens.viewer)}`]
  writeFileSync(path, `# name role sha256\n\n${lines.join('\n')}\n`)
  return path
}

const adminPorts = new Set<string>()
const router = new Router(adminOperations)
const fetchUnchecked = globalThis.fetch

/** Sends an operator's token if no other is given, and checks every answer of an admin port against its document. */
globalThis.fetch = async (input, init) => {
  const { port, pathname } = new URL(input instanceof Request ? input.url : input)
  if (!adminPorts.has(port)) return fetchUnchecked(input, init)
  const headers = new Headers(init?.headers)
  if (!headers.has('authorization')) headers.set('authorization', `Bearer ${tokens.operator}`)
  const response = await fetchUnchecked(input, { ...init, headers })
  const found = router.find(init?.method ?? 'GET', pathname)
  const contentType = response.headers.get('content-type') ?? ''
  if (found.kind !== 'route' || contentType.startsWith('text/event-stream')) return response
  const body = await response.clone().text()
  const wrong = answerProblem(found.route.operation, { status: response.status, contentType, body })
  expect(wrong, `${response.url} answers what its document does not have`).toBeUndefined()
  return response
}

export interface Stack {
  readonly coordinator: RunningCoordinator
  readonly node: ChannelClient
  readonly twins: readonly [Twin, Twin]
  readonly admin: string
}

export async function startStack(environment: Record<string, string> = {}): Promise<Stack> {
  const twins = await startTwins()
  const coordinator = await startOn(twins, environment)
  const node = await connect(coordinator.channelPort)
  return { coordinator, node, twins, admin: `http://127.0.0.1:${coordinator.adminPort}` }
}

export async function startTwins(): Promise<readonly [Twin, Twin]> {
  const twins = [
    await startTwin({ port: 0, feeBps: 500 }),
    await startTwin({ port: 0, feeBps: 1500 }),
  ] as const
  closers.push(...twins.map(twin => () => twin.close()))
  return twins
}

export function usualSettings([first, second]: readonly [Twin, Twin]): Record<string, string> {
  return {
    CHANNEL_PORT: '0',
    ADMIN_PORT: '0',
    ADMIN_TOKENS_FILE: writeTokens(),
    CHANNEL_SECRET: secret,
    POLICY: 'default-first',
    PROCESSORS: `default=http://localhost:${first.port}@0.05@5000,fallback=http://localhost:${second.port}@0.15@5000`,
  }
}

/** A coordinator in front of these processors. */
export async function startOn(
  twins: readonly [Twin, Twin],
  environment: Record<string, string> = {},
): Promise<RunningCoordinator> {
  const settings = parseSettings(coordinatorSchema, { ...usualSettings(twins), ...environment })
  if (!settings.ok) throw new Error(settings.error.join('\n'))
  const level = settings.value.LOG_LEVEL
  const log = pino({ level }, { write: line => lines.push(JSON.parse(line)) })
  const coordinator = await startCoordinator(settings.value, log)
  adminPorts.add(`${coordinator.adminPort}`)
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= coordinator.stop().finally(() => adminPorts.delete(`${coordinator.adminPort}`))
    return stopped
  }
  closers.push(stop)
  return { ...coordinator, stop }
}

export async function connect(port: number, shard: Shard = onlyShard): Promise<ChannelClient> {
  const node = connectChannel({
    coordinators: [{ host: '127.0.0.1', port }],
    secret,
    shard,
    nodeName: 'api1',
    bufferCountMax: 10_000,
    bufferAgeMsMax: 60_000,
    requestTimeoutMs: 2000,
    requestCountMax: 100,
    heartbeatMs: 1000,
    reconnectMsMin: 10,
    reconnectMsMax: 100,
  })
  closers.push(() => new Promise<void>(resolve => node.close(0, resolve)))
  await until(() => node.connected)
  return node
}

export function pay(
  node: ChannelClient,
  count: number,
  amountCents = 1990,
  shard: Shard = onlyShard,
): Uint8Array[] {
  return Array.from({ length: count }, () => {
    let id = parseCorrelationId(randomUUID()) as Uint8Array
    while (shardOf(id, shard.count) !== shard.index) id = parseCorrelationId(randomUUID()) as Uint8Array
    expect(node.offerPayment(id, amountCents)).toBeDefined()
    return id
  })
}

export function ask<Kind extends ChannelRequestKind>(
  node: ChannelClient,
  kind: Kind,
  params: ChannelRequests[Kind]['params'],
): Promise<ChannelAnswer<Kind>> {
  return new Promise(resolve => node.request(kind, params, resolve))
}

export async function totals(node: ChannelClient) {
  const summary = await ask(node, 'summary', { fromMs: null, toMs: null })
  if (!summary.ok) throw new Error(summary.error.reason)
  return summary.value.totals
}

export async function configure(
  twin: Twin,
  what: 'delay' | 'failure',
  value: number | boolean,
): Promise<void> {
  const response = await fetch(`http://localhost:${twin.port}/admin/configurations/${what}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'x-rinha-token': '123' },
    body: JSON.stringify({ [what]: value }),
  })
  expect(response.status).toBe(200)
}

// biome-ignore lint/suspicious/noExplicitAny: what a test reads is said by what it expects
export const readJson = async (url: string): Promise<any> => (await fetch(url)).json()

/** The body as JSON, or as text if it is text. */
export async function post(url: string, body: unknown = {}, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return [response.status, (await response.json()) as Record<string, unknown>] as const
}

/** A processor that is healthy, has no payment, and answers each POST with a status of the test's choice. Its port. */
export function startAnswering(statusOf: (body: string) => number): Promise<number> {
  const server = createServer(async (call, response) => {
    let body = ''
    for await (const piece of call) body += piece
    if (call.url === '/payments/service-health') {
      response.writeHead(200, { 'content-type': 'application/json' })
      return response.end('{"failing":false,"minResponseTime":0}')
    }
    return response.writeHead(call.method === 'GET' ? 404 : statusOf(body)).end()
  })
  return listen(server)
}

/** One request, with any header, and its whole answer. */
export function exchange(
  options: RequestOptions,
  body?: string,
): Promise<{
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}> {
  return new Promise((resolve, reject) => {
    request(options, response => {
      let text = ''
      response.on('data', piece => (text += piece))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      )
    })
      .on('error', reject)
      .end(body)
  })
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export async function recordedAt(twin: Twin): Promise<{ totalRequests: number; totalAmount: number }> {
  const response = await fetch(`http://localhost:${twin.port}/admin/payments-summary`, {
    headers: { 'x-rinha-token': '123' },
  })
  return (await response.json()) as { totalRequests: number; totalAmount: number }
}
