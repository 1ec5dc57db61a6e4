import { Agent } from 'node:http'
import { adminOperations } from '@rinha/admin-api'
import type { Operation, TSchema } from '@rinha/openapi'
import { type ProblemKind, problemKinds, problemType } from '@rinha/openapi/problems'
import { printCorrelationId } from '@rinha/payment'
import { temporaryDirectory } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { closeAll, exchange, pay, startStack, tokens, totals, until } from '../testing.ts'

afterEach(closeAll)

/** The text that no answer may contain. */
const marker = 'hunter2'

interface Hostile {
  readonly what: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly kind: ProblemKind
}

const json = { 'content-type': 'application/json' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const operator = bearer(tokens.operator)
const all = Object.entries(adminOperations as { readonly [id: string]: Operation })
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** Makes a value that the schema allows. */
function sample(schema: TSchema): unknown {
  const {
    const: constant,
    enum: words,
    examples,
    anyOf,
    type,
    properties,
    required,
    items,
    minItems,
  } = schema as {
    const?: unknown
    enum?: unknown[]
    examples?: unknown[]
    anyOf?: TSchema[]
    type?: string
    properties?: Record<string, TSchema>
    required?: string[]
    items?: TSchema
    minItems?: number
  }
  if (constant !== undefined) return constant
  if (anyOf?.[0] !== undefined) return sample(anyOf[0])
  if (words !== undefined || examples !== undefined) return (words ?? examples)?.[0]
  if (type === 'array') return minItems && items ? [sample(items)] : []
  if (type === 'object')
    return Object.fromEntries((required ?? []).map(name => [name, sample(properties?.[name] as TSchema)]))
  return { integer: 1, number: 1, boolean: true, string: 'x' }[type ?? ''] ?? null
}

/** Requests to one operation. Each has one fault, and would be accepted without it. */
function hostileTo(id: string, operation: Operation, payment: string): readonly Hostile[] {
  const { method, role, query, body, headers: wanted } = operation
  const path = operation.path.replace('{id}', payment).replace('{name}', 'not-found')
  const headers = {
    ...operator,
    ...(body && json),
    ...(wanted && (sample(wanted) as Record<string, string>)),
  }
  const good = { method, path, headers, ...(body && { body: JSON.stringify(sample(body)) }) }
  const list: Hostile[] = []
  const add = (what: string, kind: ProblemKind, change: Partial<Hostile>) =>
    list.push({ ...good, ...change, what: `${id}: ${what}`, kind })
  const without = ({ authorization: _, ...rest }: typeof headers) => rest

  add('a foreign Host', 'forbidden', { headers: { ...headers, host: `${marker}.example` } })
  add('a name that ends as ours', 'forbidden', { headers: { ...headers, host: `${marker}.localhost` } })
  add('a foreign Origin', 'forbidden', { headers: { ...headers, origin: `http://${marker}.example` } })
  add('a sandboxed Origin', 'forbidden', { headers: { ...headers, origin: 'null' } })
  const here = all
    .filter(([, other]) => other.path === operation.path)
    .map(([, other]) => other.method as string)
  for (const other of methods.filter(other => !here.includes(other)))
    add(`method ${other}`, 'method-not-allowed', { method: other })
  add('another form of the answer', 'not-acceptable', { headers: { ...headers, accept: 'image/png' } })
  add('an unknown parameter', 'bad-request', {
    path: `${path}?a=${marker}`,
  })
  add('a broken query', 'bad-request', { path: `${path}?a=%zz` })
  if (role !== 'open') {
    add('no token', 'unauthenticated', { headers: without(headers) })
    add('a wrong token', 'unauthenticated', { headers: { ...headers, ...bearer(marker) } })
    add('a token and more', 'unauthenticated', {
      headers: { ...headers, ...bearer(`${tokens.operator}${marker}`) },
    })
    add('another scheme', 'unauthenticated', { headers: { ...headers, authorization: `Basic ${marker}` } })
    add('a token in the query', 'unauthenticated', {
      headers: without(headers),
      path: `${path}?access_token=${tokens.operator}`,
    })
  }
  if (role === 'operator')
    add('a viewer’s token', 'forbidden', { headers: { ...headers, ...bearer(tokens.viewer) } })
  if (path.includes(payment)) {
    add('no id', 'bad-request', { path: operation.path.replace('{id}', marker) })
    add('an id that is no text', 'bad-request', { path: operation.path.replace('{id}', '%ff') })
    add('an id that climbs', 'bad-request', { path: operation.path.replace('{id}', '..%2f..%2fetc') })
  }
  for (const [name, schema] of Object.entries(query?.properties ?? {})) {
    add(`${name} is nonsense`, 'bad-request', { path: `${path}?${name}=${marker.repeat(200)}` })
    add(`${name} comes twice`, 'bad-request', { path: `${path}?${name}=1&${name}=1` })
    if ((schema as { type?: string }).type === 'integer')
      for (const wrong of ['-1', '1e9', '0x10', '9'.repeat(30), '', ' 1'])
        add(`${name} is ${wrong}`, 'bad-request', { path: `${path}?${name}=${encodeURIComponent(wrong)}` })
  }
  if (body !== undefined) {
    const text = { ...headers, 'content-type': 'text/plain' }
    add('a body that is no JSON by its type', 'not-json', { headers: text, body: '{}' })
    add('a body that is packed', 'not-json', {
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: '{}',
    })
    for (const wrong of ['{', '[]', 'null', '"x"', '{"a":1}', `{"__proto__":{"a":1},"a":1}`])
      add(`the body ${wrong}`, 'bad-request', { body: wrong })
    const tooLarge = `{"a":"${marker.repeat((operation.bodyBytesMax ?? 4096) / marker.length)}"}`
    add('a body that is too large', 'body-too-large', { body: tooLarge })
  }
  return list
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

function send(admin: string, { method, path, headers, body }: Hostile) {
  const { hostname, port } = new URL(admin)
  return exchange({ agent, hostname, port, method, path, headers }, body)
}

test('every hostile request to every operation is refused with its problem, changes nothing and gets no secret', async () => {
  // Polls are entries of the journal, too.
  const calm = { HEALTH_POLL_MS: '600000', PURGE_ALLOWED: 'true' }
  const { admin, node } = await startStack({ JOURNAL_DIR: temporaryDirectory(), ...calm })
  const [paid = new Uint8Array(16)] = pay(node, 3)
  await until(async () => (await totals(node))[0]?.count === 3)
  const read = async (path: string) =>
    (await (await fetch(`${admin}${path}`)).json()) as Record<string, unknown>
  const state = async () => {
    const { acceptedCount, settledCount, queuedCount, rejectedCount, journal } = await read('/queue-status')
    const { entryCount, snapshotCount } = journal as Record<string, unknown>
    const { settings } = await read('/settings')
    const { entries } = await read('/audit')
    return {
      acceptedCount,
      settledCount,
      queuedCount,
      rejectedCount,
      entryCount,
      snapshotCount,
      settings,
      entries,
    }
  }
  const before = await state()
  const requests = all.flatMap(([id, operation]) => hostileTo(id, operation, printCorrelationId(paid)))
  expect(requests.length).toBeGreaterThan(200)
  for (const hostile of requests) {
    const answer = await send(admin, hostile)
    const { status } = problemKinds[hostile.kind]
    expect([hostile.what, answer.status, answer.headers['content-type']]).toEqual([
      hostile.what,
      status,
      'application/problem+json',
    ])
    const problem = JSON.parse(answer.body)
    expect(problem).toMatchObject({ type: problemType(hostile.kind), status, detail: expect.any(String) })
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer /)
    if (status === 405) expect(answer.headers.allow).toMatch(/[A-Z]/)
    for (const secret of [marker, tokens.operator, tokens.viewer]) expect(answer.body).not.toContain(secret)
    expect(Object.keys(answer.headers).join()).not.toContain('access-control')
  }
  agent.destroy()
  expect(await state()).toEqual(before)
  expect(await read('/health')).toMatchObject({ status: 'ok' })
})
