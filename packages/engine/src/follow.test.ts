import { Prng } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import type { Fact, LookupOutcome } from '@rinha/payment'
import { expect, test } from 'vitest'
import { keptMsMin } from './limits.ts'
import {
  absent,
  answered500,
  correlationId,
  duplicate,
  found,
  lost,
  newLedger,
  noAnswer,
  recorded,
  rejected,
  startMs,
  TestEngine,
  unreachable,
} from './testing.ts'

/** The ledger that a reader of an engine's facts builds: the next process at its start, or a standby all the time. */

function followed(facts: readonly Fact[]): Ledger {
  const ledger = newLedger()
  for (const fact of facts) ledger.apply(fact)
  return ledger
}

/** The ledger that a reader of a snapshot builds. */
function restored(tested: TestEngine): Ledger {
  const ledger = newLedger()
  ledger.restore(tested.engine.image())
  return ledger
}

function successor(tested: TestEngine, workerCount = 6): TestEngine {
  return new TestEngine({ ledger: followed(tested.facts), workerCount })
}

test('a settled payment stays settled, in the sums and under its requestedAt', () => {
  const tested = new TestEngine().accept(1, 2)
  const { requestedAtMs } = tested.endAttempt(recorded)
  const next = successor(tested)
  expect(next.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs,
  })
  expect(next.engine.summary(null, null)[0]).toEqual({ count: 1, amountCents: 1990 })
})

test('an attempt under way is looked up before anything else is done, and repeated under its requestedAt', () => {
  const tested = new TestEngine().accept(1)
  const [first] = tested.sends
  const next = successor(tested)
  expect([next.sends, next.lookUps.map(({ processor }) => processor)]).toEqual([[], [0]])
  next.endLookUp(absent)
  expect(next.sends).toMatchObject([{ processor: 0, requestedAtMs: first?.requestedAtMs }])
})

/** The numbers of the payments that attempts were asked for, in their order. */
const sent = ({ attempts }: TestEngine) => attempts.map(({ correlationId: id }) => id[15])

test('E7: what was under way, and is not found, waits for room before the queue does, and is looked up once', () => {
  const next = successor(new TestEngine({ workerCount: 2 }).accept(1, 2, 3, 4, 5, 6), 2)
  expect([sent(next), next.lookUps.length]).toEqual([[3, 4], 2])
  next.endLookUp(absent)
  next.endLookUp(absent)
  expect(sent(next)).toEqual([3, 4])
  next.pass(3000)
  expect(next.lookUps).toEqual([])
  while (next.sends.length > 0) next.endAttempt(recorded)
  expect(sent(next)).toEqual([3, 4, 1, 2, 5, 6])
})

test('E7: a payment whose answer is lost each time goes before the queue once, so that the queue has room, too', () => {
  const next = successor(new TestEngine({ workerCount: 1 }).accept(1, 2, 3, 4), 1)
  next.endLookUp(absent)
  next.endAttempt(lost)
  expect(sent(next)).toEqual([2, 1])
  next.endAttempt(lost)
  expect(sent(next)).toEqual([2, 1, 3])
  // Neither 1 nor 2 is found. 1 was sent again already, so 4 goes before it.
  next.pass(200)
  while (next.lookUps.length > 0) next.endLookUp(absent)
  next.endAttempt(recorded)
  expect(sent(next)).toEqual([2, 1, 3, 2, 4])
})

test('what waits for room is looked up again when a person pauses its processor, and sent when it is resumed', () => {
  const next = successor(new TestEngine({ workerCount: 1 }).accept(1, 2), 1)
  next.endLookUp(absent)
  next.tell({ kind: 'operate', processors: [0, 1], sending: 'paused' })
  next.endAttempt(recorded)
  expect([sent(next), next.sends]).toEqual([[2], []])
  next.pass(1000)
  expect(next.lookUps.length).toBe(1)
  next.tell({ kind: 'operate', processors: [0, 1], sending: 'on' })
  next.endLookUp(absent)
  expect(sent(next)).toEqual([2, 1])
})

test('an attempt that the look-up finds is settled under the requestedAt that the processor says', () => {
  const tested = new TestEngine().accept(1)
  const requestedAtMs = tested.sends[0]?.requestedAtMs ?? 0
  const next = successor(tested)
  next.endLookUp(found(requestedAtMs))
  expect(next.engine.status(correlationId(1))).toMatchObject({ state: 'settled', requestedAtMs })
  expect(next.sends).toEqual([])
})

