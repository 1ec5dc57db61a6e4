import { printCorrelationId, printInstant } from '@rinha/payment'
import type { Twin } from '@rinha/processor-twin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeAll, configure, pay, type Stack, startStack, tokens, totals, until } from '../testing.ts'

/** A real coordinator and real twins. The tests falsify the twins' books over their admin endpoint. */

afterEach(closeAll)

let stack: Stack
let ids: readonly string[] = []
beforeEach(async () => {
  stack = await startStack({ PROCESSOR_ADMIN_TOKENS: 'default=123,fallback=123' })
  ids = pay(stack.node, 200).map(id => printCorrelationId(id))
  await until(async () => (await totals(stack.node)).reduce((sum, { count }) => sum + count, 0) === 200)
})

interface Books {
  readonly processor: string
  readonly state: string
  readonly reason: string | null
  readonly differenceCount: number
  readonly differences: readonly { readonly kind: string; readonly correlationId: string | null }[]
}

interface Report {
  readonly run: number
  readonly isRunning: boolean
  readonly conservation: object
  readonly processors: readonly Books[]
}

const read = async () => (await (await fetch(`${stack.admin}/reconciliation`)).json()) as Report
const start = (body = '{}') =>
  fetch(`${stack.admin}/reconciliation`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })

/** Starts a comparison, and waits for its end. */
async function reconcile(body?: string): Promise<Report> {
  const response = await start(body)
  expect(response.status).toBe(202)
  const { run } = (await response.json()) as { run: number }
  await until(async () => {
    const report = await read()
    return report.run >= run && !report.isRunning
  })
  return read()
}

async function tamper(twin: Twin, body: object): Promise<void> {
  const { status } = await fetch(`http://localhost:${twin.port}/admin/tamper-payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-rinha-token': '123' },
    body: JSON.stringify(body),
  })
  expect(status).toBe(204)
}

/** A payment, its processor, and its requestedAt. */
async function placeOf(id: string) {
  const { processor, requestedAt } = (await (await fetch(`${stack.admin}/payments/${id}`)).json()) as {
    processor: string
    requestedAt: string
  }
  const twin = stack.twins[processor === 'default' ? 0 : 1]
  return { twin, processor, requestedAtMs: Date.parse(requestedAt) }
}

const listed = ({ processors }: Report) =>
  processors.flatMap(({ processor, state, differences }) => [
    `${processor} ${state}`,
    ...differences.map(({ kind, correlationId }) => `${kind} ${correlationId}`),
  ])

test('equal books are reported as equal, and the ledger adds up', async () => {
  const report = await reconcile()
  expect(listed(report)).toEqual(['default equal', 'fallback equal'])
  expect(report.conservation).toMatchObject({ acceptedCount: 200, settledCount: 200, isEqual: true })
})

test('each falsification is found with its id', async () => {
  const [missing = '', amount = '', later = '', twice = ''] = [ids[3], ids[50], ids[100], ids[199]]
  const places = await Promise.all([missing, amount, later, twice].map(placeOf))
  const [one, two, three, four] = places as [Place, Place, Place, Place]
  await tamper(one.twin, { correlationId: missing })
  const changed = { amount: 19.91, requestedAt: printInstant(two.requestedAtMs) }
  await tamper(two.twin, { correlationId: amount, ...changed })
  const moved = { amount: 19.9, requestedAt: printInstant(three.requestedAtMs + 1) }
  await tamper(three.twin, { correlationId: later, ...moved })
  const doubled = { amount: 19.9, requestedAt: printInstant(four.requestedAtMs) }
  await tamper(stack.twins[four.processor === 'default' ? 1 : 0], { correlationId: twice, ...doubled })
  await start()
  const wanted = [`missing ${missing}`, `amount ${amount}`, `requestedAt ${later}`, `twice ${twice}`]
  await until(async () => {
    const found = listed(await read())
    return wanted.every(each => found.includes(each))
  })
  const metrics = await (await fetch(`${stack.admin}/metrics`)).text()
  expect(metrics).toMatch(/^reconciliation_difference_payments\{processor="default"\} [1-4]$/m)
})

type Place = Awaited<ReturnType<typeof placeOf>>

test('a record of a foreign payment is reported by its millisecond and its cents', async () => {
  const [twin] = stack.twins
  const { requestedAtMs } = await placeOf(ids[7] ?? '')
  const requestedAt = printInstant(requestedAtMs + 1)
  await tamper(twin, { correlationId: '00000000-0000-4000-8000-000000000001', amount: 5, requestedAt })
  const [books] = (await reconcile()).processors
  expect(books).toMatchObject({
    state: 'different',
    differenceCount: 1,
    differences: [
      { kind: 'notOurs', correlationId: null, theirs: { count: 1, amountCents: 500, requestedAt } },
    ],
  })
})

test('a viewer cannot start a comparison; a wrong token at the processor is reported', async () => {
  const { status } = await fetch(`${stack.admin}/reconciliation`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.viewer}`, 'content-type': 'application/json' },
  })
  expect(status).toBe(403)
  expect((await start('{"everyPayment":1}')).status).toBe(400)
  const [twin] = stack.twins
  twin.model.token = 'another'
  expect((await reconcile('{"everyPayment":true}')).processors[0]).toMatchObject({
    state: 'unavailable',
    reason: 'the summary answered 401: it refuses the token',
    differences: [],
  })
})

test('payments that are under way are no difference, whether they are recorded or not', async () => {
  for (const twin of stack.twins) await configure(twin, 'delay', 400)
  pay(stack.node, 50)
  await until(async () => stack.node.unacknowledgedCount === 0)
  for (let run = 0; run < 3; run += 1)
    expect(listed(await reconcile())).toEqual(['default equal', 'fallback equal'])
})
