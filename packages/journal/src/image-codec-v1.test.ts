import { readdirSync, readFileSync } from 'node:fs'
import { Prng } from '@rinha/base'
import { type Fact, paymentState } from '@rinha/payment'
import { expect, test } from 'vitest'
import { journalOnDisk } from './file-log.ts'
import { numbersOf, snapshotName } from './format.ts'
import { recoverJournal } from './recover.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'
import { newLedger, options, Time } from './testing.ts'
import { verifyJournal } from './verify.ts'

/**
 * `fixtures/version-1` was written by the program that wrote version 1: a snapshot of eight payments in every state that
 * there was, and behind it a segment in which two more are accepted and sent.
 */
const fixtures = new URL('../fixtures/version-1/', import.meta.url)
const { inFlight, settled, rejected, refused } = paymentState

function directory(time = new Time()): SimulatedDisk {
  const disk = new SimulatedDisk(new Prng(1), (delayMs, run) => time.after(delayMs, run))
  for (const name of readdirSync(fixtures))
    disk.put(name, new Uint8Array(readFileSync(new URL(name, fixtures))))
  return disk
}

const startMs = 1_754_774_396_000
const rows = [
  [settled, 0, startMs],
  [rejected, -1, 0],
  [inFlight, 0, startMs + 30],
  [inFlight, 0, startMs],
  [refused, 0, 0],
  [refused, 0, 0],
  [inFlight, 1, startMs + 50],
  [inFlight, 1, startMs + 50],
  [inFlight, 1, startMs + 65],
  [inFlight, 1, startMs + 65],
]

/** Reads the journal from a copy, because reading removes old files. */
function ledgerFrom(disk: SimulatedDisk) {
  const ledger = newLedger()
  const found = recoverJournal(disk, options, ledger)
  if (!found.ok) throw new Error(found.error.words)
  return { ledger, found: found.value }
}

function expectRows(disk: SimulatedDisk): void {
  const { ledger } = ledgerFrom(disk)
  expect(ledger.count).toBe(rows.length)
  for (const [row, [state, processor, requestedAtMs]] of rows.entries()) {
    expect([ledger.state(row), ledger.processor(row), ledger.requestedAtMs(row)]).toEqual([
      state,
      processor,
      requestedAtMs,
    ])
    expect(ledger.amountCents(row)).toBe(1001 + row)
    // A payment that was settled or rejected when the snapshot was made has no time of acceptance in it.
    const acceptedAtMs = row < 2 ? 0 : row < 8 ? startMs : startMs + 65
    expect(ledger.acceptedAtMs(row)).toBe(acceptedAtMs)
  }
  expect(ledger.rejectReason(1)).toBe('the processor answered 400')
  ledger.checkInvariants()
}

test('a journal of version 1 is read with its original meaning', () => {
  expectRows(directory())
})

test('a journal of version 1 is continued, and its next snapshot has the new version', () => {
  const time = new Time()
  const disk = directory(time)
  const { ledger, found } = ledgerFrom(disk)
  const journal = journalOnDisk(disk, found, { ...options, journalId: new Uint8Array(16) }, time)
  const fact: Fact = { kind: 'requeued', row: 4, doubt: 'none' }
  ledger.apply(fact)
  journal.append(fact)
  time.run(500)
  // Segments of both versions lie beside each other.
  expect(ledgerFrom(disk.copy()).ledger.image()).toEqual(ledger.image())
  journal.snapshot(ledger.image())
  time.run(500)
  expect(numbersOf(disk.names(), 'segment')).toHaveLength(1)
  expect(ledgerFrom(disk.copy()).ledger.image()).toEqual(ledger.image())
})

test('a flip of any bit of its snapshot is noticed', () => {
  const name = snapshotName(2)
  const bits = directory().sizeBytes(name) * 8
  for (let bit = 0; bit < bits; bit += 5) {
    const disk = directory()
    disk.flipBit(name, bit)
    expect(verifyJournal(disk).problem).toMatchObject({ file: name })
  }
})
