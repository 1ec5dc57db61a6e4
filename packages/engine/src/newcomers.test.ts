import { describe, expect, test } from 'vitest'
import { firstLookUpCountMax, lookUpLagMsMax } from './limits.ts'
import {
  absent,
  correlationId,
  duplicate,
  found,
  newLedger,
  noAnswer,
  recorded,
  startMs,
  TestEngine,
  type TestEngineOptions,
} from './testing.ts'

/** An engine with an empty ledger that has heard of a coordinator before it. */
function after(options: TestEngineOptions = {}): TestEngine {
  return new TestEngine({ predecessorMs: 60_000, ...options }).tell({ kind: 'predecessor' })
}

/** A record is believed when two look-ups tell it. */
function findTwice(tested: TestEngine, amountCents = 1990): void {
  tested.endLookUp(found(777_000, amountCents))
  tested.pass(1000)
  if (tested.lookUps.length > 0) tested.endLookUp(found(777_000, amountCents))
}

test('E8: with a predecessor a new payment is looked up at every processor before its first attempt', () => {
  const tested = after().accept(1)
  expect([tested.sends.length, tested.lookUps.map(({ processor }) => processor)]).toEqual([0, [0]])
  expect(tested.engine.queueStatus(tested.nowMs)).toMatchObject({ queuedCount: 1, lookedUpFirstCount: 1 })
  tested.endLookUp(absent)
  expect([tested.sends.length, tested.lookUps.map(({ processor }) => processor)]).toEqual([0, [1]])
  tested.endLookUp(absent)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([0])
  tested.endAttempt(recorded)
  expect(tested.state(1)).toBe('settled')
})

test.each([0, 1])(
  'E8: what processor %i has from before is settled there, under its requestedAt, and not sent',
  at => {
    const tested = after().accept(1)
    for (let asked = 0; asked < at; asked += 1) tested.endLookUp(absent)
    findTwice(tested)
    expect(tested.attempts).toHaveLength(0)
    expect(tested.engine.status(correlationId(1))).toMatchObject({
      state: 'settled',
      processor: at,
      requestedAtMs: 777_000,
    })
    expect(tested.engine.queueStatus(tested.nowMs).lookedUpFirstCount).toBe(0)
  },
)

test('E8: a payment that a processor has with another amount is rejected', () => {
  const tested = after().accept(1)
  findTwice(tested, 5)
  expect([tested.state(1), tested.attempts.length]).toEqual(['rejected', 0])
})

test('E8: a processor that does not answer is asked again and again; meanwhile the payment waits, and is shown to a person', () => {
  const tested = after().accept(1)
  for (let tries = 0; tries < 20; tries += 1) {
    tested.endLookUp(noAnswer)
    tested.pass(1000)
  }
  expect([tested.attempts.length, tested.lookUps.length]).toEqual([0, 1])
  tested.endLookUp(noAnswer)
  tested.pass(60_000)
  expect(tested.engine.attention(tested.nowMs).attention).toHaveLength(1)
})

test('E8: an attempt of the predecessor that came after the look-up is found by the 422 to ours', () => {
  const tested = after().accept(1)
  tested.endLookUp(absent)
  tested.endLookUp(absent)
  tested.endAttempt(duplicate)
  findTwice(tested)
  expect(tested.engine.status(correlationId(1))).toMatchObject({ state: 'settled', requestedAtMs: 777_000 })
})

test('E8: the 422 to our attempt outranks an absence there, which is a stale answer', () => {
  const tested = after().accept(1)
  tested.endLookUp(absent)
  tested.endLookUp(absent)
  tested.endAttempt(duplicate)
  for (let tries = 0; tries < 5; tries += 1) {
    expect(tested.lookUps.map(({ processor }) => processor)).toEqual([0])
    tested.endLookUp(absent)
    tested.pass(1000)
  }
  findTwice(tested)
  expect([tested.state(1), tested.attempts.length]).toEqual(['settled', 1])
})

describe('E8: while an attempt of the predecessor may still be recorded, or hidden from look-ups', () => {
  /** The engine has run for so long that this is so for another second. */
  const options = { attemptTimeoutMs: startMs - lookUpLagMsMax + 1000 }

  test('nothing is looked up or sent, and after that it is', () => {
    const tested = after(options).accept(1)
    expect(tested.engine.queueStatus(tested.nowMs).holding).toEqual({
      reason: 'lookedUpFirst',
      count: 1,
      beginsInMs: 1000,
    })
    tested.pass(999)
    expect([tested.lookUps.length, tested.attempts.length]).toEqual([0, 0])
    tested.pass(1)
    expect([tested.lookUps.length, tested.attempts.length]).toEqual([1, 0])
  })

  test('a new payment waits, too, when the time to look up new ones is over', () => {
    const tested = after({ ...options, predecessorMs: 10 })
    tested.pass(900).accept(1)
    expect([tested.lookUps.length, tested.attempts.length]).toEqual([0, 0])
    tested.pass(100).accept(2)
    expect([tested.lookUps.length, tested.attempts.length]).toEqual([1, 1])
  })

  test.each([
    ['with a single processor', after({ ...options, processorCount: 1 }), [1, 0]],
    ['without a predecessor', new TestEngine({ ...options, predecessorMs: 60_000 }), [0, 1]],
  ])('%s nothing waits', (_, tested, calls) => {
    tested.accept(1)
    expect([tested.lookUps.length, tested.attempts.length]).toEqual(calls)
  })
})

