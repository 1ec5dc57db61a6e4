import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../packages/testing/src/index.ts'
import { cliPath, Program, type RunningCluster, startCluster } from './testing/cluster-process.ts'

let cluster: RunningCluster

beforeAll(async () => {
  cluster = await startCluster()
})

afterAll(async () => {
  cluster?.program.signal('SIGTERM')
  await cluster?.program.exit
})

interface Totals {
  readonly totalRequests: number
  readonly totalAmount: number
}
type Summary = Readonly<Record<'default' | 'fallback', Totals>>

const nothing: Summary = {
  default: { totalRequests: 0, totalAmount: 0 },
  fallback: { totalRequests: 0, totalAmount: 0 },
}

const countOf = (it: Summary) => it.default.totalRequests + it.fallback.totalRequests

function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

async function summary(index: 0 | 1, query = ''): Promise<Summary> {
  const response = await fetch(cluster.node(index, `/payments-summary${query}`))
  expect(response.status).toBe(200)
  return (await response.json()) as Summary
}

async function status(index: 0 | 1, correlationId: string): Promise<{ state?: string }> {
  const response = await fetch(cluster.node(index, `/payments/${correlationId}`))
  return (await response.json()) as { state?: string }
}

async function processorSummary(port: number): Promise<Totals & { totalFee: number }> {
  const response = await fetch(`http://localhost:${port}/admin/payments-summary`, {
    headers: { 'x-rinha-token': '123' },
  })
  return (await response.json()) as Totals & { totalFee: number }
}

beforeEach(async () => {
  for (const port of [cluster.ports.defaultPort, cluster.ports.fallbackPort]) {
    await fetch(`http://localhost:${port}/admin/purge-payments`, {
      method: 'POST',
      headers: { 'x-rinha-token': '123' },
    })
  }
  await fetch(cluster.public('/purge-payments'), { method: 'POST' })
  expect(await summary(0)).toEqual(nothing)
})

