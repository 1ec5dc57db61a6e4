import type { Sending } from '@rinha/engine'
import { type AttemptOutcome, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { EngineWatch } from './engine-watch.ts'
import type { Posted } from './posted.ts'
import { blamed, Facts } from './testing.ts'
import { TurnWatch } from './turn-watch.ts'

const lost: AttemptOutcome = { kind: 'unknown', reason: 'lost' }
const refused: AttemptOutcome = { kind: 'refused', sent: true, pushedBack: false, reason: '500' }

/** A watch without an engine: a test plays the engine's effects and events. */
function watching() {
  const facts = new Facts({ processorCount: 2, inFlightCountMax: 3, healthPollMs: 5000 })
  const { world, trace } = facts
  const sending: Sending[] = ['on', 'on']
  const watch = new EngineWatch({
    ...facts,
    sending,
    polledAtMs: new Map(),
    heard: [],
    turns: new TurnWatch(world, trace),
  })
  let row = 0
  const send = (payment: Posted, { processor = 0, requestedAtMs = facts.atMs, amountCents = 0 } = {}) => {
    const token = { generation: 0, row }
    row += 1
    const { correlationId } = payment
    const said = blamed(() =>
      watch.onEffect(
        {
          kind: 'send',
          token,
          processor,
          correlationId,
          amountCents: amountCents || payment.amountCents,
          requestedAtMs,
          askedAtMs: 0,
        },
        facts.atMs,
      ),
    )
    const end = (outcome: AttemptOutcome) => watch.onEvent({ kind: 'attemptEnded', token, outcome })
    return { said: said.replace(/payment \d+ /, ''), end }
  }
  const poll = (processor: number) => blamed(() => watch.onPolled(processor))
  const pass = (ms: number) => world.runUntil(world.nowMs + ms)
  return { facts, watch, send, sending, poll, pass, payment: facts.post() }
}

describe('an attempt', () => {
  test('has the present instant as its requestedAt, and the amount that was posted', () => {
    const { facts, payment, send } = watching()
    expect(send(payment).said).toBe('nothing')
    expect(send(facts.post(), { amountCents: 1 }).said).toBe('conservation: is sent with another amount')
    const past = { requestedAtMs: facts.atMs - 1 }
    expect(send(facts.post(), past).said).toBe('window: is sent with a requestedAt of the past')
  })

  test('repeats the one before exactly if the answer to that was lost', () => {
    const { facts, payment, send, pass } = watching()
    const atMs = facts.atMs
    send(payment).end(lost)
    pass(1000)
    expect(send(payment, { requestedAtMs: atMs }).said).toBe('nothing')
    expect(send(payment).said).toBe('window: has a new requestedAt although an answer was lost')
    expect(send(payment, { requestedAtMs: atMs, processor: 1 }).said).toBe(
      'once: is sent elsewhere although an answer was lost',
    )
  })

  test('is a new one if the one before was refused, here or elsewhere', () => {
    const { facts, payment, send, pass } = watching()
    const atMs = facts.atMs
    send(payment).end(refused)
    pass(1000)
    expect(send(payment, { requestedAtMs: atMs }).said).toBe('window: is sent with a requestedAt of the past')
    expect(send(payment, { processor: 1 }).said).toBe('nothing')
  })

  test('after a crash repeats any earlier one, or is new', () => {
    const { facts, payment, send, pass } = watching()
    const atMs = facts.atMs
    send(payment).end(refused)
    pass(1000)
    const after = (sent: { processor?: number; requestedAtMs?: number }) => {
      payment.crashed = true
      return send(payment, sent).said
    }
    expect(after({ requestedAtMs: atMs })).toBe('nothing')
    expect(payment.unsure).toBe(true)
    expect(after({})).toBe('nothing')
    expect(payment.unsure).toBe(false)
    expect(after({ processor: 1, requestedAtMs: atMs })).toMatch(/^window: is sent after a crash/)
  })

  test('of a forgotten payment is not checked', () => {
    const { payment, send } = watching()
    payment.forgotten = true
    expect(send(payment, { requestedAtMs: 1 }).said).toBe('nothing')
  })

  test('begins at its requestedAt, apart from the time that a disk takes', () => {
    const { facts, payment, send, pass, watch } = watching()
    const begin = (one: Posted, requestedAtMs: number) =>
      blamed(() =>
        watch.onBegun({ correlationId: one.correlationId, amountCents: one.amountCents, requestedAtMs }, 0),
      )
    const [other, atMs] = [facts.post(), facts.atMs]
    send(payment)
    send(other)
    pass(600)
    expect(begin(payment, atMs)).toBe('nothing')
    pass(1)
    expect(begin(other, atMs)).toMatch(/^window: payment \d+ is sent 601 ms after its requestedAt/)
  })
})

describe('when a person has paused or drained a processor', () => {
  test('no attempt is sent to a paused processor, and none that was asked for begins there', () => {
    const { facts, payment, send, sending, watch } = watching()
    const { correlationId, amountCents } = payment
    send(payment)
    sending[0] = 'paused'
    expect(blamed(() => watch.onBegun({ correlationId, amountCents, requestedAtMs: facts.atMs }, 0))).toMatch(
      /^hand: an attempt of payment \d+ is made at processor 0, which is paused/,
    )
    expect(send(facts.post()).said).toMatch(/^hand: an attempt of is asked for at processor 0/)
    expect(send(facts.post(), { processor: 1 }).said).toBe('nothing')
  })

  test('only attempts whose answer was lost are repeated at a draining processor', () => {
    const { facts, payment, send, sending } = watching()
    const atMs = facts.atMs
    send(payment).end(lost)
    sending[0] = 'draining'
    expect(send(payment, { requestedAtMs: atMs }).said).toBe('nothing')
    expect(send(facts.post()).said).toMatch(/^hand: .* which is draining/)
  })
})

test('attempts under way are counted by processor, up to the limit and one canary', () => {
  const { facts, send, watch } = watching()
  const sent = [1, 2, 3, 4].map(() => send(facts.post()))
  expect(sent.map(({ said }) => said)).toEqual(['nothing', 'nothing', 'nothing', 'nothing'])
  expect([watch.underWay(0), watch.underWay(1)]).toEqual([4, 0])
  expect(send(facts.post(), { processor: 1 }).said).toBe('nothing')
  for (const { end } of sent) end(refused)
  expect([watch.underWay(0), watch.underWay(1)]).toEqual([0, 1])
  for (let count = 0; count < 4; count += 1) send(facts.post())
  expect(send(facts.post()).said).toBe('bounds: 5 attempts under way at processor 0')
})

test('each processor is asked for its health once in the time between polls', () => {
  const { poll, pass } = watching()
  expect([poll(0), poll(1)]).toEqual(['nothing', 'nothing'])
  pass(4999)
  expect(poll(0)).toBe('poll: processor 0 is asked for its health after 4999 ms')
  pass(1)
  expect(poll(0)).toBe('nothing')
})

describe('a look-up', () => {
  const lookUp = (watch: EngineWatch, { correlationId }: Posted) => {
    const token = { generation: 0, row: -1 }
    const said = blamed(() => watch.onEffect({ kind: 'lookUp', token, processor: 0, correlationId }, 0))
    return { said, end: () => watch.onEvent({ kind: 'lookUpEnded', token, outcome: { kind: 'absent' } }) }
  }

  test('follows a lost answer in the same step', () => {
    const { payment, send, watch } = watching()
    send(payment).end(lost)
    expect(blamed(() => watch.onStepped())).toMatch(/^progress: the answer of payment \d+ is lost/)
    const { facts, send: sendOther, watch: other } = watching()
    const another = facts.post()
    sendOther(another).end(lost)
    lookUp(other, another)
    expect(blamed(() => other.onStepped())).toBe('nothing')
  })

  test('is one of a hundred at the most', () => {
    const { payment, watch } = watching()
    const begun = Array.from({ length: 100 }, () => lookUp(watch, payment))
    expect(begun.map(({ said }) => said)).not.toContain(expect.stringMatching('bounds'))
    begun[0]?.end()
    expect(lookUp(watch, payment).said).toBe('nothing')
    expect(lookUp(watch, payment).said).toBe('bounds: 101 look-ups under way at processor 0')
  })
})

test('a payment comes to one shard for ever', () => {
  const of = (index: number, payment: Posted, facts: Facts) => {
    const plan = { ...facts.plan, shard: { index, count: 2 } }
    const shared = { ...facts, plan, sending: [], polledAtMs: new Map(), heard: [] }
    const watch = new EngineWatch({ ...shared, turns: new TurnWatch(facts.world, facts.trace) })
    const records = new Uint8Array(2 * paymentRecordBytes)
    writePaymentRecord(records, 0, payment.correlationId, 1)
    writePaymentRecord(records, paymentRecordBytes, payment.correlationId, 1)
    return blamed(() => watch.onEvent({ kind: 'accept', records, count: 2 })).replace(/payment \d+ /, '')
  }
  const facts = new Facts()
  const [payment, other] = [facts.post(), facts.post()]
  expect([of(1, payment, facts), of(1, payment, facts), of(0, other, facts)]).toEqual(
    Array(3).fill('nothing'),
  )
  expect(of(0, payment, facts)).toBe('conservation: reaches shard 0, and shard 1 has had it')
})
