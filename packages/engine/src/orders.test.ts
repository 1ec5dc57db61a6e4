import { expect, test } from 'vitest'
import type { Order } from './orders.ts'
import {
  absent,
  answered500,
  correlationId,
  found,
  lost,
  newLedger,
  noAnswer,
  recorded,
  rejected,
  TestEngine,
  unreachable,
} from './testing.ts'

const id = correlationId(1)
const recordedThere: Order = { kind: 'resolve', correlationId: id, ending: 'recorded' }
const notRecorded: Order = { kind: 'resolve', correlationId: id, ending: 'notRecorded' }
const resubmit: Order = { kind: 'resubmit', correlationId: id }
const discard: Order = { kind: 'discard', correlationId: id }

/** Gives the order. Returns the kinds of facts that it made, or the kind of its refusal. */
function give(tested: TestEngine, order: Order): readonly string[] | string {
  const judged = tested.engine.judge(order)
  const before = tested.facts.length
  tested.tell({ kind: 'orders', orders: [order] })
  const kinds = tested.facts
    .slice(before)
    .map(({ kind }) => kind)
    .filter(kind => kind !== 'polled')
  if (judged.ok) return kinds
  expect(kinds).toEqual([])
  return judged.error.kind
}

/** Engines whose payment 1 is in the named state. */
const reach = {
  absent: () => new TestEngine(),
  'sent for the first time': () => new TestEngine().accept(1),
  'waiting for a look-up': () => {
    const tested = new TestEngine().accept(1)
    tested.endAttempt(lost)
    return tested
  },
  'being looked up': () => reach['waiting for a look-up']().pass(100),
  repeated: () => {
    const tested = reach['being looked up']()
    tested.endLookUp(absent)
    return tested
  },
  'rejected on a repeat': () => {
    const tested = reach.repeated()
    tested.endAttempt(rejected)
    return tested
  },
  'asked for before it moves': () => {
    const tested = new TestEngine().accept(1)
    for (let count = 0; count < 3; count += 1) tested.endAttempt(answered500)
    return tested
  },
  'refused and queued': () => {
    const tested = new TestEngine({ processorCount: 1 }).accept(1)
    for (let count = 0; count < 3; count += 1) tested.endAttempt(answered500)
    return tested
  },
  queued: () => {
    const tested = new TestEngine({ processorCount: 1 }).accept(1)
    for (let count = 0; count < 3; count += 1) tested.endAttempt(unreachable)
    return tested
  },
  rejected: () => {
    const tested = new TestEngine().accept(1)
    tested.endAttempt(rejected)
    return tested
  },
  discarded: () => {
    const tested = reach.rejected()
    give(tested, discard)
    return tested
  },
  settled: () => {
    const tested = new TestEngine().accept(1)
    tested.endAttempt(recorded)
    return tested
  },
}

test.each([
  ['absent', 'absent', 'absent', 'absent', 'absent'],
  ['sent for the first time', 'conflict', 'conflict', 'conflict', 'conflict'],
  ['waiting for a look-up', ['confirmed'], ['released', 'sent'], 'conflict', 'conflict'],
  ['being looked up', ['confirmed'], ['released', 'sent'], 'conflict', 'conflict'],
  ['repeated', 'conflict', 'conflict', 'conflict', 'conflict'],
  ['rejected on a repeat', ['confirmed'], ['released', 'sent'], 'conflict', 'conflict'],
  ['asked for before it moves', 'invalid', ['released', 'sent'], 'conflict', 'conflict'],
  ['refused and queued', 'conflict', ['released'], 'conflict', 'conflict'],
  ['queued', 'conflict', [], [], 'conflict'],
  ['rejected', 'invalid', 'conflict', ['released', 'sent'], ['discarded']],
  ['discarded', 'invalid', 'conflict', 'conflict', []],
  ['settled', [], 'conflict', 'conflict', 'conflict'],
] as const)(
  'a payment that is %s: resolve recorded, resolve notRecorded, resubmit, discard',
  (state, ...expected) => {
    expect([recordedThere, notRecorded, resubmit, discard].map(order => give(reach[state](), order))).toEqual(
      expected,
    )
  },
)

test('an order that comes twice is allowed twice, and makes facts once', () => {
  for (const [order, from] of [
    [recordedThere, 'waiting for a look-up'],
    [notRecorded, 'refused and queued'],
  ] as const) {
    const tested = reach[from]()
    expect(give(tested, order)).not.toEqual([])
    expect(give(tested, order)).toEqual([])
  }
})

