import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  correlationId,
  duplicate,
  found,
  lost,
  newLedger,
  pushedBack,
  recorded,
  TestEngine,
  wrongWay,
} from './testing.ts'

test('a wrong way shuts its lane and is shown with its status; its payments go elsewhere after a look-up', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3)
  const report = () => tested.engine.queueStatus(tested.nowMs).processors[0]
  // A payment that is refused before the third answer is sent there once more.
  for (let attempt = 0; attempt < 5; attempt += 1) tested.endAttempt(wrongWay)
  expect(report()).toMatchObject({ circuit: 'open', wayStatus: 404 })
  expect(tested.engine.queueStatus(tested.nowMs).rejectedCount).toBe(0)
  tested.accept(4)
  expect(tested.lookUps.map(({ processor }) => processor)).toEqual([0, 0, 0])
  for (let lookUp = 0; lookUp < 3; lookUp += 1) tested.endLookUp(absent)
  tested.pass(20)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([1, 1, 1])
  for (let attempt = 0; attempt < 4; attempt += 1) tested.endAttempt(recorded)
  tested.pass(50).accept(5)
  expect(tested.sends.map(({ processor }) => processor)).toContain(0)
  tested.endAttempt(recorded, 1, 0)
  expect(report()).toMatchObject({ circuit: 'closed', wayStatus: null })
})

/** The engine of the next process, which starts with the ledger of the one before. */
function successor(tested: TestEngine): TestEngine {
  const ledger = newLedger()
  ledger.restore(tested.engine.image())
  return new TestEngine({ ledger, startedAtWallMs: tested.wallMs })
}

const listed = (tested: TestEngine) => tested.engine.attention(tested.nowMs).attention

test.each([
  ['amount', 0, 1991],
  ['requestedAt', 1, 1990],
  ['requestedAt', -60_000, 1990],
])(
  'E5: a record with another %s is not ours: it is never booked, and a person is told',
  (what, laterMs, amountCents) => {
    const tested = new TestEngine().accept(1)
    const { requestedAtMs } = tested.endAttempt(lost)
    tested.pass(100).endLookUp(found(requestedAtMs + laterMs, amountCents))
    expect(listed(tested)).toMatchObject([
      { state: 'inFlight', reason: `it has the correlationId with another ${what}` },
    ])
    // The payment is looked up again, at growing pauses, and never sent.
    tested.pass(60_000)
    for (let lookUp = 0; lookUp < 12; lookUp += 1) {
      tested.pass(10_000).endLookUp(found(requestedAtMs + laterMs, amountCents))
      expect(tested.lookUps).toHaveLength(0)
    }
    expect([tested.sends.length, tested.state(1)]).toEqual([0, 'inFlight'])
    expect(tested.engine.summary(null, null)[0]).toEqual({ count: 0, amountCents: 0 })
    // The earlier look-ups were wrong: a later one finds the payment as it was sent.
    tested.pass(10_000).endLookUp(found(requestedAtMs))
    expect([tested.state(1), listed(tested)]).toEqual(['settled', []])
  },
)

test('E5: a refused payment that is found with a requestedAt of 1970 stays queued', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3)
  for (let attempt = 0; attempt < 5; attempt += 1) tested.endAttempt(answered500)
  tested.endLookUp(found(0))
  expect(listed(tested)).toMatchObject([{ state: 'queued' }])
  expect(tested.engine.queueStatus(tested.nowMs).settledCount).toBe(0)
})

test.each([0, 1, 2, 3])(
  'E5: a record under the instant of any attempt there is ours, and a successor knows these instants: %i',
  index => {
    const tested = new TestEngine({ processorCount: 1 }).accept(1)
    for (const outcome of [answered500, answered500, lost]) tested.endAttempt(outcome, 7)
    const next = successor(tested)
    const instants = tested.attempts.map(({ requestedAtMs }) => requestedAtMs)
    next.endLookUp(found(instants[index] ?? next.wallMs))
    expect(next.state(1)).toBe(index < 3 ? 'settled' : 'inFlight')
  },
)

test('after a 422 no number of absences proves a payment absent, not even after a restart: its repeat is answered 422 again', () => {
  const tested = new TestEngine().accept(1)
  const { requestedAtMs } = tested.endAttempt(answered500)
  tested.endAttempt(duplicate)
  for (let lookUp = 0; lookUp < 5; lookUp += 1) tested.endLookUp(absent).correlationId && tested.pass(1000)
  const next = successor(tested)
  next.endLookUp(absent)
  next.endAttempt(duplicate)
  next.endLookUp(absent)
  next.pass(100).endLookUp(absent)
  expect([next.sends.length, next.state(1)]).toEqual([0, 'inFlight'])
  next.pass(1000).endLookUp(found(requestedAtMs))
  expect(next.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs,
  })
})

test('a 422 is ours if an earlier attempt there was refused, although the payment has been elsewhere since', () => {
  const tested = new TestEngine({ workerCount: 1 }).accept(1)
  const { requestedAtMs } = tested.endAttempt(answered500)
  for (let attempt = 0; attempt < 2; attempt += 1) tested.endAttempt(answered500)
  tested.endLookUp(absent)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([1])
  tested.endPoll({ kind: 'answered', failing: false, minResponseTimeMs: 0 }, 0)
  tested.endAttempt(pushedBack)
  expect(tested.sends.map(({ processor }) => processor)).toEqual([0])
  tested.endAttempt(duplicate)
  tested.endLookUp(found(requestedAtMs))
  expect(tested.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs,
  })
})

test('at most a hundred look-ups are under way at one processor, and the others follow in a moment', () => {
  const tested = new TestEngine({ policy: 'cheapest-working', workerCount: 200, paymentCountMax: 2000 })
  for (let number = 1; number <= 150; number += 1) tested.accept(number).pass(10)
  const sentCount = tested.sends.length
  expect(sentCount).toBeGreaterThan(120)
  for (let count = 0; count < sentCount; count += 1) tested.endAttempt(answered500)
  expect(tested.lookUps).toHaveLength(100)
  while (tested.lookUps.length > 0) tested.endLookUp(absent, 0)
  tested.pass(100)
  expect(tested.lookUps.length + tested.sends.length).toBeGreaterThan(sentCount - 100)
})
