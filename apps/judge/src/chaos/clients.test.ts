import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '@rinha/testing'
import { afterEach, expect, test } from 'vitest'
import { Clients, type ClientsOptions } from './clients.ts'

interface Post {
  readonly node: number
  readonly id: string
  readonly amount: number
  readonly prefer: string
}

let clients: Clients | undefined

afterEach(async () => {
  await clients?.stop()
})

type Answer = (response: ServerResponse, post: Post) => void

const accept: Answer = (response, { prefer }) => {
  response.writeHead(202, { 'preference-applied': prefer }).end()
}

/** Two nodes with the given answers, and their clients, which run until there are enough payments. */
async function run(
  answers: readonly [Answer, Answer],
  options: Partial<ClientsOptions> = {},
): Promise<{ readonly posts: readonly Post[]; readonly clients: Clients }> {
  const posts: Post[] = []
  const origins = await Promise.all(
    answers.map(async (answer, node) => {
      const server = createServer(async (request: IncomingMessage, response) => {
        const body = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
          correlationId: string
          amount: number
        }
        const post = {
          node,
          id: body.correlationId,
          amount: body.amount,
          prefer: `${request.headers.prefer}`,
        }
        posts.push(post)
        answer(response, post)
      })
      return `http://127.0.0.1:${await listen(server)}`
    }),
  )
  let nowMs = 0
  const started = new Clients({
    origins,
    clientCount: 30,
    level: undefined,
    seed: 1,
    lengthMs: 1000,
    hasJournal: true,
    nowMs: () => (nowMs += 1),
    ...options,
  })
  clients = started
  started.start()
  await expect.poll(() => started.payments.length).toBeGreaterThan(150)
  await started.stop()
  return { posts, clients: started }
}

test('each answer to a client is remembered: level, node and time', async () => {
  const { posts, clients } = await run([accept, accept])
  const acks = clients.payments.flatMap(({ acks }) => acks)
  expect(acks).toHaveLength(posts.length)
  for (const ack of acks) expect(ack.sentAtMs).toBeLessThan(ack.ackedAtMs)
  expect(new Set(acks.map(({ level }) => level))).toEqual(new Set(['received', 'queued', 'journaled']))
  expect(new Set(acks.map(({ node }) => node))).toEqual(new Set(['api1', 'api2']))
  const amounts = new Map(posts.map(({ id, amount }) => [id, amount]))
  for (const { id, amountCents } of clients.payments) expect(amounts.get(id)).toBe(amountCents / 100)
})

test('some payments are posted twice, and some to both nodes', async () => {
  const { clients } = await run([accept, accept])
  const twice = clients.payments.filter(({ acks }) => acks.length === 2)
  expect(twice.length).toBeGreaterThan(10)
  expect(twice.length).toBeLessThan(clients.payments.length / 2)
  expect(twice.filter(({ acks }) => acks[0]?.node === acks[1]?.node).length).toBeGreaterThan(0)
})

test('a client asks for its configured level', async () => {
  const { posts } = await run([accept, accept], { level: 'queued' })
  expect(new Set(posts.map(({ prefer }) => prefer))).toEqual(new Set(['ack=queued']))
})

test.each<[string, Answer, string]>([
  ['answers 503', response => response.writeHead(503).end(), '503'],
  ['breaks the connection', response => response.destroy(), 'no answer'],
])('a payment goes to the other node under its id where one %s', async (_, refuse, name) => {
  const { posts, clients } = await run([refuse, accept])
  expect(clients.answers.get(name)).toBe(posts.filter(({ node }) => node === 0).length)
  const acks = clients.payments.flatMap(({ acks }) => acks)
  expect(new Set(acks.map(({ node }) => node))).toEqual(new Set(['api2']))
  const again = clients.payments.filter(
    ({ id, acks }) => acks.length > 0 && posts.some(post => post.id === id && post.node === 0),
  )
  expect(again.length).toBeGreaterThan(10)
  expect(clients.wrongAnswers).toEqual([])
})

test.each<[string, Answer, string]>([
  ['another status', response => response.writeHead(400).end(), 'wrong: 400'],
  ['a 202 that names no level', response => response.writeHead(202).end(), 'wrong: 202'],
])('%s is a wrong answer, is not asked again, and promises nothing', async (_, answer, name) => {
  const { posts, clients } = await run([answer, answer])
  expect(clients.wrongAnswers).toEqual([name])
  expect(clients.answers.get(name)).toBe(posts.length)
  expect(posts.length).toBeLessThan(1.5 * clients.payments.length)
  expect(clients.payments.flatMap(({ acks }) => acks)).toEqual([])
})
