import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import type { Fact } from '@rinha/payment'
import { describe, expect, test } from 'vitest'
import { journalOnDisk } from './file-log.ts'
import { recoverJournal } from './recover.ts'
import type { SimulatedDisk } from './simulated/simulated-disk.ts'
import { options, recordsOf, TestJournal } from './testing.ts'
import { verifyJournal } from './verify.ts'

function make(withSnapshot: boolean) {
  const tested = new TestJournal(8, { segmentBytesMax: 700 })
  for (let turn = 0; turn < 40; turn += 1) {
    tested.turn()
    if (withSnapshot && turn === 20) tested.snapshot()
  }
  tested.time.run(500)
  return { tested, disk: tested.disk }
}

describe.each([false, true])('processors are known by their names; with a snapshot: %s', withSnapshot => {
  const read = (disk: SimulatedDisk, processors: readonly string[]) => {
    const ledger = new Ledger({ processorCount: 4, paymentCountMax: 200_000, hashSeed: 5 })
    const found = recoverJournal(disk, { ...options, processors }, ledger)
    if (!found.ok) throw new Error(found.error.words)
    return { ledger, found: found.value }
  }

  test.each([
    [
      ['fallback', 'default'],
      ['fallback', 'default'],
    ],
    [
      ['other', 'default', 'fallback'],
      ['other', 'default', 'fallback'],
    ],
    [
      ['other', 'fallback'],
      ['other', 'fallback', 'default'],
    ],
    [['default'], ['default', 'fallback']],
  ])('read for %j, they are %j', (processors, roster) => {
    const { tested, disk } = make(withSnapshot)
    const { ledger, found } = read(disk.copy(), processors)
    expect(found.processors).toEqual(roster)
    const placeOf = (row: number) => options.processors[tested.ledger.processor(row)]
    for (let row = 0; row < ledger.count; row += 1) {
      expect([roster[ledger.processor(row)], ledger.state(row)]).toEqual([
        placeOf(row),
        tested.ledger.state(row),
      ])
    }
    const isSentThere = (row: number) =>
      tested.ledger
        .earlierAttempts()
        .filter(each => each.row === row)
        .map(each => options.processors[each.processor])
    for (const { row, processor } of ledger.earlierAttempts())
      expect(isSentThere(row)).toContain(roster[processor])
    const [defaultSum, fallbackSum] = tested.ledger.summary(null, null)
    expect(ledger.summary(null, null)[roster.indexOf('default')]).toEqual(defaultSum)
    expect(ledger.summary(null, null)[roster.indexOf('fallback')]).toEqual(fallbackSum)
  })

  test('several lists one after the other, with files of all of them in one journal', () => {
    const { tested, disk } = make(withSnapshot)
    const time = tested.time
    const roster = ['third', 'fallback', 'default']
    const { ledger, found } = read(disk, roster.slice(0, 2))
    expect(found.processors).toEqual(roster)
    const journal = journalOnDisk(disk, found, { ...options, journalId: new Uint8Array(16) }, time)
    const records = recordsOf(new Prng(3), 1)
    const facts: Fact[] = [
      { kind: 'accepted', acceptedAtMs: 1, records },
      { kind: 'sent', row: ledger.count, processor: 0, requestedAtMs: 5 },
      { kind: 'settled', row: ledger.count, processor: 0, requestedAtMs: 5 },
    ]
    for (const fact of facts) {
      ledger.apply(fact)
      journal.append(fact)
    }
    if (withSnapshot) journal.snapshot(ledger.image())
    time.run(500)
    const again = read(disk, ['default', 'fallback'])
    expect(again.found.processors).toEqual(['default', 'fallback', 'third'])
    const totals = ledger.summary(null, null)
    expect(again.ledger.summary(null, null).slice(0, 3)).toEqual([totals[2], totals[1], totals[0]])
    expect(verifyJournal(disk).processors).toEqual(withSnapshot ? roster : ['default', 'fallback', 'third'])
  })
})
