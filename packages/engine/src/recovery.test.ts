import { Prng } from '@rinha/base'
import { type JournalEntry, OpenPayments, RejectedPayments } from '@rinha/journal'
import { expect, test } from 'vitest'
import { Recovery } from './recovery.ts'
import {
  absent,
  answered500,
  Bench,
  correlationId,
  duplicate,
  found,
  lost,
  noAnswer,
  recorded,
  records,
  rejected,
  unreachable,
} from './testing.ts'

const options = { processorCount: 2, paymentCountMax: 1000, hashSeed: 9 }

/** What the next process makes of what this one wrote down, entry by entry. */
function replayed(entries: readonly JournalEntry[]) {
  const recovery = new Recovery(options)
  for (const entry of entries) recovery.apply(entry)
  return recovery.recovered()
}

/** And of a snapshot. */
function restored(bench: Bench) {
  const recovery = new Recovery(options)
  recovery.restore(bench.engine.image())
  return recovery.recovered()
}

function successor(bench: Bench): Bench {
  return new Bench({ recovered: replayed(bench.entries) })
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

test('what is queued is sent in its order, as old as it was', () => {
  const bench = new Bench({ workerCount: 1 }).accept(1, 2, 3)
  const next = new Bench({ workerCount: 1, recovered: replayed(bench.entries) })
  expect(next.sends.map(({ correlationId: id }) => id[15])).toEqual([2])
  expect(next.engine.queueStatus(next.nowMs).oldestQueuedAgeMs).toBe(next.nowMs - bench.nowMs)
})

test('E3: what one processor has read and refused is looked up there before another may have it, also by a successor', () => {
  const bench = new Bench().accept(1, 2, 3)
  for (let count = 0; count < 3; count += 1) bench.endAttempt(answered500)
  const open = [...replayed(bench.entries).open]
  expect(open.filter(({ doubt }) => doubt === 'refused').length).toBeGreaterThan(0)
  for (const { doubt, processor } of open) if (doubt === 'refused') expect(processor).toBe(0)
})

test('of a long backlog each payment is as old as it was, from entries as from a snapshot', () => {
  const count = 5000
  const lengthy = { ...options, paymentCountMax: count }
  const byEntries = new Recovery(lengthy)
  for (let number = 1; number <= count; number += 1)
    byEntries.apply({ kind: 'accepted', acceptedAtMs: number, records: records([number]) })
  byEntries.apply({ kind: 'sent', row: 1, processor: 1, requestedAtMs: 77 })
  byEntries.apply({ kind: 'sent', row: 2, processor: 1, requestedAtMs: 78 })
  byEntries.apply({ kind: 'requeued', row: 2, doubt: 'refused' })
  const none = { doubt: 'none', processor: -1, requestedAtMs: 0 }
  const expected: unknown[] = Array.from({ length: count }, (_, row) => ({
    row,
    acceptedAtMs: row + 1,
    ...none,
  }))
  expected[1] = { row: 1, acceptedAtMs: 2, doubt: 'recorded?', processor: 1, requestedAtMs: 77 }
  expected[2] = { row: 2, acceptedAtMs: 3, doubt: 'refused', processor: 1, requestedAtMs: 0 }
  const { ledger, ...recovered } = byEntries.recovered()
  const open = [...recovered.open]
  expect(open).toEqual(expected)
  const byImage = new Recovery(lengthy)
  byImage.restore({
    columns: ledger.copyColumns(),
    open: OpenPayments.from(open),
    rejected: new RejectedPayments(),
  })
  expect([...byImage.recovered().open]).toEqual(expected)
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
  const accepted = bench.entries.filter(entry => entry.kind === 'accepted')
  expect(accepted.reduce((count, entry) => count + entry.records.length / 24, 0)).toBe(3)
  expect(replayed(bench.entries).ledger.count).toBe(3)
})

const accepted: JournalEntry = { kind: 'accepted', acceptedAtMs: 1, records: records([1]) }
const sent = (processor: number, requestedAtMs: number): JournalEntry => {
  return { kind: 'sent', row: 0, processor, requestedAtMs }
}
const settled: JournalEntry = { kind: 'settled', row: 0, processor: 0, requestedAtMs: 5 }

test.each<[string, readonly JournalEntry[], RegExp]>([
  ['accepts an id twice', [accepted, accepted], /is there/],
  ['settles twice', [accepted, sent(0, 5), settled, settled], /is open/],
  ['sends what is settled', [accepted, sent(0, 5), settled, sent(0, 6)], /is open/],
  ['repeats a lost attempt elsewhere', [accepted, sent(0, 5), sent(1, 5)], /E3/],
  ['repeats it under another requestedAt', [accepted, sent(0, 5), sent(0, 6)], /E4/],
  ['names a payment that was never accepted', [settled], /is open/],
  [
    'has a refusal of what was never sent',
    [accepted, { kind: 'requeued', row: 0, doubt: 'refused' }],
    /had been sent/,
  ],
  ['names a processor that does not exist', [accepted, sent(2, 5)], /processor exists/],
])('a history that %s is not believed', (_, entries, words) => {
  expect(() => replayed(entries)).toThrow(words)
})

test('more payments than there may be are refused with the setting to change', () => {
  const recovery = new Recovery({ ...options, paymentCountMax: 2 })
  expect(() => recovery.apply({ ...accepted, records: records([1, 2, 3]) } as JournalEntry)).toThrow(
    /PAYMENT_COUNT_MAX/,
  )
})

test('whatever happens, a snapshot and the entries before it tell the same, and both what the engine says', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const bench = playAtRandom(seed)
    const [byEntries, byImage] = [replayed(bench.entries), restored(bench)]
    byEntries.ledger.checkInvariants()
    byImage.ledger.checkInvariants()
    expect(byImage.ledger.summary(null, null)).toEqual(byEntries.ledger.summary(null, null))
    expect(byImage.ledger.summary(null, null)).toEqual(bench.engine.summary(null, null))
    expect(byImage.ledger.stateCounts().settled).toBe(bench.engine.queueStatus(bench.nowMs).settledCount)
    const [open, openByEntries] = [[...byImage.open], [...byEntries.open]]
    const withoutDoubt = open.map(({ row, acceptedAtMs }) => ({ row, acceptedAtMs }))
    expect(withoutDoubt).toEqual(openByEntries.map(({ row, acceptedAtMs }) => ({ row, acceptedAtMs })))
    // Entries may leave more in doubt than the engine had; never less.
    for (const [index, payment] of open.entries()) {
      if (payment.doubt === 'recorded?') expect(openByEntries[index]).toEqual(payment)
    }
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
