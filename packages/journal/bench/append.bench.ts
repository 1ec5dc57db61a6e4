import { crc32 } from 'node:zlib'
import { type JournalDisk, journalOnDisk, recoverJournal } from '@rinha/journal'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes } from '@rinha/payment'
import { bench, type Work } from '@rinha/testing/bench'

const paymentCount = 3000
const options = { processors: ['default', 'fallback'], segmentBytesMax: 2 ** 40 }
let writtenBytes = 0

/** Takes everything and keeps nothing: what is measured is the journal, not a disk. */
const disk: JournalDisk = {
  lost: () => undefined,
  names: () => [],
  sizeBytes: () => 0,
  read: () => new Uint8Array(0),
  truncate: () => {},
  create: () => ({
    append: (bytes, done) => {
      writtenBytes += bytes.length
      due.push(() => done(undefined))
    },
    close: () => {},
  }),
  rename: () => {},
  remove: () => {},
}
const due: (() => void)[] = []
const runDue = () => {
  for (let run = due.shift(); run !== undefined; run = due.shift()) run()
}

/** Three facts for each payment, and a wait for a commit after every so many payments. */
function append(perCommit: number): Work {
  const found = recoverJournal(
    disk,
    options,
    new Ledger({ processorCount: 2, paymentCountMax: 10, hashSeed: 1 }),
  )
  if (!found.ok) throw new Error(found.error.words)
  const writer = { ...options, journalId: new Uint8Array(16).fill(3), onProblem: console.error }
  const timers = { after: () => () => {}, soon: (run: () => void) => void due.push(run) }
  const journal = journalOnDisk(disk, found.value, writer, timers)
  runDue()
  const records = new Uint8Array(paymentRecordBytes)
  new DataView(records.buffer).setUint32(20, 1990)
  return {
    name: 'Journal.append',
    operationCount: paymentCount,
    prepare: () => () => {
      let syncedCount = 0
      for (let row = 0; row < paymentCount; row += 1) {
        const attempt = { row, processor: row & 1, requestedAtMs: 1_754_774_396_000 + row }
        journal.append({ kind: 'accepted', acceptedAtMs: 1_754_774_396_000, records })
        journal.append({ kind: 'sent', ...attempt })
        journal.append({ kind: 'settled', ...attempt })
        if (row % perCommit !== perCommit - 1) continue
        journal.whenSynced(() => {
          syncedCount += 1
        })
        runDue()
      }
      if (syncedCount !== paymentCount / perCommit) throw new Error(`only ${syncedCount} commits`)
      return writtenBytes
    },
  }
}

/** The least that a log does with a payment's facts: their bytes are copied and summed up. */
const copy: Work = {
  name: '120 bytes copied, and their CRC-32',
  operationCount: paymentCount,
  prepare: () => {
    const [from, to] = [new Uint8Array(120).fill(7), new Uint8Array(120)]
    return () => {
      let sum = 0
      for (let index = 0; index < paymentCount; index += 1) {
        to.set(from)
        sum ^= crc32(to)
      }
      return sum
    }
  },
}

await bench({
  question: 'What does a payment cost the journal: its three facts encoded, framed, and committed?',
  notMeasured: 'the disk, and the system call that writes',
  rows: () => [
    { name: 'a commit each payment', subject: append(1), primitive: copy },
    { name: 'a commit every 20', subject: append(20), primitive: copy },
  ],
})