test('the order recorded settles a payment where it was sent, under its requestedAt, and a later answer changes nothing', () => {
  const tested = new TestEngine().accept(1)
  const { requestedAtMs } = tested.endAttempt(lost)
  tested.pass(100)
  give(tested, recordedThere)
  const settled = { state: 'settled', amountCents: 1990, processor: 0, requestedAtMs }
  expect(tested.engine.status(id)).toEqual(settled)
  tested.endLookUp(found(requestedAtMs + 1))
  expect(tested.pass(5000).engine.status(id)).toEqual(settled)
  expect(tested.lookUps).toEqual([])
})

test('the order recorded takes the given requestedAt, and for a rejected payment the given processor', () => {
  const tested = reach['rejected on a repeat']()
  expect(give(tested, { ...recordedThere, processor: 'fallback' })).toBe('conflict')
  expect(give(tested, { ...recordedThere, processor: 'nobody' })).toBe('invalid')
  expect(give(tested, { ...recordedThere, requestedAtMs: -1 })).toBe('invalid')
  expect(give(tested, { ...recordedThere, processor: 'default', requestedAtMs: 7 })).toEqual(['confirmed'])
  expect(tested.engine.summary(7, 7)[0]).toEqual({ count: 1, amountCents: 1990 })
  expect(give(tested, { ...recordedThere, requestedAtMs: 8 })).toBe('conflict')
  const other = reach.rejected()
  expect(give(other, { ...recordedThere, processor: 'fallback' })).toBe('invalid')
  expect(give(other, { ...recordedThere, processor: 'fallback', requestedAtMs: 9 })).toEqual(['confirmed'])
  expect(other.engine.summary(9, 9)[1]).toEqual({ count: 1, amountCents: 1990 })
})

test('the order notRecorded sends the payment under a new requestedAt, and the answer of an open look-up changes nothing', () => {
  const tested = reach['being looked up']()
  tested.nowMs += 40
  give(tested, notRecorded)
  expect(tested.sends).toMatchObject([{ processor: 0, requestedAtMs: tested.wallMs }])
  const before = tested.state(1)
  tested.endLookUp(noAnswer)
  expect([before, tested.state(1)]).toEqual(['inFlight', 'inFlight'])
  tested.endAttempt(recorded)
  expect(tested.state(1)).toBe('settled')
})

test('a payment that was released may go to the other processor without a look-up', () => {
  const tested = reach['asked for before it moves']()
  give(tested, notRecorded)
  expect(tested.sends).toMatchObject([{ processor: 1 }])
})

test('a reader of the facts has what was ordered', () => {
  for (const [order, from] of [
    [recordedThere, 'rejected on a repeat'],
    [notRecorded, 'refused and queued'],
    [resubmit, 'rejected'],
    [discard, 'rejected'],
  ] as const) {
    const tested = reach[from]()
    give(tested, order)
    const follower = newLedger()
    for (const fact of tested.facts) follower.apply(fact)
    expect(follower.image()).toEqual({ ...tested.engine.image(), reasons: expect.anything() })
  }
})

test('a discarded payment stays rejected and counted, is not for a person, and a person can still order it settled', () => {
  const tested = reach.discarded()
  const counts = () => {
    const { acceptedCount, queuedCount, inFlightCount, rejectedCount, discardedCount } =
      tested.engine.queueStatus(tested.nowMs)
    return [acceptedCount, queuedCount, inFlightCount, rejectedCount, discardedCount]
  }
  expect(counts()).toEqual([1, 0, 0, 1, 1])
  expect(tested.engine.status(id)).toMatchObject({
    state: 'rejected',
    reason: expect.stringContaining('400'),
  })
  expect(tested.engine.attention(tested.nowMs).rejected).toEqual([])
  expect(tested.accept(1).conflicts).toMatchObject([{ kind: 'rejected' }])
  expect(tested.engine.judge(resubmit)).toMatchObject({
    error: { detail: expect.stringContaining('was discarded') },
  })
  expect(give(tested, { ...recordedThere, processor: 'default', requestedAtMs: 7 })).toEqual(['confirmed'])
  expect(counts()).toEqual([1, 0, 0, 0, 0])
})