test.each([
  ['a minute later', 60_000, 60_000],
  ['at once', 0, 0],
  ['after the clock was set back', -60_000, 0],
])(
  'queued payments are sent in their order, and are as old as the wall clock says: a start %s',
  (_, laterMs, ageMs) => {
    const tested = new TestEngine({ workerCount: 1 }).accept(1, 2, 3)
    const ledger = followed(tested.facts)
    const next = new TestEngine({ workerCount: 1, ledger, startedAtWallMs: tested.wallMs + laterMs })
    expect(next.sends.map(({ correlationId: id }) => id[15])).toEqual([2])
    expect(next.engine.queueStatus(next.nowMs).oldestQueuedAgeMs).toBe(ageMs + startMs)
  },
)

test('E3: a payment that one processor has read and refused is looked up there before another may have it, also by a successor', () => {
  const tested = new TestEngine({ workerCount: 3 }).accept(1, 2, 3)
  tested.endAttempt(answered500)
  tested.endAttempt(answered500)
  // The repeat of one of them is never read. The refusal before it still counts.
  tested.endAttempt(unreachable, 1, 0)
  const next = new TestEngine({ ledger: followed(tested.facts), workerCount: 3 })
  while (next.lookUps.length > 0) next.endLookUp(noAnswer, 0)
  next.endPoll({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 0)
  next.pass(100)
  for (const { processor } of next.sends) expect(processor).toBe(0)
})

test('a rejected payment keeps its reason, and a purge forgets everything', () => {
  const tested = new TestEngine().accept(1, 2)
  tested.endAttempt(rejected)
  expect(successor(tested).engine.status(correlationId(1))).toMatchObject({
    state: 'rejected',
    reason: 'the processor answered 400',
  })
  tested.tell({ kind: 'purge' }).accept(5)
  const next = successor(tested)
  expect([1, 2, 5].map(number => next.state(number))).toEqual(['absent', 'absent', 'inFlight'])
})

test('an id that comes again makes no second fact', () => {
  const tested = new TestEngine().accept(1).accept(1, 2, 1, 3)
  const accepted = tested.facts.filter(fact => fact.kind === 'accepted')
  expect(accepted.reduce((count, fact) => count + fact.records.length / 24, 0)).toBe(3)
  expect(followed(tested.facts).count).toBe(3)
})

test('after any events, the facts and the image give exactly the rows of the engine', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const tested = playAtRandom(seed)
    const image = tested.engine.image()
    const [byFacts, byImage] = [followed(tested.facts), restored(tested)]
    byFacts.checkInvariants()
    byImage.checkInvariants()
    expect(byFacts.image()).toEqual(image)
    expect(byImage.image()).toEqual(image)
    expect(byFacts.summary(null, null)).toEqual(tested.engine.summary(null, null))
  }
})

/** An engine after a hundred random events, with every kind of outcome. */
function playAtRandom(seed: number): TestEngine {
  const prng = new Prng(seed)
  const tested = new TestEngine({ workerCount: 3, retainMs: 1000 }).pass(keptMsMin)
  const outcomes = [recorded, recorded, duplicate, answered500, unreachable, lost, rejected]
  for (let number = 1; number <= 100; number += 1) {
    const outcome = prng.pick(outcomes)
    const lookUp = [absent, noAnswer, foundAs(tested)][prng.integer(0, 2)] ?? absent
    if (prng.chance(0.4)) tested.accept(number, prng.integer(1, number))
    else if (prng.chance(0.5) && tested.sends.length > 0) tested.endAttempt(outcome)
    else if (tested.lookUps.length > 0) tested.endLookUp(lookUp)
    else if (prng.chance(0.02)) tested.tell({ kind: 'purge' })
    else if (prng.chance(0.1)) {
      tested.wallOffsetMs += 70_000
      tested.retire()
    } else tested.pass(prng.integer(1, 60))
  }
  return tested
}

/** The record that a processor may have of the payment that is looked up next: the record of its last attempt. */
function foundAs(tested: TestEngine): LookupOutcome {
  const id = tested.lookUps[0]?.correlationId.join()
  const sent = tested.attempts.findLast(({ correlationId }) => correlationId.join() === id)
  return found(sent?.requestedAtMs ?? 0)
}
