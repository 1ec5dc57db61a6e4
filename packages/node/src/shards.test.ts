import { parseCorrelationId, shardOf } from '@rinha/payment'
import { expect, test } from 'vitest'
import { Coordinator, idOf, paymentJson, TestNode } from './testing.ts'

/** A node of which every payment goes to one of several coordinators. */
function sharded(shardCount = 4, options: ConstructorParameters<typeof TestNode>[1] = {}) {
  const coordinators = Array.from({ length: shardCount }, () => new Coordinator())
  const tested = new TestNode(coordinators, options)
  const post = (number: number, headers = {}) => {
    const call = tested.post(paymentJson(number), headers)
    tested.clock.pass(1)
    return call
  }
  return { coordinators, tested, post }
}

const shardOfNumber = (number: number, shardCount = 4) =>
  shardOf(parseCorrelationId(idOf(number)) ?? new Uint8Array(), shardCount)
/** The first payment numbers of one shard of four. */
const numbersOf = (shard: number) =>
  Array.from({ length: 400 }, (_, index) => index + 1).filter(number => shardOfNumber(number) === shard)
const [ofZero, ofOne] = [numbersOf(0), numbersOf(1)]
const number = (numbers: readonly number[], index: number) => numbers[index] ?? 0
const sumsOf = (text: string) => JSON.parse(text)

test('each payment is taken by the coordinator of its shard, and read there', () => {
  const { coordinators, tested, post } = sharded()
  for (let each = 1; each <= 40; each += 1)
    expect(post(each)).toMatchObject({ status: 202, headers: { 'Preference-Applied': 'ack=queued' } })
  for (const [shard, { payments }] of coordinators.entries()) {
    expect(payments.length).toBeGreaterThan(3)
    for (let each = 1; each <= 40; each += 1)
      expect(payments.includes(`${idOf(each)} 1990`)).toBe(shardOfNumber(each) === shard)
  }
  coordinators[1]?.reports.set(idOf(number(ofOne, 0)), { state: 'queued', amountCents: 1990 })
  const read = tested.ask(`GET /payments/${idOf(number(ofOne, 0))}`)
  expect([read.status, sumsOf(read.text).state]).toEqual([200, 'queued'])
  expect(coordinators.map(({ requests }) => requests.length)).toEqual([0, 1, 0, 0])
})

test('a shard that is away holds up its own payments only', () => {
  const { coordinators, tested, post } = sharded(4, { bufferCountMax: 2 })
  tested.shards[1]?.goAway()
  tested.clock.pass(1)
  const stuck = [0, 1, 2].map(index => tested.post(paymentJson(number(ofOne, index))))
  tested.clock.pass(1)
  // The third has no room, and says so at once. The others are held until their clients have waited long enough.
  expect(stuck.map(({ status }) => status)).toEqual([0, 0, 503])
  for (const each of ofZero.slice(0, 10)) expect(post(each).status).toBe(202)
  tested.clock.pass(1000)
  expect(stuck[0]).toMatchObject({ status: 202, headers: { 'Preference-Applied': 'ack=received' } })
  expect(sumsOf(tested.ask(`GET /payments/${idOf(number(ofOne, 0))}`).text).state).toBe('accepted')
  const unknown = tested.ask(`GET /payments/${idOf(number(ofOne, 5))}`)
  expect([unknown.status, unknown.text]).toEqual([503, expect.stringContaining('shard 1 of 4')])
  tested.shards[1]?.comeBack(coordinators[1] as Coordinator)
  tested.clock.pass(100)
  expect(coordinators[1]?.payments).toHaveLength(2)
})

test('a shard whose queue is too long, or whose ledger is full, says so for its own payments only', () => {
  const { coordinators, tested, post } = sharded()
  const [, one] = coordinators
  if (one !== undefined) Object.assign(one, { secondsToWait: 9, lastingRoomLeft: 0, roomLeft: 0 })
  tested.shards[1]?.goAway()
  tested.shards[1]?.comeBack(one as Coordinator)
  tested.clock.pass(100)
  expect(post(number(ofOne, 0))).toMatchObject({ status: 503, headers: { 'Retry-After': '9' } })
  expect(post(number(ofZero, 0)).status).toBe(202)
})

