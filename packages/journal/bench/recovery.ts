/**
 * How long does a start take with a million settled payments?
 *
 * Writes them to a temporary directory, each accepted, sent and settled, reads them back from the segments, writes a
 * snapshot, reads that. The sink takes everything and does nothing, so this is the journal's part alone.
 *
 * Prints seconds and megabytes of each. The files have just been written: they come from the system's memory, not from the
 * disk. Not measured: rebuilding the ledger and its index.
 *
 *   npx tsx packages/journal/bench/recovery.ts [payments]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import {
  type FoundJournal,
  Journal,
  type JournalDisk,
  recoverJournal,
  segmentBytesMaxDefault,
} from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import type { LedgerImage, PaymentColumns } from '@rinha/payment'

const paymentCount = Number(process.argv[2] ?? 1_000_000)
const batchCount = 100
const epochMs = 1_754_774_396_000
const options = { processors: ['default', 'fallback'], segmentBytesMax: segmentBytesMaxDefault }

const path = mkdtempSync(join(tmpdir(), 'journal-bench-'))
const opened = await openDirectory(path)
if (!opened.ok) throw new Error(opened.error)
const { disk, release } = opened.value

function makeJournal(on: JournalDisk, found: FoundJournal): Journal {
  const writing = { ...options, journalId: new Uint8Array(randomBytes(16)) }
  return new Journal(on, found, writing, {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    soon: run => {
      setImmediate(run)
    },
  })
}

async function writeHistory(journal: Journal): Promise<void> {
  const ids = randomBytes(paymentCount * 16)
  for (let row = 0; row < paymentCount; row += batchCount) {
    const count = Math.min(batchCount, paymentCount - row)
    const records = new Uint8Array(count * 24)
    const view = new DataView(records.buffer)
    for (let index = 0; index < count; index += 1) {
      records.set(ids.subarray((row + index) * 16, (row + index + 1) * 16), index * 24)
      view.setUint32(index * 24 + 20, 1990)
    }
    journal.append({ kind: 'accepted', acceptedAtMs: epochMs + row, records })
    for (let index = row; index < row + count; index += 1) {
      const attempt = { row: index, processor: index & 1, requestedAtMs: epochMs + index }
      journal.append({ kind: 'sent', ...attempt })
      journal.append({ kind: 'settled', ...attempt })
    }
    if (journal.status.pendingBytes > 8_000_000)
      await new Promise<void>(resolve => journal.whenSynced(resolve))
  }
  await new Promise<void>(resolve => journal.whenSynced(resolve))
}

/** Columns as the ledger would give them. */
function settledImage(): LedgerImage {
  const columns: PaymentColumns[] = []
  for (let from = 0; from < paymentCount; from += 16_384) {
    const count = Math.min(16_384, paymentCount - from)
    columns.push({
      count,
      ids: new Uint8Array(randomBytes(count * 16)),
      amountCents: new Uint32Array(count).fill(1990),
      acceptedAtMs: new Float64Array(count).fill(epochMs),
      states: new Uint8Array(count).fill(2),
      processors: new Int8Array(count),
      requestedAtMs: new Float64Array(count).fill(epochMs),
      reasons: new Uint8Array(count),
    })
  }
  return { columns, reasons: ['other'] }
}

function recover(title: string): FoundJournal {
  let entryCount = 0
  let restoredCount = 0
  const startMs = performance.now()
  const result = recoverJournal(disk, options, {
    restore: image => {
      for (const { count } of image.columns) restoredCount += count
    },
    apply: () => {
      entryCount += 1
    },
  })
  const tookMs = performance.now() - startMs
  if (!result.ok) throw new Error(result.error.words)
  if (result.value.paymentCount !== paymentCount && entryCount + restoredCount > 0)
    throw new Error(`${result.value.paymentCount} payments were recovered`)
  const bytes = result.value.logBytes + result.value.snapshotBytes
  if (bytes > 0)
    console.log(
      `${title} ${(tookMs / 1000).toFixed(2)} s, ${(bytes / 1e6).toFixed(1)} MB, ${entryCount} entries`,
    )
  return result.value
}

const journal = makeJournal(disk, recover('from nothing '))
const writeStartMs = performance.now()
await writeHistory(journal)
const writeMs = performance.now() - writeStartMs
console.log(`written       ${(writeMs / 1000).toFixed(2)} s, ${journal.status.commitCount} commits`)
recover('from segments')
const image = settledImage()
const snapshotStartMs = performance.now()
journal.snapshot(image)
const beganMs = performance.now() - snapshotStartMs
while (journal.status.isSnapshotUnderWay) await new Promise(resolve => setTimeout(resolve, 1))
const snapshotMs = performance.now() - snapshotStartMs
console.log(
  `snapshot      ${(snapshotMs / 1000).toFixed(2)} s, of which ${beganMs.toFixed(1)} ms before the first piece`,
)
recover('from snapshot')
await new Promise<void>(resolve => journal.close(resolve))
release()
rmSync(path, { recursive: true })