describe('the life of a payment', () => {
  test('a payment that is posted to one API process is settled, and is in the summary of the other', async () => {
    const correlationId = randomUUID()
    const beforeMs = Date.now()
    const answer = await post(cluster.node(0, '/payments'), { correlationId, amount: 19.9 })
    expect(answer.status).toBeGreaterThanOrEqual(200)
    expect(answer.status).toBeLessThan(300)

    const expected = { ...nothing, default: { totalRequests: 1, totalAmount: 19.9 } }
    await expect.poll(() => summary(1), { timeout: 5_000 }).toEqual(expected)
    const report = await (await fetch(cluster.node(1, `/payments/${correlationId}`))).json()
    expect(report).toMatchObject({ correlationId, amount: 19.9, state: 'settled', processor: 'default' })
    const requestedAtMs = Date.parse((report as { requestedAt: string }).requestedAt)
    expect(requestedAtMs).toBeGreaterThanOrEqual(beforeMs)
    expect(requestedAtMs).toBeLessThanOrEqual(Date.now())
  })

  test('the processor has recorded the same payments, and charged its fee', async () => {
    for (let count = 0; count < 20; count += 1) {
      await post(cluster.public('/payments'), { correlationId: randomUUID(), amount: 20.05 })
    }
    const books = { totalRequests: 20, totalAmount: 401 }
    await expect.poll(async () => (await summary(0)).default, { timeout: 5_000 }).toEqual(books)
    const theirs = await processorSummary(cluster.ports.defaultPort)
    expect(theirs).toMatchObject({ ...books, totalFee: 20.05 })
  })

  test('a payment posted twice, to either process, is accepted twice and counted once', async () => {
    const payment = { correlationId: randomUUID(), amount: 5 }
    const answers = [
      await post(cluster.node(0, '/payments'), payment),
      await post(cluster.node(1, '/payments'), payment),
      await post(cluster.node(0, '/payments'), {
        ...payment,
        correlationId: payment.correlationId.toUpperCase(),
      }),
    ]
    expect(new Set(answers.map(answer => answer.status)).size).toBe(1)
    // Each process sends in order. Once these later payments are settled, a second copy of the first would be, too.
    for (const index of [0, 1] as const) {
      await post(cluster.node(index, '/payments'), { correlationId: randomUUID(), amount: 1 })
    }
    await until(async () => (await summary(0)).default.totalRequests >= 3)
    expect((await summary(0)).default).toEqual({ totalRequests: 3, totalAmount: 7 })
    expect((await processorSummary(cluster.ports.defaultPort)).totalRequests).toBe(3)
  })

  test.each([0, 1] as const)(
    'the same id with another amount is answered 409 at process %i when the answer waits for the coordinator',
    async index => {
      const correlationId = randomUUID()
      const queued = { prefer: 'ack=queued' }
      const first = await post(cluster.node(0, '/payments'), { correlationId, amount: 5 }, queued)
      expect([first.status, first.headers.get('preference-applied')]).toEqual([202, 'ack=queued'])
      const other = { correlationId, amount: 5.01 }
      const answer = await post(cluster.node(index, '/payments'), other, queued)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([409, 'application/problem+json'])
      expect(await answer.json()).toMatchObject({ type: '/problems/conflict', status: 409, field: 'amount' })
      const received = await post(cluster.node(index, '/payments'), other, { prefer: 'ack=received' })
      expect(received.status).toBe(202)
      const again = await post(cluster.node(index, '/payments'), { correlationId, amount: 5 }, queued)
      expect(again.status).toBe(202)
      await expect
        .poll(async () => (await summary(index)).default, { timeout: 5_000 })
        .toEqual({ totalRequests: 1, totalAmount: 5 })
    },
  )

  test('the window of a summary includes both ends', async () => {
    const correlationId = randomUUID()
    await post(cluster.node(0, '/payments'), { correlationId, amount: 1 })
    await until(async () => (await status(1, correlationId)).state === 'settled')
    const report = (await (await fetch(cluster.node(1, `/payments/${correlationId}`))).json()) as {
      requestedAt: string
    }
    const at = Date.parse(report.requestedAt)
    const count = async (fromMs: number, toMs: number) => {
      const [from, to] = [fromMs, toMs].map(ms => new Date(ms).toISOString())
      return (await summary(1, `?from=${from}&to=${to}`)).default.totalRequests
    }
    expect(await count(at, at)).toBe(1)
    expect(await count(at - 1000, at - 1)).toBe(0)
    expect(await count(at + 1, at + 1000)).toBe(0)
  })

  test('while the default processor fails, the fallback takes the payment, at its fee', async () => {
    const configure = (failure: boolean) =>
      fetch(`http://localhost:${cluster.ports.defaultPort}/admin/configurations/failure`, {
        method: 'PUT',
        headers: { 'x-rinha-token': '123', 'content-type': 'application/json' },
        body: JSON.stringify({ failure }),
      })
    await configure(true)
    try {
      await post(cluster.node(0, '/payments'), { correlationId: randomUUID(), amount: 10 })
      const ours = await until(async () => {
        const it = await summary(1)
        return countOf(it) > 0 && it
      })
      expect(ours).toEqual({ ...nothing, fallback: { totalRequests: 1, totalAmount: 10 } })
      expect(await processorSummary(cluster.ports.fallbackPort)).toMatchObject({
        totalRequests: 1,
        totalFee: 1.5,
      })
    } finally {
      await configure(false)
    }
  })

  test('a purge forgets every payment, at every API process', async () => {
    await post(cluster.node(0, '/payments'), { correlationId: randomUUID(), amount: 1 })
    await expect.poll(async () => countOf(await summary(1)), { timeout: 5_000 }).toBe(1)
    const answer = await fetch(cluster.node(0, '/purge-payments'), { method: 'POST' })
    expect(answer.ok).toBe(true)
    expect(await summary(0)).toEqual(nothing)
    expect(await summary(1)).toEqual(nothing)
  })
})

