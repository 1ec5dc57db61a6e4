import { describe, expect, test } from 'vitest'
import type { AnswerChecker } from './answers.ts'
import { Clients } from './clients.ts'
import type { HttpAnswer, HttpMessage } from './http.ts'
import type { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import { Facts } from './testing.ts'

type Reply = (answer: HttpAnswer | undefined) => void

/** Clients of nodes that are only functions of the test. Each post is recorded with its node and its time. */
function posting(
  nodes: readonly ('dead' | ((reply: Reply, after: (ms: number, run: () => void) => void) => void))[],
  plan: Partial<Plan> = {},
  knownForGood = false,
) {
  const facts = new Facts({ paymentsPerSecond: 20, clientTimeoutMs: 500, paymentCountMax: 200, ...plan })
  const { world } = facts
  const posts: {
    readonly node: number
    readonly id: string
    readonly atMs: number
    readonly body: string
  }[] = []
  let judgedCount = 0
  let leftCount = 0
  const simNodes = nodes.map(
    (play, index) =>
      ({
        index,
        isUp: play !== 'dead',
        isConnected: play !== 'dead',
        channelOf: () => ({ index, end: { holdsPayment: () => false } }),
        request: (message: HttpMessage, onAnswer: Reply) => {
          // Readers make other requests.
          const id = /"correlationId":"([0-9a-f-]{36})"/.exec(message.body ?? '')?.[1]
          if (play === 'dead' || id === undefined) return undefined
          posts.push({ node: index, id, atMs: world.nowMs, body: message.body ?? '' })
          play(onAnswer, (ms, run) => world.after(ms, run))
          return { leave: () => (leftCount += 1) }
        },
      }) as unknown as SimNode,
  )
  const clients = new Clients({
    ...facts,
    nodes: simNodes,
    answers: () =>
      ({
        onAnswer: () => (judgedCount += 1),
        isKnownForGood: () => knownForGood,
      }) as unknown as AnswerChecker,
    onForeign: () => {},
    recordedCount: () => 0,
  })
  clients.begin()
  const pass = (ms: number) => world.runUntil(world.nowMs + ms)
  const triesById = () => {
    const tries = new Map<string, number>()
    for (const { id } of posts) tries.set(id, (tries.get(id) ?? 0) + 1)
    return [...tries.values()]
  }
  return { facts, clients, posts, pass, triesById, counts: () => ({ judgedCount, leftCount }) }
}

const answered = (status: number) => (reply: Reply) => reply({ status, headers: {}, body: '' })
const silent = () => {}

test('payments come at about their rate, now and then several at once, until their number is reached', () => {
  const { facts, pass, posts, clients, counts } = posting([answered(202)])
  pass(5000)
  expect(facts.tally.payments).toBeGreaterThan(60)
  expect(facts.tally.payments).toBeLessThan(180)
  pass(20_000)
  expect(facts.tally.payments).toBeGreaterThanOrEqual(200)
  expect(facts.tally.payments).toBeLessThan(231)
  // Only a double click posts a payment again.
  expect(posts.length).toBeLessThan(facts.tally.payments * 1.1)
  expect(counts().judgedCount).toBe(posts.length)
  expect(clients.idle).toBe(true)
})

test('a client that gets 503 tries again after a while, three times at the most, and then gives up', () => {
  const { pass, posts, triesById, clients } = posting([answered(503)])
  pass(60_000)
  const tries = triesById()
  expect(Math.max(...tries)).toBeLessThanOrEqual(4)
  expect(new Set(tries).size).toBeGreaterThan(2)
  const gapsMs = posts.flatMap(({ id, atMs }, index) => {
    const next = posts.find((other, at) => at > index && other.id === id)
    return next === undefined ? [] : [next.atMs - atMs]
  })
  // A post nearly at once is a double click.
  expect(gapsMs.filter(gapMs => gapMs > 3 && gapMs < 100)).toEqual([])
  expect(gapsMs.filter(gapMs => gapMs >= 100).length).toBeGreaterThan(50)
  expect(clients.idle).toBe(true)
})

test('a client without an answer leaves after its timeout, and perhaps posts once more', () => {
  const { facts, pass, posts, triesById, counts } = posting([silent])
  pass(60_000)
  expect(facts.tally.faults['client timed out']).toBe(posts.length)
  expect(counts()).toMatchObject({ leftCount: posts.length, judgedCount: 0 })
  const againCount = triesById().filter(count => count > 1).length
  expect(againCount).toBeGreaterThan(40)
  expect(againCount).toBeLessThan(120)
})

test('an answer after the timeout is ignored, and one before it ends the post', () => {
  const late = posting([(reply, after) => after(600, () => answered(202)(reply))])
  late.pass(60_000)
  expect(late.facts.tally.faults['client timed out']).toBe(late.posts.length)
  const early = posting([(reply, after) => after(400, () => answered(202)(reply))])
  early.pass(60_000)
  expect(early.facts.tally.faults['client timed out']).toBe(0)
})

describe('when a node is down', () => {
  test('the load balancer sends the post on to another one', () => {
    const { facts, pass, posts } = posting(['dead', answered(202)])
    pass(60_000)
    expect(new Set(posts.map(({ node }) => node))).toEqual(new Set([1]))
    expect(facts.tally.faults['post sent on to another node']).toBeGreaterThan(50)
    expect(new Set(posts.map(({ id }) => id)).size).toBeGreaterThan(facts.tally.payments * 0.95)
  })

  test('the post is also sent on if the node dies before it has answered', () => {
    const { facts, pass, triesById } = posting([reply => reply(undefined), answered(202)])
    pass(60_000)
    expect(triesById().some(count => count === 2)).toBe(true)
    expect(facts.tally.faults['post sent on to another node']).toBeGreaterThan(50)
  })

  test('and no other node is up, the post waits', () => {
    const { clients, facts, pass, posts } = posting(['dead'])
    pass(60_000)
    expect(posts).toEqual([])
    expect(facts.tally.faults['post sent on to another node']).toBe(0)
    expect(clients.idle).toBe(true)
  })
})

test('only ids that are known for good are sometimes posted with another amount', () => {
  for (const knownForGood of [false, true]) {
    const { facts, pass, posts } = posting([answered(202)], {}, knownForGood)
    pass(25_000)
    const bodies = new Set(posts.map(({ body }) => body))
    const otherCount = bodies.size - new Set(posts.map(({ id }) => id)).size
    expect(otherCount > 0).toBe(knownForGood)
    expect(facts.tally.faults['posted with another amount'] >= otherCount).toBe(true)
  }
})

test('on a lossy network some requests and some answers are lost', () => {
  const { clients, facts, pass } = posting([answered(202)], { paymentCountMax: 2000, paymentsPerSecond: 60 })
  clients.lossy = true
  pass(60_000)
  expect(facts.tally.faults['client request lost']).toBeGreaterThan(10)
  expect(facts.tally.faults['client timed out']).toBeGreaterThan(10)
})

test('after a stop no client posts a new payment, and begun posts are brought to their end', () => {
  const { clients, facts, pass } = posting([silent])
  pass(2000)
  clients.stop()
  pass(100)
  const { payments } = facts.tally
  expect(clients.idle).toBe(false)
  pass(10_000)
  expect([facts.tally.payments, clients.idle]).toEqual([payments, true])
})
