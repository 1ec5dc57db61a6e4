import { readdirSync, readFileSync } from 'node:fs'
import { Prng } from '@rinha/base'
import { type Fact, paymentState } from '@rinha/payment'
import { expect, test } from 'vitest'
import { journalOnDisk } from './file-log.ts'
import { numbersOf } from './format.ts'
import { recoverJournal } from './recover.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'
import { newLedger, options, Time } from './testing.ts'
import { verifyJournal } from './verify.ts'

/**
 * `fixtures/version-2` was written by the program that wrote version 2 before there were epochs: a snapshot, and behind it
 * two processes' segments; the disk failed under the first, so it has a frame that its next segment has again.
 */
const fixtures = new URL('../fixtures/version-2/', import.meta.url)
const { inFlight, queued, settled, rejected, refused } = paymentState

function directory(time = new Time()): SimulatedDisk {
  const disk = new SimulatedDisk(new Prng(1), (delayMs, run) => time.after(delayMs, run))
  for (const name of readdirSync(fixtures))
    disk.put(name, new Uint8Array(readFileSync(new URL(name, fixtures))))
  return disk
}

function read(disk: SimulatedDisk) {
  const ledger = newLedger()
  const found = recoverJournal(disk, options, ledger)
  if (!found.ok) throw new Error(found.error.words)
  return { ledger, found: found.value }
}

test('a journal without epochs is read with its original meaning', () => {
  const { ledger, found } = read(directory())
  const rows = Array.from({ length: ledger.count }, (_, row) => [ledger.state(row), ledger.processor(row)])
  expect(rows).toEqual([
    [settled, 0],
    [rejected, -1],
    [inFlight, 0],
    [refused, 1],
    ...Array.from({ length: 4 }, () => [queued, -1]),
    [settled, 1],
    [settled, 0],
  ])
  expect(found).toMatchObject({ epoch: 0, nextFrame: 8, snapshotFrame: 3, cut: undefined })
  expect(verifyJournal(directory()).problem).toBeUndefined()
})

test('such a journal is continued under the first epoch, and can be read before and after the next snapshot', () => {
  const time = new Time()
  const disk = directory(time)
  const { ledger, found } = read(disk)
  const journal = journalOnDisk(disk, found, { ...options, journalId: new Uint8Array(16) }, time)
  const fact: Fact = { kind: 'sent', row: 4, processor: 1, requestedAtMs: 5 }
  ledger.apply(fact)
  journal.append(fact)
  time.run(500)
  const again = read(disk.copy())
  expect([again.ledger.image(), again.found.epoch]).toEqual([ledger.image(), 1])
  journal.snapshot(ledger.image())
  time.run(500)
  expect(numbersOf(disk.names(), 'segment')).toHaveLength(1)
  expect(read(disk.copy()).ledger.image()).toEqual(ledger.image())
})
