import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { timers } from '@rinha/channel/tcp'
import { Engine } from '@rinha/engine'
import { type Journal, journalOnDisk, recoverJournal } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { bench, type Measured, measureRow, twoLanes, type Work } from '@rinha/testing/bench'
import { acceptedBatch, batchCount } from './accepted-batch.ts'

const paymentCount = 1_000_000
const options = { processors: ['default', 'fallback'], segmentBytesMax: 64 * 1024 * 1024 }
const ledgerOptions = { processorCount: 2, paymentCountMax: paymentCount, hashSeed: 7 }

type Disk = Parameters<typeof recoverJournal>[0]

async function journalOn(path: string): Promise<{ disk: Disk; journal: Journal; release: () => void }> {
  const opened = await openDirectory(path)
  if (!opened.ok) throw new Error(opened.error)
  const { disk, release } = opened.value
  const found = recoverJournal(disk, options, new Ledger(ledgerOptions))
  if (!found.ok) throw new Error(found.error.words)
  const writer = { ...options, journalId: new Uint8Array(16).fill(3), onProblem: console.error }
  return { disk, journal: journalOnDisk(disk, found.value, writer, timers), release }
}

const nobody = { restore: () => {}, apply: () => {} }

const synced = (journal: Journal) => new Promise<void>(resolve => journal.whenSynced(resolve))

async function writeHistory(journal: Journal, settles: boolean): Promise<void> {
  for (let first = 0; first < paymentCount; first += batchCount) {
    const accepted = acceptedBatch(first)
    const { acceptedAtMs: atMs } = accepted
    journal.append(accepted)
    for (let row = first; settles && row < first + batchCount; row += 1) {
      const attempt = { row, processor: row % 5 === 0 ? 1 : 0, requestedAtMs: atMs + (row % 7) }
      journal.append({ kind: 'sent', ...attempt })
      journal.append({ kind: 'settled', ...attempt })
    }
    await synced(journal)
  }
}

const readInto = (disk: Disk): Work => ({
  name: 'recoverJournal',
  operationCount: paymentCount,
  prepare: () => {
    const ledger = new Ledger(ledgerOptions)
    return () => recoverJournal(disk, options, ledger)
  },
})

const readAlone = (disk: Disk): Work => ({
  name: 'the journal read for a sink that does nothing',
  operationCount: paymentCount,
  prepare: () => () => recoverJournal(disk, options, nobody),
})

const engineOf = (ledger: Ledger) =>
  new Engine({
    lanes: twoLanes,
    policy: createPolicy('patient'),
    pace: paceDefaults,
    ledger,
    startedAt: { nowMs: 0, wallMs: Date.now() },
  })

/** On a real directory, whose files have just been written: they come from the system's memory and not from the disk. */
async function onHistory(
  settles: boolean,
  use: (disk: Disk, journal: Journal) => Promise<readonly Measured[]>,
) {
  const path = mkdtempSync(join(tmpdir(), 'recovery-'))
  process.once('exit', () => rmSync(path, { recursive: true, force: true }))
  const { disk, journal, release } = await journalOn(path)
  await writeHistory(journal, settles)
  const rows = await use(disk, journal)
  await new Promise<void>(resolve => journal.close(resolve))
  release()
  return rows
}

/** Takes the row's figures where it stands: what is on the disk changes after it. */
const row = (name: string, disk: Disk) =>
  measureRow({ name, subject: readInto(disk), primitive: readAlone(disk) })

const settled = () =>
  onHistory(true, async (disk, journal) => {
    const entries = row('settled, from the entries', disk)
    const ledger = new Ledger(ledgerOptions)
    recoverJournal(disk, options, ledger)
    journal.snapshot(engineOf(ledger).image())
    while (journal.status.snapshotCount === 0) await new Promise(resolve => setTimeout(resolve, 20))
    return [entries, row('settled, from a snapshot', disk)]
  })

const open = () =>
  onHistory(false, async disk => {
    const ledger = new Ledger(ledgerOptions)
    recoverJournal(disk, options, ledger)
    const engine: Work = {
      name: 'an engine made of them',
      operationCount: paymentCount,
      prepare: () => () => engineOf(ledger),
    }
    return [
      row('open, from the entries', disk),
      measureRow({ name: 'open, an engine of them', subject: engine, primitive: readAlone(disk) }),
    ]
  })

await bench({
  question: 'What does a payment cost a coordinator that starts on a journal of a million?',
  notMeasured: 'the disk, the start of the process',
  rows: async isShort => (isShort ? [] : [...(await settled()), ...(await open())]),
})
