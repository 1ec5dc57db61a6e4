import { Prng } from '@rinha/base'
import { journalOnDisk, recoverJournal } from '@rinha/journal'
import { SimulatedDisk } from '@rinha/journal/simulated'
import { Ledger } from '@rinha/ledger'
import { type Fact, paymentRecordBytes, paymentState, writePaymentRecord } from '@rinha/payment'
import { expect, test } from 'vitest'
import { type Replay, replayJournal } from './replay-journal.ts'

const bounds = { paymentCountMax: 10_000, hashSeed: 3 }
const newLedger = () => new Ledger({ ...bounds, processorCount: 2 })
const startMs = 1_754_774_396_123

/** Facts of a cluster whose wall clock goes on, and is set back once. */
function historyOf(prng: Prng, count: number): Fact[] {
  const ledger = newLedger()
  let wallMs = startMs
  const facts: Fact[] = []
  for (let step = 0; step < count; step += 1) {
    wallMs += prng.integer(0, 600)
    if (step === Math.floor(count / 2)) wallMs -= 5000
    const fact = nextFact(prng, ledger, wallMs)
    ledger.apply(fact)
    facts.push(fact)
  }
  return facts
}

function nextFact(prng: Prng, ledger: Ledger, wallMs: number): Fact {
  const row = prng.integer(0, Math.max(0, ledger.count - 1))
  const state = ledger.count === 0 ? undefined : ledger.state(row)
  const processor = prng.integer(0, 1)
  if (prng.chance(0.01)) return { kind: 'purged' }
  if (state === paymentState.queued && prng.chance(0.1)) return { kind: 'rejected', row, reason: 'no' }
  if (state === paymentState.queued) return { kind: 'sent', row, processor, requestedAtMs: wallMs }
  if (state === paymentState.refused)
    return { kind: 'sent', row, processor: ledger.processor(row), requestedAtMs: wallMs }
  if (state === paymentState.inFlight) {
    if (prng.chance(0.2)) return { kind: 'requeued', row, doubt: prng.chance(0.5) ? 'refused' : 'none' }
    return {
      kind: 'settled',
      row,
      processor: ledger.processor(row),
      requestedAtMs: ledger.requestedAtMs(row),
    }
  }
  if (state === paymentState.rejected && prng.chance(0.5)) return { kind: 'released', row }
  const records = new Uint8Array(paymentRecordBytes)
  const id = Uint8Array.from({ length: 16 }, () => prng.integer(0, 255))
  writePaymentRecord(records, 0, id, prng.integer(1, 10_000))
  return { kind: 'accepted', acceptedAtMs: wallMs + prng.unit(), records }
}

/** A disk on which a journal of these facts is; a snapshot stands for the first ones. */
function written(facts: readonly Fact[], snapshotCount = 0): SimulatedDisk {
  const timers = new Set<() => void>()
  const later = (_: number, run: () => void) => {
    timers.add(run)
    return () => timers.delete(run)
  }
  const pass = () => {
    for (let turn = 0; turn < 100; turn += 1)
      for (const run of [...timers]) {
        timers.delete(run)
        run()
      }
  }
  const disk = new SimulatedDisk(new Prng(1), later)
  const options = { processors: ['default', 'fallback'], segmentBytesMax: 4096 }
  const ledger = newLedger()
  const found = recoverJournal(disk, options, ledger)
  if (!found.ok) throw new Error(found.error.words)
  const journal = journalOnDisk(
    disk,
    found.value,
    { ...options, journalId: new Uint8Array(16).fill(7) },
    { after: later, soon: run => void timers.add(run) },
  )
  for (const [index, fact] of facts.entries()) {
    if (index === snapshotCount && index > 0) {
      journal.snapshot(ledger.image())
      pass()
    }
    ledger.apply(fact)
    journal.append(fact)
    pass()
  }
  return disk
}

