import { publicDocument } from '@rinha/public-api'
import { describe, expect, test } from 'vitest'
import { type Call, Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

function expectProblem(call: Call, status: number, detail: RegExp, field?: string): void {
  expect([call.status, call.headers['Content-Type']]).toEqual([status, 'application/problem+json'])
  expect(JSON.parse(call.text)).toEqual({
    type: expect.stringMatching(/^\/problems\//),
    title: expect.any(String),
    status,
    detail: expect.stringMatching(detail),
    ...(field === undefined ? {} : { field }),
  })
}

describe('GET /payments-summary', () => {
  test('without parameters the summary has all totals, with amounts of two decimals', () => {
    const coordinator = new Coordinator()
    const call = new TestNode(coordinator).ask('GET /payments-summary')
    expect([call.status, call.headers['Content-Type']]).toEqual([200, 'application/json'])
    expect(call.text).toBe(
      '{"default":{"totalRequests":2,"totalAmount":39.90},"fallback":{"totalRequests":0,"totalAmount":0.00}}',
    )
    expect(coordinator.requests).toEqual([{ kind: 'summary', params: { fromMs: null, toMs: null } }])
  })

  test('the coordinator is asked for the window in the query, and not for a wrong window', () => {
    const coordinator = new Coordinator()
    const tested = new TestNode(coordinator)
    tested.ask('GET /payments-summary?from=1970-01-01T00%3A00%3A00.0001Z&to=1970-01-01T00:00:00.9999Z')
    expectProblem(tested.ask('GET /payments-summary?from=yesterday'), 400, /ISO 8601/, 'from')
    expect(coordinator.requests).toEqual([{ kind: 'summary', params: { fromMs: 1, toMs: 999 } }])
  })

  test('an end within a second of archived time is answered 400 with what the coordinator says', () => {
    const coordinator = new Coordinator()
    coordinator.refusal = 'to is 1970-01-01T00:00:09.500Z, within a second of time that is archived'
    const call = new TestNode(coordinator).ask('GET /payments-summary?to=1970-01-01T00:00:09.500Z')
    expectProblem(call, 400, /within a second of time that is archived/, 'to')
  })

  test('without a coordinator, or when the coordinator refuses, the answer is 503 with the reason', () => {
    const away = new TestNode().ask('GET /payments-summary')
    expectProblem(away, 503, /COORDINATOR_PORT.*not connected/)
    expect(away.headers['Retry-After']).toBe('1')
    const coordinator = new Coordinator()
    coordinator.refusal = 'it is starting'
    expectProblem(new TestNode(coordinator).ask('GET /payments-summary'), 503, /it is starting/)
  })

  test('when the connection is lost during the request, a waiting client is answered, and one that has left is not', () => {
    const tested = new TestNode(new Coordinator())
    const [waiting, gone] = [tested.begin('GET /payments-summary'), tested.begin('GET /payments-summary')]
    gone.leave()
    tested.channel.close(0, () => {})
    tested.goAway()
    tested.clock.pass(1)
    expect([gone.answerCount, waiting.answerCount, tested.node.openRequests.count]).toEqual([0, 1, 0])
  })
})

describe('GET /payments/{id}', () => {
  const requestedAtMs = Date.UTC(2025, 7, 9, 21, 19, 56, 123)

  test.each([
    [{ state: 'queued', amountCents: 1990 }, { amount: 19.9 }],
    [
      { state: 'settled', amountCents: 5, processor: 'fallback', requestedAtMs },
      { amount: 0.05, processor: 'fallback', requestedAt: '2025-08-09T21:19:56.123Z' },
    ],
    [
      { state: 'rejected', amountCents: 1990, reason: 'status 400' },
      { amount: 19.9, reason: 'status 400' },
    ],
    [
      { state: 'settled', amountCents: 5, processor: 'fallback', requestedAtMs, isArchived: true },
      { amount: 0.05, processor: 'fallback', requestedAt: '2025-08-09T21:19:56.123Z', archived: true },
    ],
    [
      { state: 'rejected', amountCents: 1990, reason: 'status 400', isArchived: true },
      { amount: 19.9, reason: 'status 400', archived: true },
    ],
  ] as const)('tells what the coordinator knows: %j', (report, expected) => {
    const coordinator = new Coordinator()
    coordinator.reports.set(idOf(1), report)
    const call = new TestNode(coordinator).ask(`GET /payments/${idOf(1).toUpperCase()}`)
    expect([call.status, JSON.parse(call.text)]).toEqual([
      200,
      { correlationId: idOf(1), state: report.state, ...expected },
    ])
  })

  test('a payment that only this node holds is accepted, until the coordinator knows its state', () => {
    const coordinator = new Coordinator()
    coordinator.roomLeft = 0
    const tested = new TestNode(coordinator, { ackLevel: 'received' })
    tested.post(paymentJson(1))
    const read = () => JSON.parse(tested.ask(`GET /payments/${idOf(1)}`).text)
    expect(read()).toEqual({ correlationId: idOf(1), state: 'accepted' })
    coordinator.reports.set(idOf(1), { state: 'queued', amountCents: 1990 })
    expect(read()).toMatchObject({ state: 'queued' })
    tested.goAway()
    tested.clock.pass(1)
    expect(read()).toEqual({ correlationId: idOf(1), state: 'accepted' })
    expectProblem(tested.ask(`GET /payments/${idOf(2)}`), 503, /not connected/)
  })

  test('a payment on its way to the coordinator is found', () => {
    const coordinator = new Coordinator()
    const tested = new TestNode(coordinator, { ackLevel: 'received' })
    const post = tested.post(paymentJson(1))
    const read = tested.begin(`GET /payments/${idOf(1)}`)
    tested.clock.pass(1)
    expect([post.status, read.status, coordinator.payments.length]).toEqual([202, 200, 1])
  })

  test('an unknown id is answered 404, and a malformed one 400 without asking the coordinator', () => {
    const coordinator = new Coordinator()
    const tested = new TestNode(coordinator)
    expectProblem(tested.ask(`GET /payments/${idOf(1)}`), 404, new RegExp(idOf(1)))
    for (const id of ['1', '%00', 'x'.repeat(36), `${idOf(1)}0`]) {
      expectProblem(tested.ask(`GET /payments/${id}`), 400, /UUID/, 'correlationId')
    }
    expect(coordinator.requests).toHaveLength(1)
  })
})

describe('POST /purge-payments', () => {
  test('the coordinator is asked each time, and forgets all payments or refuses with its reason', () => {
    const coordinator = new Coordinator()
    const tested = new TestNode(coordinator)
    expect(tested.ask('POST /purge-payments')).toMatchObject({ status: 200, text: '{"purged":true}' })
    coordinator.refusal = 'start it with PURGE_ALLOWED=true'
    expectProblem(tested.ask('POST /purge-payments'), 403, /PURGE_ALLOWED=true/)
    expect(coordinator.requests.map(({ kind }) => kind)).toEqual(['purge', 'purge'])
  })

  test('without a coordinator the answer is 503', () => {
    expectProblem(new TestNode().ask('POST /purge-payments'), 503, /not connected/)
  })
})

test('the OpenAPI document is served, and the type of a problem is the address of a page', () => {
  const tested = new TestNode()
  const document = tested.ask('GET /openapi.json')
  expect([document.status, document.headers['Content-Type']]).toEqual([200, 'application/json'])
  expect(JSON.parse(document.text)).toEqual(JSON.parse(JSON.stringify(publicDocument)))
  const { type } = JSON.parse(tested.ask('GET /payments-summary').text)
  expect(tested.ask(`GET ${type}`)).toMatchObject({ status: 200, text: expect.stringContaining(type) })
  expectProblem(tested.ask('GET /problems/none'), 404, /no problem/)
})

test('a node is healthy with a coordinator or without, and ready with one', () => {
  const [connected, lonely] = [new TestNode(new Coordinator()), new TestNode()]
  for (const tested of [connected, lonely]) {
    expect(tested.ask('GET /health')).toMatchObject({ status: 200, text: '{"status":"ok","node":"api1"}' })
  }
  expect(connected.ask('GET /ready')).toMatchObject({ status: 200, text: '{"status":"ready","node":"api1"}' })
  expectProblem(lonely.ask('GET /ready'), 503, /not connected/)
})

test('a connection is not read between the end of a request and its answer', () => {
  const tested = new TestNode(new Coordinator())
  const post = tested.begin('POST /payments', { 'content-type': 'application/json' })
  expect(post.isPaused).toBe(false)
  post.send([paymentJson(1).slice(0, 20)], false)
  expect(post.isPaused).toBe(false)
  post.send([paymentJson(1).slice(20)])
  const others = ['GET /payments-summary', `GET /payments/${idOf(1)}`, 'POST /purge-payments'].map(line =>
    tested.begin(line),
  )
  const calls = [post, ...others]
  expect(calls.map(({ answerCount, isPaused }) => [answerCount, isPaused])).toEqual(
    calls.map(() => [0, true]),
  )
  tested.clock.pass(1)
  expect(calls.map(({ answerCount, isPaused }) => [answerCount, isPaused])).toEqual(
    calls.map(() => [1, false]),
  )
  expect(tested.ask('GET /health').isPaused).toBe(false)
})

describe('everything else', () => {
  test.each([
    ['GET /payments', 'POST'],
    ['PUT /payments', 'POST'],
    ['OPTIONS /payments', 'POST'],
    ['HEAD /payments', 'POST'],
    ['POST /payments-summary', 'GET, HEAD'],
    [`DELETE /payments/${idOf(1)}`, 'GET, HEAD'],
    ['GET /purge-payments', 'POST'],
    ['HEAD /purge-payments', 'POST'],
    ['PATCH /health', 'GET, HEAD'],
    ['OPTIONS /ready', 'GET, HEAD'],
    ['POST /openapi.json', 'GET, HEAD'],
    ['POST /problems/conflict', 'GET, HEAD'],
  ])('%s is answered 405 with Allow: %s', (line, allow) => {
    const call = new TestNode(new Coordinator()).ask(line)
    if (line.startsWith('HEAD')) expect([call.status, call.text]).toEqual([405, ''])
    else expectProblem(call, 405, new RegExp(allow))
    expect(call.headers.Allow).toBe(allow)
  })

  test.each(['/', '/payment', '/payments/', `/payments/${idOf(1)}/x`, '/payments-summary/', '//', '/%'])(
    '%s is answered 404',
    path => {
      expectProblem(new TestNode().ask(`GET ${path}`), 404, /POST \/payments, GET \/payments\/\{id}, /)
    },
  )

  test('HEAD is answered like GET without the body, and says that the connection closes while the node drains', () => {
    const coordinator = new Coordinator()
    coordinator.reports.set(idOf(1), { state: 'queued', amountCents: 1990 })
    const tested = new TestNode(coordinator)
    for (const [path, status] of [
      ['/health', 200],
      ['/ready', 200],
      ['/payments-summary', 200],
      ['/payments-summary?form=2025-08-09', 400],
      [`/payments/${idOf(1)}`, 200],
      [`/payments/${idOf(2)}`, 404],
      ['/none', 404],
    ] as const) {
      const [get, head] = [tested.ask(`GET ${path}`), tested.ask(`HEAD ${path}`)]
      expect([path, head.status, head.text]).toEqual([path, status, ''])
      expect([head.status, head.headers]).toEqual([get.status, get.headers])
    }
    tested.node.openRequests.drain()
    expect(tested.ask('HEAD /health').headers.Connection).toBe('close')
  })

  test('once the node drains, every answer closes its connection', () => {
    const tested = new TestNode(new Coordinator(), { ackLevel: 'received' })
    expect(tested.ask('GET /health').closesConnection).toBe(false)
    tested.node.openRequests.drain()
    const calls = [tested.ask('GET /health'), tested.ask('GET /none'), tested.post(paymentJson(1))]
    expect(calls.map(({ closesConnection }) => closesConnection)).toEqual([true, true, true])
  })
})
