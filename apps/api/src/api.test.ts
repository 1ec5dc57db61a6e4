import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { RunningApi } from './api.ts'
import { CoordinatorEnd, freePort, startNode, until } from './testing.ts'

let coordinator: CoordinatorEnd
let node: RunningApi
/** A node whose coordinator is away. */
let lonely: RunningApi

beforeAll(async () => {
  coordinator = await CoordinatorEnd.listen()
  node = await startNode({ COORDINATOR_PORT: coordinator.port, PURGE_ALLOWED: true })
  lonely = await startNode({ COORDINATOR_PORT: await freePort(), BUFFER_COUNT_MAX: 2, NODE_NAME: 'lonely' })
  await until(async () => (await call(node, 'GET', '/ready')).status === 200, 'the node is ready')
})

afterAll(async () => {
  await Promise.all([node.stop(), lonely.stop()])
  await coordinator.close()
})

beforeEach(() => {
  coordinator.payments.length = 0
  coordinator.requests.length = 0
  coordinator.refusal = undefined
})

async function call(
  { port }: { readonly port: number },
  method: string,
  path: string,
  options: { body?: string; contentType?: string } = {},
) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(options.contentType === undefined ? {} : { headers: { 'content-type': options.contentType } }),
    ...(options.body === undefined ? {} : { body: Buffer.from(options.body) }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

function post(target: { readonly port: number }, body: string, contentType = 'application/json') {
  return call(target, 'POST', '/payments', { body, contentType })
}

const payment = (id: string, lexeme = '19.90') => `{"correlationId":"${id}","amount":${lexeme}}`

function expectProblem(
  answer: Awaited<ReturnType<typeof call>>,
  status: number,
  detail: RegExp,
  field?: string,
): void {
  expect(answer.status).toBe(status)
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(JSON.parse(answer.text)).toEqual({
    type: expect.stringMatching(/^\/problems\//),
    title: expect.any(String),
    status,
    detail: expect.stringMatching(detail),
    ...(field === undefined ? {} : { field }),
  })
}

describe('POST /payments', () => {
  test('a payment is accepted without a body and reaches the coordinator, id and cents as they were', async () => {
    const id = randomUUID()
    const answer = await post(node, payment(id.toUpperCase(), '20.05'))
    expect([answer.status, answer.text]).toEqual([202, ''])
    await until(() => coordinator.payments.length === 1, 'the payment arrives')
    expect(coordinator.payments).toEqual([`${id} 2005`])
  })

  test('the same id is accepted again with the same answer; what it means is the coordinator’s to know', async () => {
    const id = randomUUID()
    expect((await post(node, payment(id))).status).toBe(202)
    expect((await post(node, payment(id))).status).toBe(202)
    await until(() => coordinator.payments.length === 2, 'both arrive')
    expect(new Set(coordinator.payments)).toEqual(new Set([`${id} 1990`]))
  })

  test('many at once on many connections all arrive, once each', async () => {
    const ids = Array.from({ length: 200 }, () => randomUUID())
    const answers = await Promise.all(ids.map(id => post(node, payment(id))))
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([202]))
    await until(() => coordinator.payments.length >= 200, 'all arrive')
    expect(coordinator.payments.sort()).toEqual(ids.map(id => `${id} 1990`).sort())
  })

  test.each([
    ['0.07', '7'],
    ['1e-2', '1'],
    ['10000000.00', '1000000000'],
  ])('an amount of %s is %s cents', async (lexeme, cents) => {
    expect((await post(node, payment(randomUUID(), lexeme))).status).toBe(202)
    await until(() => coordinator.payments.length === 1, 'the payment arrives')
    expect(coordinator.payments[0]).toMatch(new RegExp(` ${cents}$`))
  })

  test.each([
    ['', 'body', /empty/],
    ['{', 'body', /well-formed/],
    ['[]', 'body', /not a JSON object/],
    [payment('not-an-id'), 'correlationId', /UUID/],
    [payment(randomUUID(), '1.005'), 'amount', /2 decimals/],
    [payment(randomUUID(), '0'), 'amount', /greater than zero/],
    [payment(randomUUID(), '-1'), 'amount', /greater than zero/],
    [payment(randomUUID(), '10000000.01'), 'amount', /greater than 10000000\.00/],
    [payment(randomUUID(), '"19.90"'), 'amount', /not a JSON number/],
    [`{"correlationId":"${randomUUID()}"}`, 'amount', /missing/],
    [`{"amount":1}`, 'correlationId', /missing/],
  ])('%j is answered 400, naming the field', async (body, field, detail) => {
    expectProblem(await post(node, body), 400, detail, field)
    expect(coordinator.payments).toEqual([])
  })

  test.each(['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.x+json'])(
    'a body declared as %s is taken',
    async contentType => {
      expect((await post(node, payment(randomUUID()), contentType)).status).toBe(202)
    },
  )

  test.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'a body declared as %j is answered 415',
    async contentType => {
      expectProblem(await post(node, payment(randomUUID()), contentType), 415, /application\/json/)
    },
  )

  test('a body of the limit is read, and one byte more is answered 413', async () => {
    const body = payment(randomUUID())
    expect((await post(node, body.padEnd(4096))).status).toBe(202)
    expectProblem(await post(node, body.padEnd(4097)), 413, /4096 bytes \(BODY_BYTES_MAX\)/)
    await until(() => coordinator.payments.length === 1, 'the first arrives')
  })

  test('a node whose coordinator is away accepts until its buffer is full, then answers 503 with Retry-After', async () => {
    const ids = [randomUUID(), randomUUID()] as const
    for (const id of ids) expect((await post(lonely, payment(id))).status).toBe(202)
    const answer = await post(lonely, payment(randomUUID()))
    expectProblem(answer, 503, /BUFFER_COUNT_MAX/)
    expect(answer.headers.get('retry-after')).toBe('1')
    const held = await call(lonely, 'GET', `/payments/${ids[0]}`)
    expect(JSON.parse(held.text)).toEqual({ correlationId: ids[0], state: 'accepted' })
  })
})