describe('requests that are refused with problem details', () => {
  const id = '0b2a4f6e-7c1d-4e8a-9b3f-5d6c7a8b9c0d'
  const json = { 'content-type': 'application/json' }
  const cases: [
    what: string,
    method: string,
    path: string,
    body: string | undefined,
    headers: object,
    code: number,
  ][] = [
    ['a body that is no JSON', 'POST', '/payments', '{"correlationId":', json, 400],
    ['no correlationId', 'POST', '/payments', '{"amount":1}', json, 400],
    ['a correlationId that is no UUID', 'POST', '/payments', '{"correlationId":"x","amount":1}', json, 400],
    ['no amount', 'POST', '/payments', `{"correlationId":"${id}"}`, json, 400],
    ['an amount of zero', 'POST', '/payments', `{"correlationId":"${id}","amount":0}`, json, 400],
    ['a negative amount', 'POST', '/payments', `{"correlationId":"${id}","amount":-1}`, json, 400],
    [
      'an amount with three decimals',
      'POST',
      '/payments',
      `{"correlationId":"${id}","amount":1.005}`,
      json,
      400,
    ],
    ['an amount that is text', 'POST', '/payments', `{"correlationId":"${id}","amount":"1"}`, json, 400],
    ['a body past 4 KiB', 'POST', '/payments', `{"x":"${'x'.repeat(4096)}"}`, json, 413],
    ['another media type', 'POST', '/payments', 'x=1', { 'content-type': 'text/plain' }, 415],
    ['another method', 'DELETE', '/payments', undefined, {}, 405],
    ['a window that is no time', 'GET', '/payments-summary?from=yesterday', undefined, {}, 400],
    ['a payment nobody made', 'GET', `/payments/${id}`, undefined, {}, 404],
    ['a path that is none', 'GET', '/nowhere', undefined, {}, 404],
  ]
  test.each(cases)('%s', async (_, method, path, body, headers, code) => {
    const response = await fetch(cluster.public(path), {
      method,
      headers: headers as Record<string, string>,
      ...(body === undefined ? {} : { body }),
    })
    expect(response.status).toBe(code)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(await response.json()).toMatchObject({ status: code, title: expect.any(String) })
  })

  test('none of these requests was counted', async () => {
    expect(await summary(0)).toEqual(nothing)
  })
})

describe('for operators', () => {
  test.each(['/health', '/ready'])('%s of each API process answers 200', async path => {
    for (const index of [0, 1] as const) expect((await fetch(cluster.node(index, path))).status).toBe(200)
  })

  test('the coordinator tells its queue and its health on its own port', async () => {
    for (const path of ['/queue-status', '/health']) {
      const response = await fetch(`http://localhost:${cluster.ports.adminPort}${path}`)
      expect(response.status).toBe(200)
      expect(await response.json()).toBeTypeOf('object')
    }
  })

  test('a change needs the operator’s token, which is in a file and not in the output, and which the commands find', async () => {
    const admin = `http://localhost:${cluster.ports.adminPort}`
    const id = randomUUID()
    const resubmit = (headers: Record<string, string>) =>
      fetch(`${admin}/payments/${id}/resubmit`, { method: 'POST', headers })
    const [, tokenFile = ''] = /operator's token +(\S+)/.exec(cluster.program.output) ?? []
    const token = readFileSync(tokenFile, 'utf8').trim()
    expect(cluster.program.output).not.toContain(token)
    expect((await resubmit({})).status).toBe(401)
    expect((await resubmit({ authorization: `Bearer ${token}` })).status).toBe(404)
    const command = new Program(process.execPath, [cliPath, 'payment', 'resubmit', id, '--admin', admin])
    await command.exit
    expect(command.output).toContain('has no payment')
  })
})
