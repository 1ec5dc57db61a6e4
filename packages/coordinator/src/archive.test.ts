import { MemoryArchive } from '@rinha/archive/memory'
import { Ledger } from '@rinha/ledger'
import { expect, test } from 'vitest'
import { answerOf, HandLog, idOf, records, TestCoordinator } from './testing.ts'

const recorded = { kind: 'recorded' } as const
const hourMs = 3_600_000

/** A coordinator that keeps payments for an hour, with an archive that ends an `add` when it is told to. */
function started() {
  const ends: (() => void)[] = []
  const archive = new MemoryArchive(run => ends.push(run))
  const log = new HandLog()
  log.quick = true
  const tested = new TestCoordinator({ log, archive, retainMs: hourMs }).pass(10)
  const endAdd = () => ends.splice(0).map(run => run()).length
  return { tested, archive, log, endAdd }
}

function settle(tested: TestCoordinator, ...numbers: number[]): void {
  tested.accept(...numbers).pass(20)
  tested.cheapest.answer(recorded, numbers.length)
}

const retiredCount = (log: HandLog) => log.facts.filter(fact => fact === 'retired').length
const kept = ({ coordinator }: TestCoordinator) => coordinator.status().keptCount

test('a payment leaves memory only when the archive has it, and is known then', () => {
  const { tested, archive, log, endAdd } = started()
  settle(tested, 1, 2, 3)
  tested.pass(hourMs + 62_000)
  expect([kept(tested), retiredCount(log)]).toEqual([3, 0])
  expect(endAdd()).toBe(1)
  expect([kept(tested), retiredCount(log), archive.count]).toEqual([0, 1, 3])
  expect(answerOf(tested.coordinator, 'status', { correlationId: idOf(2) })).toMatchObject({
    ok: true,
    value: { state: 'settled', amountCents: 1990, processor: 'default', isArchived: true },
  })
  expect(tested.coordinator.payment(idOf(2))).toMatchObject({ state: 'settled', isArchived: true })
  tested.accept(1, 2, 3).pass(20)
  expect(tested.coordinator.status()).toMatchObject({ acceptedCount: 3, duplicateCount: 3 })
})

test('while the archive fails, payments stay in memory; it is said once, and tried again', () => {
  const { tested, archive, log, endAdd } = started()
  settle(tested, 1)
  archive.problem = 'no space left'
  tested.pass(hourMs + 62_000)
  for (let round = 0; round < 3; round += 1) {
    expect(endAdd()).toBe(1)
    tested.pass(500)
  }
  expect([kept(tested), retiredCount(log)]).toEqual([1, 0])
  archive.problem = undefined
  endAdd()
  expect([kept(tested), archive.count]).toEqual([0, 1])
  expect(tested.archiveProblems).toEqual(['no space left', undefined])
})

test('what settles while the archive writes is written, too, before it leaves', () => {
  const { tested, archive, log, endAdd } = started()
  settle(tested, 1)
  tested.accept(2).pass(20)
  const [second] = tested.cheapest.attempts.splice(0)
  settle(tested, 3)
  // Payment 2 is still under way.
  tested.pass(hourMs + 62_000)
  second?.done(recorded)
  endAdd()
  expect([kept(tested), retiredCount(log)]).toEqual([3, 0])
  endAdd()
  expect([kept(tested), retiredCount(log), archive.count]).toEqual([0, 1, 3])
})

test('a purge empties the archive when the log has the purge, and not before', () => {
  const { tested, archive, log, endAdd } = started()
  settle(tested, 1)
  tested.pass(hourMs + 62_000)
  endAdd()
  settle(tested, 2)
  tested.pass(hourMs + 62_000)
  // The archive is writing payment 2.
  log.quick = false
  const answers: unknown[] = []
  tested.coordinator.purge('somebody', answer => answers.push(answer))
  expect([archive.generation, answers]).toEqual([0, []])
  expect(answerOf(tested.coordinator, 'status', { correlationId: idOf(1) })).toMatchObject({
    value: { state: 'absent' },
  })
  endAdd()
  log.sync()
  expect([archive.generation, archive.count, answers.length]).toEqual([1, 0, 1])
  log.quick = true
  settle(tested, 1)
  tested.pass(hourMs + 62_000)
  endAdd()
  expect([archive.count, kept(tested)]).toEqual([1, 0])
})

test('when thousands leave that had stayed behind, they are added in pieces, and leave together', () => {
  const ledger = new Ledger({ processorCount: 2, paymentCountMax: 4000, hashSeed: 1 })
  const numbers = Array.from({ length: 3000 }, (_, index) => index + 1)
  ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records: records(...numbers) })
  for (const row of numbers.keys()) {
    const attempt = { row, processor: 0, requestedAtMs: 5000 }
    ledger.apply({ kind: 'sent', ...attempt })
    ledger.apply({ kind: 'settled', ...attempt })
  }
  // They have settled after the time that is archived.
  ledger.apply({ kind: 'retired', firstRow: 3000, archivedToMs: 1000 })
  const archive = new MemoryArchive(run => later.push(run))
  const later: (() => void)[] = []
  const log = new HandLog()
  log.quick = true
  const tested = new TestCoordinator({ ledger, log, archive, retainMs: hourMs }).pass(61_000)
  const counts: number[][] = []
  while (later.length > 0) {
    later.shift()?.()
    counts.push([archive.count, kept(tested)])
  }
  expect(counts).toEqual([
    [1024, 3000],
    [2048, 3000],
    [3000, 0],
  ])
})
