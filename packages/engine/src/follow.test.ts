import { Prng } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import type { Fact } from '@rinha/payment'
import { expect, test } from 'vitest'
import {
  absent,
  answered500,
  Bench,
  correlationId,
  duplicate,
  found,
  lost,
  newLedger,
  noAnswer,
  recorded,
  rejected,
  startMs,
  unreachable,
} from './testing.ts'

/** What whoever reads an engine's facts comes to: the next process at its start, and a standby all the time. */

function followed(facts: readonly Fact[]): Ledger {
  const ledger = newLedger()
  for (const fact of facts) ledger.apply(fact)
  return ledger
}

/** And of a snapshot. */
function restored(bench: Bench): Ledger {
  const ledger = newLedger()
  ledger.restore(bench.engine.image())
  return ledger
}

function successor(bench: Bench): Bench {
  return new Bench({ ledger: followed(bench.facts) })
}

test('what is settled stays settled, in the sums and under its requestedAt', () => {
  const bench = new Bench().accept(1, 2)
  const { requestedAtMs } = bench.endAttempt(recorded)
  const next = successor(bench)
  expect(next.engine.status(correlationId(1))).toMatchObject({
    state: 'settled',
    processor: 0,
    requestedAtMs,
  })
  expect(next.engine.summary(null, null)[0]).toEqual({ count: 1, amountCents: 1990 })
})

test('an attempt under way is looked up before anything else is done, and repeated under its requestedAt', () => {
  const bench = new Bench().accept(1)
  const [first] = bench.sends
  const next = successor(bench)
  expect([next.sends, next.lookUps.map(({ processor }) => processor)]).toEqual([[], [0]])
  next.endLookUp(absent)
  expect(next.sends).toMatchObject([{ processor: 0, requestedAtMs: first?.requestedAtMs }])
})

test('one that is found there is settled under what the processor says', () => {
  const next = successor(new Bench().accept(1))
  next.endLookUp(found(777_000))
  expect(next.engine.status(correlationId(1))).toMatchObject({ state: 'settled', requestedAtMs: 777_000 })
  expect(next.sends).toEqual([])
})

test.each([
  ['a minute later', 60_000, 60_000],
  ['at once', 0, 0],
  ['after the clock was set back', -60_000, 0],
])(
  'what is queued is sent in its order, and is as old as the wall clock says: a start %s',
  (_, laterMs, ageMs) => {
    const bench = new Bench({ workerCount: 1 }).accept(1, 2, 3)
    const ledger = followed(bench.facts)
    const next = new Bench({ workerCount: 1, ledger, startedAtWallMs: bench.wallMs + laterMs })
    expect(next.sends.map(({ correlationId: id }) => id[15])).toEqual([2])
    expect(next.engine.queueStatus(next.nowMs).oldestQueuedAgeMs).toBe(ageMs + startMs)
  },
)

test('E3: what one processor has read and refused is looked up there before another may have it, also by a successor', () => {
  const bench = new Bench({ workerCount: 3 }).accept(1, 2, 3)
  bench.endAttempt(answered500)
  bench.endAttempt(answered500)
  // Their repeats are unreachable: never read, but the refusals before them stand.
  bench.endAttempt(unreachable, 1, 0)
  const next = new Bench({ ledger: followed(bench.facts), workerCount: 3 })
  while (next.lookUps.length > 0) next.endLookUp(noAnswer, 0)
  next.endPoll({ kind: 'answered', failing: true, minResponseTimeMs: 0 }, 0)
  next.pass(100)
  for (const { processor } of next.sends) expect(processor).toBe(0)
})

test('a rejected payment keeps its reason, and a purge forgets everything', () => {
  const bench = new Bench().accept(1, 2)
  bench.endAttempt(rejected)
  expect(successor(bench).engine.status(correlationId(1))).toMatchObject({
    state: 'rejected',
    reason: 'the processor answered 400',
  })
  bench.tell({ kind: 'purge' }).accept(5)
  const next = successor(bench)
  expect([1, 2, 5].map(number => next.state(number))).toEqual(['absent', 'absent', 'inFlight'])
})

test('an id that comes again is not written down again', () => {
  const bench = new Bench().accept(1).accept(1, 2, 1, 3)
  const accepted = bench.facts.filter(fact => fact.kind === 'accepted')
  expect(accepted.reduce((count, fact) => count + fact.records.length / 24, 0)).toBe(3)
  expect(followed(bench.facts).count).toBe(3)
})

test('whatever happens, facts and image come to the very rows that the engine has', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const bench = playAtRandom(seed)
    const image = bench.engine.image()
    const [byFacts, byImage] = [followed(bench.facts), restored(bench)]
    byFacts.checkInvariants()
    byImage.checkInvariants()
    expect(byFacts.image()).toEqual(image)
    expect(byImage.image()).toEqual(image)
    expect(byFacts.summary(null, null)).toEqual(bench.engine.summary(null, null))
  }
})

/** A hundred random events, with every outcome there is. */
function playAtRandom(seed: number): Bench {
  const prng = new Prng(seed)
  const bench = new Bench({ workerCount: 3 })
  const outcomes = [recorded, recorded, duplicate, answered500, unreachable, lost, rejected]
  for (let number = 1; number <= 100; number += 1) {
    const outcome = outcomes[prng.integer(0, outcomes.length - 1)] ?? recorded
    const lookUp = [absent, noAnswer, found(900_000 + number)][prng.integer(0, 2)] ?? absent
    if (prng.chance(0.4)) bench.accept(number, prng.integer(1, number))
    else if (prng.chance(0.5) && bench.sends.length > 0) bench.endAttempt(outcome)
    else if (bench.lookUps.length > 0) bench.endLookUp(lookUp)
    else if (prng.chance(0.02)) bench.tell({ kind: 'purge' })
    else bench.pass(prng.integer(1, 60))
  }
  return bench
}