function replayed(disk: SimulatedDisk, sampleCountMax = 1e6): Replay {
  const result = replayJournal(disk, { ...bounds, sampleCountMax })
  if (!result.ok) throw new Error(result.error.words)
  return result.value
}

function instantOf(fact: Fact): number | undefined {
  if (fact.kind === 'accepted') return fact.acceptedAtMs
  return fact.kind === 'sent' ? fact.requestedAtMs : undefined
}

/** By the facts alone: everything before the first one that has an instant at or after this. */
function expectedAt(facts: readonly Fact[], atMs: number): number[] {
  const ledger = newLedger()
  const end = facts.findIndex(fact => (instantOf(fact) ?? 0) >= atMs)
  for (const fact of end < 0 ? facts : facts.slice(0, end)) ledger.apply(fact)
  const { queued, inFlight, settled, rejected } = ledger.stateCounts()
  const waiting = Array.from({ length: ledger.count }, (_, row) => row).filter(
    row => ledger.isOpen(row) && ledger.state(row) !== paymentState.inFlight,
  )
  const ages = waiting.map(row => Math.max(0, Math.round(atMs - ledger.acceptedAtMs(row))))
  const sums = ledger.summary(null, null).flatMap(({ count, amountCents }) => [count, amountCents])
  return [atMs, queued, inFlight, settled, rejected, ages[0] ?? 0, ...sums]
}

function seconds(facts: readonly Fact[]): number[] {
  const ends = facts.flatMap(fact => {
    const instantMs = instantOf(fact)
    return instantMs === undefined ? [] : [(Math.floor(instantMs / 1000) + 1) * 1000]
  })
  return ends.filter((end, index) => index === 0 || end > Math.max(...ends.slice(0, index)))
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'seed %i: each sample is the ledger of the facts up to its second',
  seed => {
    const facts = historyOf(new Prng(seed), 400)
    const { samples, columns, processors, isWhole } = replayed(written(facts))
    expect([processors, isWhole]).toEqual([['default', 'fallback'], true])
    expect(columns.slice(-2)).toEqual(['fallback settledCount', 'fallback settledAmountCents'])
    expect(samples).toEqual(seconds(facts).map(atMs => expectedAt(facts, atMs)))
  },
)

test.each([1, 2, 3])('seed %i: with a snapshot the replay begins there, and is the same', seed => {
  const facts = historyOf(new Prng(seed), 400)
  const { samples, isWhole } = replayed(written(facts, 250))
  const before = seconds(facts.slice(0, 250)).slice(0, -1)
  const ends = seconds(facts).slice(before.length)
  expect([isWhole, before.length > 10, ends.length > 10]).toEqual([false, true, true])
  expect(samples.slice(-ends.length)).toEqual(ends.map(atMs => expectedAt(facts, atMs)))
  // The latest instant of all is not always one that a row still has: then there is one second more.
  expect(samples.length - ends.length).toBeLessThanOrEqual(1)
})

test('when there are too many seconds the latest are kept, and the replay says so', () => {
  const disk = written(historyOf(new Prng(1), 200))
  const { samples, isWhole } = replayed(disk, 10)
  expect([samples, isWhole]).toEqual([replayed(disk).samples.slice(-10), false])
})

test('an empty journal has no second', () => {
  expect(replayed(new SimulatedDisk(new Prng(1), () => {}))).toMatchObject({ samples: [], isWhole: true })
})

test('a file that the writer removes meanwhile is a problem that names it', () => {
  const disk = written(historyOf(new Prng(1), 400))
  const [, second = ''] = disk
    .names()
    .filter(name => name.startsWith('segment'))
    .sort()
  const read = disk.read.bind(disk)
  disk.read = (...given) => {
    if (disk.names().includes(second)) disk.remove(second)
    return read(...given)
  }
  const result = replayJournal(disk, { ...bounds, sampleCountMax: 10 })
  expect(result).toMatchObject({ ok: false, error: { file: second } })
})