describe('GET /payments-summary', () => {
  test('without parameters it is every total, with amounts of two decimals', async () => {
    const answer = await call(node, 'GET', '/payments-summary')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(answer.text).toBe(
      '{"default":{"totalRequests":2,"totalAmount":39.90},"fallback":{"totalRequests":0,"totalAmount":0.00}}',
    )
    expect(coordinator.requests).toEqual([{ kind: 'summary', params: { fromMs: null, toMs: null } }])
  })

  test('its ends are rounded inwards and may be escaped', async () => {
    const path = '/payments-summary?from=1970-01-01T00%3A00%3A00.0001Z&to=1970-01-01T03:00:00.9999%2B03:00'
    expect((await call(node, 'GET', path)).status).toBe(200)
    expect(coordinator.requests).toEqual([{ kind: 'summary', params: { fromMs: 1, toMs: 999 } }])
  })

  test.each([
    ['from=yesterday', 'from', /ISO 8601/],
    ['to=', 'to', /ISO 8601/],
    ['from=2025-08-10&to=2025-08-09', 'from', /later than to/],
  ])('%s is answered 400, naming the parameter', async (query, field, detail) => {
    expectProblem(await call(node, 'GET', `/payments-summary?${query}`), 400, detail, field)
    expect(coordinator.requests).toEqual([])
  })

  test('without a coordinator, or against its will, it is answered 503 with the reason', async () => {
    const away = await call(lonely, 'GET', '/payments-summary')
    expectProblem(away, 503, /COORDINATOR_PORT.*not connected/)
    expect(away.headers.get('retry-after')).toBe('1')
    coordinator.refusal = 'it is starting'
    expectProblem(await call(node, 'GET', '/payments-summary'), 503, /it is starting/)
  })
})

