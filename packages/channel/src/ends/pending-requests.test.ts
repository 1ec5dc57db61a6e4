import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { requestIdMax } from '../limits.ts'
import { PendingRequests } from './pending-requests.ts'

function pending(countMax = 3, timeoutMs = 100) {
  const time = new VirtualTime()
  const requests = new PendingRequests(countMax, timeoutMs, time)
  const answers: [asked: number, answer: unknown][] = []
  const ids: number[] = []
  const ask = (asked: number) =>
    requests.add(
      'purge',
      answer => answers.push([asked, answer]),
      id => ids.push(id),
    )
  const reply = (index: number, kind: 'purge' | 'status' = 'purge') => {
    const result = { ok: true, value: kind === 'purge' ? { purged: true } : { state: 'absent' } } as const
    return requests.onReply({ type: 'reply', id: ids[index] ?? -1, kind, result } as never)
  }
  return { time, requests, answers, ids, ask, reply }
}

const purged = { ok: true, value: { purged: true } }
const late = { ok: false, error: { kind: 'unavailable', reason: 'no reply within 100 ms' } }

test('each request is answered once, by its own reply, in any order of replies', () => {
  const { answers, ask, ids, reply, time } = pending()
  for (const asked of [1, 2, 3]) ask(asked)
  expect(new Set(ids).size).toBe(3)
  expect([reply(2), reply(0), reply(2)]).toEqual([true, true, true])
  expect(answers).toEqual([
    [3, purged],
    [1, purged],
  ])
  time.pass(1000)
  expect(answers.slice(2)).toEqual([[2, late]])
})

test('the table is full at its count, and each answer makes room for one more request', () => {
  const { ask, reply, requests } = pending(2)
  ask(1)
  expect(requests.full).toBe(false)
  ask(2)
  expect(requests.full).toBe(true)
  expect(() => ask(3)).toThrow('counted before')
  reply(0)
  expect(requests.full).toBe(false)
})

test('each request has its own deadline, and a reply after it is ignored', () => {
  const { answers, ask, reply, time } = pending()
  ask(1)
  time.pass(60)
  ask(2)
  time.pass(40)
  expect(answers).toEqual([[1, late]])
  time.pass(59)
  expect(reply(1)).toBe(true)
  expect(reply(0)).toBe(true)
  time.pass(1000)
  expect(answers.slice(1)).toEqual([[2, purged]])
})

test('a reply of another kind than its request answers none, and is reported as wrong', () => {
  const { answers, ask, reply } = pending()
  ask(1)
  expect(reply(0, 'status')).toBe(false)
  expect(answers).toEqual([])
})

test('the loss of a connection answers all requests once, and their deadlines do not answer them again', () => {
  const { answers, ask, requests, time } = pending()
  for (const asked of [1, 2]) ask(asked)
  requests.failAll('lost')
  requests.failAll('lost again')
  time.pass(1000)
  const unavailable = { ok: false, error: { kind: 'unavailable', reason: 'lost' } }
  expect(answers).toEqual([
    [1, unavailable],
    [2, unavailable],
  ])
})

test('the handler of an answer may make a new request at once, also while all requests are answered', () => {
  const time = new VirtualTime()
  const requests = new PendingRequests(1, 100, time)
  const reasons: string[] = []
  const ask = () =>
    requests.add(
      'purge',
      answer => {
        reasons.push(answer.ok ? 'ok' : answer.error.reason)
        if (reasons.length < 3) ask()
      },
      () => {},
    )
  ask()
  requests.failAll('lost')
  expect(reasons).toEqual(['lost'])
  time.pass(1000)
  expect(reasons).toEqual(['lost', 'no reply within 100 ms', 'no reply within 100 ms'])
})

test('no two open requests have the same id, and an id fits 32 bits', () => {
  const { ask, ids, reply, requests } = pending()
  for (let turn = 0; turn < 500; turn += 1) {
    ask(turn)
    reply(turn)
  }
  expect(new Set(ids).size).toBe(500)
  expect(requests.full).toBe(false)
  for (const id of ids) expect(Number.isSafeInteger(id) && id >= 0 && id <= requestIdMax).toBe(true)
})

test('a request for the end of a payment is not counted, has a longer deadline, and is forgotten when cancelled', () => {
  const { time, requests } = pending(1, 100)
  const told: unknown[] = []
  const wait = () =>
    requests.add(
      'ending',
      answer => told.push(answer),
      () => {},
      { waitMs: 5000, isAskedAgain: false },
    )
  const [first, second] = [wait(), wait()]
  expect(requests.full).toBe(false)
  expect([requests.cancel(first), requests.cancel(first)]).toEqual([true, false])
  time.pass(5099)
  expect(told).toEqual([])
  time.pass(1)
  expect(told).toMatchObject([{ ok: false, error: { reason: 'no reply within 5100 ms' } }])
  expect(requests.cancel(second)).toBe(false)
})