test('E8: payments that wait unsent when the predecessor is heard of are looked up, too', () => {
  const tested = new TestEngine({ predecessorMs: 60_000, workerCount: 1 }).accept(1, 2, 3)
  tested.tell({ kind: 'predecessor' })
  expect([tested.sends.length, tested.lookUps.length]).toEqual([1, 2])
})

describe('E8: an engine whose ledger began after a predecessor was heard of', () => {
  const options = { predecessorMs: 60_000, attemptTimeoutMs: 30_000 }
  const again = (tested: TestEngine, sent = options) => {
    const ledger = newLedger()
    ledger.restore(tested.engine.image())
    return new TestEngine({ ...sent, ledger })
  }

  test('looks up what waits and what comes, without hearing of the predecessor again, when an absence proves something', () => {
    const second = again(after(options).accept(1)).accept(2)
    expect([second.lookUps.length, second.attempts.length]).toEqual([0, 0])
    second.pass(30_000)
    expect([second.lookUps.length, second.attempts.length]).toEqual([2, 0])
    const third = again(second).pass(30_000)
    expect([third.lookUps.length, third.attempts.length]).toEqual([2, 0])
  })

  test.each([
    ['when its time was over', after(options).pass(60_000)],
    ['after a purge', after(options).accept(1).tell({ kind: 'purge' })],
  ])('%s looks nothing up', (_, first) => {
    const second = again(first).accept(2)
    expect([second.lookUps.length, second.attempts.length]).toEqual([0, 1])
  })

  test('notes it once, and once that it is over', () => {
    const tested = after(options).accept(1).tell({ kind: 'predecessor' }).accept(2).pass(61_000)
    for (let asked = 0; asked < 4; asked += 1) tested.endLookUp(absent)
    const notes = tested.facts.flatMap(fact => (fact.kind === 'noted' ? [fact.text] : []))
    expect(notes).toEqual(['heard', ''])
  })
})

test('E8: a bounded number of payments is looked up at a time, and the next one when one has its answers', () => {
  const numbers = Array.from({ length: firstLookUpCountMax + 2 }, (_, index) => index + 1)
  const tested = after().accept(...numbers)
  expect(tested.lookUps).toHaveLength(firstLookUpCountMax)
  tested.endLookUp(absent)
  expect(tested.lookUps).toHaveLength(firstLookUpCountMax)
  tested.endLookUp(absent)
  expect(tested.lookUps).toHaveLength(firstLookUpCountMax)
})

test.each([
  ['no predecessor', new TestEngine({ predecessorMs: 60_000 })],
  ['a setting of 0', new TestEngine().tell({ kind: 'predecessor' })],
  ['its time over', after().pass(60_000)],
  ['a purge since', after().tell({ kind: 'purge' })],
])('with %s a payment is sent at once', (_, tested) => {
  tested.accept(1)
  expect([tested.sends.length, tested.lookUps.length]).toEqual([1, 0])
})

test('a ledger without payments knows that none was sent, if it is that of the coordinator before', () => {
  const ledger = newLedger()
  ledger.apply({ kind: 'polled', processor: 0 })
  const tested = after({ ledger })
  tested.accept(1)
  expect([tested.lookUps.length, tested.sends.length]).toEqual([0, 1])
})

test('a ledger with payments at the start knows what was sent, so nothing is looked up first', () => {
  const ledger = newLedger()
  new TestEngine({ ledger }).accept(1)
  const tested = after({ ledger })
  const lookUpCount = tested.lookUps.length
  tested.accept(2)
  expect([tested.sends.length, tested.lookUps.length]).toEqual([1, lookUpCount])
})

test('a purge forgets newcomers with everything else, and their answers change nothing', () => {
  const tested = after().accept(1, 2)
  tested.tell({ kind: 'purge' })
  findTwice(tested)
  tested.accept(3)
  expect([tested.engine.queueStatus(tested.nowMs).acceptedCount, tested.sends.length]).toEqual([1, 1])
})

test('E8: a record that is told once, or at an invalid instant, settles no payment', () => {
  const tested = after().accept(1)
  for (const told of [found(777_000), found(777_001), found(0), found(0), found(777_000, 7)]) {
    tested.endLookUp(told)
    tested.pass(10_000)
  }
  expect([tested.state(1), tested.attempts.length]).toEqual(['queued', 0])
})