describe('GET /payments/{correlationId}', () => {
  const requestedAtMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)

  test.each([
    [{ state: 'queued', amountCents: 1990 }, { amount: 19.9 }],
    [
      { state: 'inFlight', amountCents: 5, processor: 'default', requestedAtMs },
      { amount: 0.05, processor: 'default', requestedAt: '2025-08-09T21:19:56.123Z' },
    ],
    [
      { state: 'settled', amountCents: 1990, processor: 'fallback', requestedAtMs },
      { amount: 19.9, processor: 'fallback', requestedAt: '2025-08-09T21:19:56.123Z' },
    ],
    [
      { state: 'rejected', amountCents: 1990, reason: 'status 400' },
      { amount: 19.9, reason: 'status 400' },
    ],
  ] as const)('tells what the coordinator knows: %j', async (report, expected) => {
    const id = randomUUID()
    coordinator.reports.set(id, report)
    const answer = await call(node, 'GET', `/payments/${id.toUpperCase()}`)
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ correlationId: id, state: report.state, ...expected })
  })

  test('one that the coordinator has no room for yet is accepted, until the coordinator knows better', async () => {
    const full = await CoordinatorEnd.listen(0, Object.assign(new CoordinatorEnd(), { roomCount: 0 }))
    const holding = await startNode({ COORDINATOR_PORT: full.port })
    await until(async () => (await call(holding, 'GET', '/ready')).status === 200, 'the node is ready')
    const id = randomUUID()
    expect((await post(holding, payment(id))).status).toBe(202)
    const held = await call(holding, 'GET', `/payments/${id}`)
    expect([held.status, JSON.parse(held.text)]).toEqual([200, { correlationId: id, state: 'accepted' }])
    full.reports.set(id, { state: 'queued', amountCents: 1990 })
    expect(JSON.parse((await call(holding, 'GET', `/payments/${id}`)).text)).toMatchObject({
      state: 'queued',
    })
    expect(full.payments).toEqual([])
    await holding.stop()
    await full.close()
  })

  test('an id that nobody posted is answered 404', async () => {
    const id = randomUUID()
    expectProblem(await call(node, 'GET', `/payments/${id}`), 404, new RegExp(id))
  })

  test('what is no id is answered 400, and the coordinator is not asked', async () => {
    for (const id of ['1', '%00', 'x'.repeat(36), `${randomUUID()}0`]) {
      expectProblem(await call(node, 'GET', `/payments/${id}`), 400, /UUID/, 'correlationId')
    }
    expect(coordinator.requests).toEqual([])
  })

  test('one that is not held here is answered 503 while the coordinator is away', async () => {
    expectProblem(await call(lonely, 'GET', `/payments/${randomUUID()}`), 503, /not connected/)
  })
})

describe('POST /purge-payments', () => {
  test('where it is allowed the coordinator forgets, with or without a body', async () => {
    for (const body of [undefined, '{}']) {
      const answer = await call(node, 'POST', '/purge-payments', body === undefined ? {} : { body })
      expect([answer.status, answer.text]).toEqual([200, '{"purged":true}'])
    }
    expect(coordinator.requests.map(request => request.kind)).toEqual(['purge', 'purge'])
  })

  test('elsewhere it is answered 403, naming the setting', async () => {
    expectProblem(await call(lonely, 'POST', '/purge-payments'), 403, /PURGE_ALLOWED=true/)
  })

  test('a purge that the coordinator does not take is not answered as if it were', async () => {
    coordinator.refusal = 'not now'
    expectProblem(await call(node, 'POST', '/purge-payments'), 503, /not now/)
  })
})

describe('GET /health and /ready', () => {
  test('a node is healthy with its name, with a coordinator or without', async () => {
    expect((await call(node, 'GET', '/health')).text).toBe('{"status":"ok","node":"test"}')
    const answer = await call(lonely, 'GET', '/health')
    expect([answer.status, answer.text]).toEqual([200, '{"status":"ok","node":"lonely"}'])
  })

  test('it is ready with a coordinator, and then a summary answers 200', async () => {
    expect((await call(node, 'GET', '/ready')).status).toBe(200)
    expect((await call(node, 'GET', '/payments-summary')).status).toBe(200)
    expectProblem(await call(lonely, 'GET', '/ready'), 503, /not connected/)
  })
})

describe('everything else', () => {
  test.each([
    ['GET', '/payments', 'POST'],
    ['PUT', '/payments', 'POST'],
    ['OPTIONS', '/payments', 'POST'],
    ['POST', '/payments-summary', 'GET'],
    ['DELETE', `/payments/${randomUUID()}`, 'GET'],
    ['GET', '/purge-payments', 'POST'],
    ['PATCH', '/health', 'GET'],
    ['OPTIONS', '/ready', 'GET'],
  ])('%s %s is answered 405 with Allow: %s', async (method, path, allow) => {
    const answer = await call(node, method, path)
    expectProblem(answer, 405, new RegExp(allow))
    expect(answer.headers.get('allow')).toBe(allow)
  })

  test.each(['/', '/payment', '/payments/', `/payments/${randomUUID()}/x`, '/payments-summary/', '//', '/%'])(
    '%s is answered 404',
    async path => {
      expectProblem(await call(node, 'GET', path), 404, /POST \/payments, .*GET \/ready/)
    },
  )

  test('HEAD is answered 405 without a body', async () => {
    const answer = await call(node, 'HEAD', '/health')
    expect([answer.status, answer.text, answer.headers.get('allow')]).toEqual([405, '', 'GET'])
  })
})
