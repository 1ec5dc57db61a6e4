import { Prng } from '@rinha/base'
import { describe, expect, test } from 'vitest'
import type { ClientsContext } from './clients.ts'
import type { HttpAnswer, HttpMessage } from './http.ts'
import type { SimNode } from './node.ts'
import type { Posted } from './posted.ts'
import { Readers } from './readers.ts'
import { blamed, Facts } from './testing.ts'

interface Case {
  readonly wasTold?: boolean
  readonly isHeld?: boolean
  readonly isForgotten?: boolean
  readonly isConnected?: boolean
  readonly recordedCount?: number
  /** The answers of the node. The ones that are not given here are right. */
  readonly answer?: (message: HttpMessage, payment: Posted) => Partial<HttpAnswer> | undefined
}

/** The complaints of readers about a node with these answers after a minute, and the requests that they made. */
function read({
  wasTold = false,
  isHeld = false,
  isForgotten = false,
  isConnected = true,
  recordedCount = 3,
  answer = () => undefined,
}: Case) {
  const facts = new Facts()
  const payment = facts.post()
  payment.toldBy = wasTold ? 1 : 0
  payment.forgotten = isForgotten
  const asked: HttpMessage[] = []
  let leftCount = 0
  const node = {
    index: 0,
    isConnected,
    channelOf: () => ({ end: { holdsPayment: () => isHeld } }),
    request: (message: HttpMessage, onAnswer: (given: HttpAnswer) => void) => {
      asked.push(message)
      const given = answer(message, payment) ?? proper(message, payment, isConnected)
      onAnswer({ status: 200, headers: {}, body: '', ...given })
      return { leave: () => (leftCount += 1) }
    },
  } as unknown as SimNode
  const context = { ...facts, nodes: [node], recordedCount: () => recordedCount } as unknown as ClientsContext
  const readers = new Readers(context, new Prng(1))
  readers.begin()
  const said = blamed(() => facts.world.runUntil(facts.world.nowMs + 60_000))
  return { said, asked, leftCount, readers, facts }
}

/** As the node that ships answers. */
function proper(message: HttpMessage, payment: Posted, isConnected: boolean): Partial<HttpAnswer> {
  const { method, path, query = '', headers = {}, body = '' } = message
  if (path === '/health') return {}
  if (path === '/ready') return { status: isConnected ? 200 : 503 }
  if (method === 'head' || method === 'put') return { status: 405 }
  if (path === '/' || path === '/payments/') return { status: 404 }
  if (path === '/purge-payments') return { status: 403 }
  if (path === '/payments-summary') {
    if (query === 'from=yesterday') return { status: 400 }
    return { body: '{"default":{"totalRequests":2},"fallback":{"totalRequests":1}}' }
  }
  if (path === '/payments') {
    if (headers['content-type'] !== 'application/json') return { status: 415 }
    return { status: Number(headers['content-length'] ?? body.length) > 512 ? 413 : 400 }
  }
  if (path !== `/payments/${payment.id}`) return { status: 400 }
  return { body: JSON.stringify({ correlationId: payment.id, amount: payment.amountCents / 100 }) }
}

const ofStatus = (status: number, body = '') => {
  return (message: HttpMessage, payment: Posted) =>
    message.path === `/payments/${payment.id}` ? { status, body } : undefined
}
const ofSummary = (status: number, body = '') => {
  return ({ method, path, query }: HttpMessage) =>
    method === 'get' && path === '/payments-summary' && query !== 'from=yesterday'
      ? { status, body }
      : undefined
}

test('a node that answers rightly gets every kind of request, and there is no complaint', () => {
  const { said, asked, leftCount } = read({ wasTold: true, isHeld: true })
  expect(said).toBe('nothing')
  const methods = new Set(asked.map(({ method, path }) => `${method} ${path.split('/')[1]}`))
  expect([...methods].sort()).toEqual([
    'get health',
    'get payments',
    'get payments-summary',
    'get ready',
    'head payments',
    'post ',
    'post payments',
    'post purge-payments',
    'put payments-summary',
  ])
  expect(leftCount).toBeGreaterThan(0)
})

describe('the status of a payment', () => {
  const other = '{"correlationId":"00000000-0000-0000-0000-000000000000","amount":1}'
  test.each<readonly [string, Case, RegExp]>([
    ['404 after a 202', { wasTold: true, answer: ofStatus(404) }, /^reads: node 0 said 202 .* then 404/],
    ['404 where nothing was said', { answer: ofStatus(404) }, /^nothing/],
    ['404 where it was forgotten', { wasTold: true, isForgotten: true, answer: ofStatus(404) }, /^nothing/],
    ['404 of what it holds', { isHeld: true, answer: ofStatus(404) }, /^reads: node 0 holds .* answers 404/],
    ['503 of what it holds', { isHeld: true, answer: ofStatus(503) }, /^reads: node 0 holds .* answers 503/],
    ['503 of what it does not', { answer: ofStatus(503) }, /^nothing/],
    ['500', { answer: ofStatus(500) }, /^reads: \/payments\/.* is answered 500/],
    ['another payment', { answer: ofStatus(200, other) }, /^reads: payment 0 is told as/],
    [
      'another amount',
      {
        answer: (message, payment) =>
          ofStatus(
            200,
            JSON.stringify({ correlationId: payment.id, amount: payment.amountCents / 100 + 0.01 }),
          )(message, payment),
      },
      /^reads: payment 0 is told as/,
    ],
    [
      'no amount yet',
      {
        answer: (message, payment) =>
          ofStatus(200, JSON.stringify({ correlationId: payment.id }))(message, payment),
      },
      /^nothing/,
    ],
  ])('%s', (_, wrong, words) => {
    expect(read(wrong).said).toMatch(words)
  })
})

describe('the summary', () => {
  const three = '{"default":{"totalRequests":3}}'
  test.each<readonly [string, Case, RegExp]>([
    ['counts what is recorded', { answer: ofSummary(200, three) }, /^nothing/],
    [
      'counts more than is recorded',
      { recordedCount: 2, answer: ofSummary(200, three) },
      /^reads: the summary counts 3, the processors 2/,
    ],
    ['cannot be told', { answer: ofSummary(503) }, /^nothing/],
    ['fails', { answer: ofSummary(500) }, /^reads: \/payments-summary is answered 500/],
  ])('%s', (_, wrong, words) => {
    expect(read(wrong).said).toMatch(words)
  })
})

test.each([
  ['/purge-payments', 200, 403],
  ['/health', 503, 200],
  ['/ready', 503, 200],
  ['/', 405, 404],
])('an odd request to %s that is answered %i and not %i', (path, status, expected) => {
  const { said } = read({ answer: message => (message.path === path ? { status } : undefined) })
  expect(said).toMatch(new RegExp(`^reads: \\w+ ${path} is answered ${status}, not ${expected}$`))
})

test('a node without a coordinator is not ready', () => {
  expect(read({ isConnected: false }).said).toBe('nothing')
  const { said } = read({
    isConnected: false,
    answer: ({ path }) => (path === '/ready' ? { status: 200 } : undefined),
  })
  expect(said).toBe('reads: get /ready is answered 200, not 503')
})

test('readers make no requests after they are told to stop', () => {
  const { asked, readers, facts } = read({})
  readers.stop()
  facts.world.runUntil(facts.world.nowMs + 1000)
  const before = asked.length
  facts.world.runUntil(facts.world.nowMs + 10_000)
  expect(asked.length).toBe(before)
})
