/**
 * How long a coordinator takes to start on a journal of a million settled payments, and what they take in memory: once
 * from a snapshot, once from the entries alone, in turn, and how much of each is the journal's part (read for a sink that
 * does nothing). Then the same of a million that are still open, as after a long outage, and how long it takes to make an
 * engine of them. On a real directory, read and believed as at a start; its files have just been written, so they come
 * from the system's memory and not from the disk.
 *
 *   npx tsx --expose-gc packages/coordinator/bench/recovery.ts [PAYMENTS]
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Engine } from '@rinha/engine'
import { Journal, recoverJournal } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes } from '@rinha/payment'
import { createPolicy, paceDefaults } from '@rinha/routing'

const paymentCount = Number(process.argv[2] ?? 1_000_000)
const rounds = 3
const batchCount = 500
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
  const timers = {
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    soon: (run: () => void) => void setImmediate(run),
  }
  return { disk, journal: new Journal(disk, found.value, writer, timers), release }
}

const nobody = { restore: () => {}, apply: () => {} }

const synced = (journal: Journal) => new Promise<void>(resolve => journal.whenSynced(resolve))

async function writeHistory(journal: Journal, settles: boolean): Promise<void> {
  const records = new Uint8Array(batchCount * paymentRecordBytes)
  const view = new DataView(records.buffer)
  for (let first = 0; first < paymentCount; first += batchCount) {
    const atMs = 1_754_774_396_000 + first
    for (let index = 0; index < batchCount; index += 1) {
      // Ids that a hash has to scatter: a counter, multiplied.
      view.setUint32(index * paymentRecordBytes, Math.imul(first + index, 0x9e3779b1))
      view.setUint32(index * paymentRecordBytes + 12, first + index)
      view.setUint32(index * paymentRecordBytes + 20, 1990)
    }
    journal.append({ kind: 'accepted', acceptedAtMs: atMs, records })
    for (let row = first; settles && row < first + batchCount; row += 1) {
      const attempt = { row, processor: row % 5 === 0 ? 1 : 0, requestedAtMs: atMs + (row % 7) }
      journal.append({ kind: 'sent', ...attempt })
      journal.append({ kind: 'settled', ...attempt })
    }
    await synced(journal)
  }
}

function read(disk: Disk): { ms: number; ledger: Ledger } {
  const ledger = new Ledger(ledgerOptions)
  const startedMs = performance.now()
  const found = recoverJournal(disk, options, ledger)
  const ms = performance.now() - startedMs
  if (!found.ok) throw new Error(found.error.words)
  return { ms, ledger }
}

/** The journal's part of {@link read}. */
function readAlone(disk: Disk): number {
  const startedMs = performance.now()
  recoverJournal(disk, options, nobody)
  return performance.now() - startedMs
}

/** Medians of some rounds, in seconds: all of it, and the journal's part. */
function timesOf(disk: Disk): { readonly all: number; readonly alone: number } {
  const [all, alone]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    all.push(read(disk).ms)
    alone.push(readAlone(disk))
  }
  return { all: median(all) / 1000, alone: median(alone) / 1000 }
}

function usedBytes(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const engineOf = (ledger: Ledger) =>
  new Engine({
    lanes: options.processors.map((name, index) => ({
      name,
      feeBps: 500 + 1000 * index,
      fastMsMax: 100,
      auditGuardMs: 1500,
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
      limiter: { countInitial: 6, countMax: 100 },
      healthPollMs: 5000,
    })),
    policy: createPolicy('patient'),
    pace: paceDefaults,
    ledger,
    startedAt: { nowMs: 0, wallMs: Date.now() },
  })

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const paths = [mkdtempSync(join(tmpdir(), 'recovery-')), mkdtempSync(join(tmpdir(), 'backlog-'))] as const
try {
  await benchSettled(paths[0])
  await benchOpen(paths[1])
} finally {
  for (const path of paths) rmSync(path, { recursive: true, force: true })
}

async function benchSettled(path: string): Promise<void> {
  const { disk, journal, release } = await journalOn(path)
  const writeStartMs = performance.now()
  await writeHistory(journal, true)
  const writeMs = performance.now() - writeStartMs
  const entries = timesOf(disk)
  const bytesBefore = usedBytes()
  const engine = engineOf(read(disk).ledger)
  const bytesEach = (usedBytes() - bytesBefore) / paymentCount
  const copiedMs = performance.now()
  const image = engine.image()
  const imageMs = performance.now() - copiedMs
  journal.snapshot(image)
  while (journal.status.snapshotCount === 0) await new Promise(resolve => setTimeout(resolve, 20))
  const { diskBytes } = journal.status
  const snapshot = timesOf(disk)
  await new Promise<void>(resolve => journal.close(resolve))
  release()
  console.log(
    `${paymentCount} settled payments, written in ${(writeMs / 1000).toFixed(2)} s; medians of ${rounds}`,
  )
  for (const [title, { all, alone }] of Object.entries({ 'the entries': entries, 'a snapshot ': snapshot }))
    console.log(`from ${title}    ${all.toFixed(2)} s, of which the journal's part ${alone.toFixed(2)} s`)
  console.log(`memory              ${bytesEach.toFixed(1)} bytes a payment`)
  console.log(
    `copied for a snapshot in ${imageMs.toFixed(0)} ms, ${(diskBytes / paymentCount).toFixed(1)} bytes a payment on disk`,
  )
}

async function benchOpen(path: string): Promise<void> {
  const { disk, journal, release } = await journalOn(path)
  await writeHistory(journal, false)
  await new Promise<void>(resolve => journal.close(resolve))
  release()
  const bytesBefore = usedBytes()
  const { ms, ledger } = read(disk)
  const madeMs = performance.now()
  const engine = engineOf(ledger)
  const engineMs = performance.now() - madeMs
  const bytesEach = (usedBytes() - bytesBefore) / paymentCount
  console.log(`${engine.queueStatus(0).queuedCount} open payments`)
  console.log(
    `from the entries    ${(ms / 1000).toFixed(2)} s, and an engine of them in ${engineMs.toFixed(0)} ms`,
  )
  console.log(`memory              ${bytesEach.toFixed(1)} bytes a payment, queue included`)
}