test('a conflict is told to the client of its own shard’s payment', () => {
  const { coordinators, tested } = sharded()
  coordinators[1]?.conflicts.push({ index: 0, kind: 'amount', reason: '' })
  const [one, zero] = [number(ofOne, 0), number(ofZero, 0)]
  const calls = [zero, one].map(each => tested.post(paymentJson(each)))
  tested.clock.pass(1)
  expect(calls.map(({ status }) => status)).toEqual([202, 409])
})

test('a summary adds up the shards, and is final up to where each of them is', () => {
  const { coordinators, tested } = sharded(3)
  const sums = [
    [10, 5_000],
    [7, 3_000],
    [1, 9_000],
  ]
  for (const [index, coordinator] of coordinators.entries()) {
    const [count = 0, completeUpToMs = 0] = sums[index] ?? []
    const totals = [{ processor: 'default', count, amountCents: count * 1990 }]
    if (index === 2) totals.push({ processor: 'gone', count: 1, amountCents: 5 })
    coordinator.summary = { totals, completeUpToMs }
  }
  const answer = tested.ask('GET /payments-summary?from=1970-01-01T00:00:00Z')
  expect([answer.status, sumsOf(answer.text)]).toEqual([
    200,
    { default: { totalRequests: 18, totalAmount: 358.2 }, gone: { totalRequests: 1, totalAmount: 0.05 } },
  ])
  expect(answer.headers['Complete-Up-To']).toBe('1970-01-01T00:00:03.000Z')
  for (const { requests } of coordinators)
    expect(requests).toEqual([{ kind: 'summary', params: { fromMs: 0, toMs: null } }])
  // One of them cannot say.
  const [first] = coordinators
  if (first !== undefined) first.summary = { ...first.summary, completeUpToMs: null }
  expect(tested.ask('GET /payments-summary').headers['Complete-Up-To']).toBeUndefined()
})

test('there is no sum of some shards: one that is away, or that has no exact sum, decides the answer', () => {
  const { coordinators, tested } = sharded(2)
  const [, one] = coordinators
  if (one !== undefined) one.refusal = 'from is 1970-01-01T00:00:00.005Z, within a second of …'
  expect(tested.ask('GET /payments-summary')).toMatchObject({ status: 400 })
  tested.shards[1]?.goAway()
  tested.clock.pass(1)
  const answer = tested.ask('GET /payments-summary')
  expect([answer.status, answer.text]).toEqual([503, expect.stringContaining('shard 1 of 2')])
  expect(answer.headers['Complete-Up-To']).toBeUndefined()
})

test('a purge is done when every shard has purged; otherwise the answer says that others may have', () => {
  const { coordinators, tested } = sharded(2)
  expect(tested.ask('POST /purge-payments')).toMatchObject({ status: 200, text: '{"purged":true}' })
  tested.shards[1]?.goAway()
  tested.clock.pass(1)
  const away = tested.ask('POST /purge-payments')
  expect([away.status, away.text]).toEqual([503, expect.stringMatching(/shard 1 of 2.*repeated/)])
  expect(coordinators.map(({ requests }) => requests.length)).toEqual([2, 1])
  const [zero] = coordinators
  if (zero !== undefined) zero.refusal = 'start it with PURGE_ALLOWED=true'
  expect(tested.ask('POST /purge-payments')).toMatchObject({ status: 403 })
})

test('a node is ready while one shard is connected, and says which are', () => {
  const { tested } = sharded(2)
  const shards = () => sumsOf(tested.ask('GET /ready').text).shards
  expect(shards()).toEqual([
    { shard: 0, connected: true },
    { shard: 1, connected: true },
  ])
  tested.shards[0]?.goAway()
  tested.clock.pass(1)
  expect(shards()).toEqual([
    { shard: 0, connected: false },
    { shard: 1, connected: true },
  ])
  tested.shards[1]?.goAway()
  tested.clock.pass(1)
  expect(tested.ask('GET /ready').status).toBe(503)
  expect(tested.ask('GET /health').status).toBe(200)
})
