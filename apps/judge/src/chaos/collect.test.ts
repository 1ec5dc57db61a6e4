import { createServer } from 'node:http'
import { listen } from '@rinha/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { HttpClient } from '../http-client.ts'
import { type Books, collect, readClusterWord, readRecord } from './collect.ts'

test('a record is read as processors print it, without a zone, and as API nodes do', () => {
  const requestedAtMs = Date.UTC(2026, 10, 22, 8, 14, 10, 618)
  const read = { amountCents: 1990, requestedAtMs }
  expect(readRecord({ amount: 19.9, requestedAt: '2026-11-22T08:14:10.618' })).toEqual(read)
  expect(readRecord({ amount: 19.9, requestedAt: '2026-11-22T08:14:10.618Z' })).toEqual(read)
})

test.each([
  null,
  {},
  { amount: 1 },
  { amount: 0.001, requestedAt: '2026-11-22' },
  { amount: 1, requestedAt: 'x' },
])('what is no record is not read as one: %j', json => {
  expect(readRecord(json)).toBeUndefined()
})

test('the cluster’s answer about a payment is read by its state', () => {
  const settled = { state: 'settled', processor: 'default', amount: 1, requestedAt: '1970-01-01T00:00:01Z' }
  expect(readClusterWord(settled)).toEqual({
    state: 'settled',
    processor: 'default',
    amountCents: 100,
    requestedAtMs: 1000,
  })
  expect(readClusterWord({ state: 'queued', amount: 1 })).toEqual({ state: 'queued' })
  for (const strange of [null, { state: 'lost' }, { state: 'settled' }, { ...settled, processor: 1 }])
    expect(readClusterWord(strange)).toEqual({ state: 'none' })
})

const clients: HttpClient[] = []

afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()))
})

type Answers = Readonly<Record<string, unknown>>

/** A server that answers these paths with JSON, a list one after the other, 404 for what is undefined and else 503. */
async function clientOf(answers: Answers): Promise<HttpClient> {
  const askedCounts = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const count = askedCounts.get(path) ?? 0
    askedCounts.set(path, count + 1)
    const answer = answers[path]
    const one = Array.isArray(answer) ? answer[Math.min(count, answer.length - 1)] : answer
    if (!Object.hasOwn(answers, path) || one === 'busy') response.writeHead(503).end()
    else if (one === undefined) response.writeHead(404).end()
    else response.end(JSON.stringify(one))
  })
  const client = new HttpClient(`http://127.0.0.1:${await listen(server)}`, { timeoutMs: 30_000 })
  clients.push(client)
  return client
}

const requestedAt = '1970-01-01T00:00:01.000Z'
const record = { amount: 19.9, requestedAt }
const totals = (totalRequests: number, totalAmount: number) => ({ totalRequests, totalAmount })

async function booksOf(node: Answers, onDefault: Answers, onFallback: Answers): Promise<Books> {
  const sums = { default: totals(1, 19.9), fallback: totals(0, 0) }
  return {
    nodes: [await clientOf({ '/payments-summary': sums, ...node })],
    processors: {
      default: await clientOf({ '/admin/payments-summary': sums.default, ...onDefault }),
      fallback: await clientOf({ '/admin/payments-summary': sums.fallback, ...onFallback }),
    },
  }
}

const payment = { id: 'a', amountCents: 1990, acks: [] }
const nowhere = { '/payments/a': undefined }
const collected = (books: Books) =>
  collect(
    books,
    [payment],
    () => {},
    () => false,
  )

describe('the collected data of a payment', () => {
  const settled = { state: 'settled', processor: 'default', ...record }

  test('has the records of each processor and the cluster, and the sums of all payments', async () => {
    const books = await booksOf({ '/payments/a': settled }, { '/payments/a': record }, nowhere)
    const read = { amountCents: 1990, requestedAtMs: 1000 }
    expect(await collected(books)).toEqual({
      cases: [
        {
          ...payment,
          recorded: { default: read, fallback: undefined },
          cluster: { state: 'settled', processor: 'default', ...read },
        },
      ],
      totals: {
        default: {
          processor: { count: 1, amountCents: 1990, feePerTransaction: undefined },
          cluster: { count: 1, amountCents: 1990 },
        },
        fallback: {
          processor: { count: 0, amountCents: 0, feePerTransaction: undefined },
          cluster: { count: 0, amountCents: 0 },
        },
      },
    })
  })

  test('is absent where no side knows it', async () => {
    const { cases } = await collected(await booksOf(nowhere, nowhere, nowhere))
    expect([...cases]).toMatchObject([{ recorded: {}, cluster: { state: 'absent' } }])
  })

  test('is asked for again after a 503', async () => {
    const books = await booksOf(
      { '/payments/a': ['busy', settled] },
      { '/payments/a': ['busy', record] },
      nowhere,
    )
    expect([...(await collected(books)).cases]).toMatchObject([
      { recorded: { default: { amountCents: 1990 } }, cluster: { state: 'settled' } },
    ])
  })

  test('is no verdict if a processor answers with something else than a record', async () => {
    const books = await booksOf(nowhere, { '/payments/a': { amount: 'x' } }, nowhere)
    await expect(collected(books)).rejects.toThrow('a processor could not be asked for a')
  })
})

test('every payment is asked for once, and none after the end', async () => {
  const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
  const absent = Object.fromEntries(ids.map(id => [`/payments/${id}`, undefined]))
  const books = await booksOf(absent, absent, absent)
  const payments = ids.map(id => ({ ...payment, id }))
  const done: number[] = []
  const all = await collect(
    books,
    payments,
    count => done.push(count),
    () => false,
  )
  expect([...all.cases].map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
  expect(done).toEqual(ids.map((_, index) => index + 1))
  const none = await collect(
    books,
    payments,
    () => {},
    () => true,
  )
  expect([...none.cases]).toEqual([])
})
