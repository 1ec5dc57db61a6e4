import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { journalOnDisk } from '../file-log.ts'
import { recoverJournal } from '../recover.ts'
import { openDirectory } from './open-directory.ts'

/**
 * A process for a test to kill: appends payments to the journal in the directory it is given, each with the next number for
 * its amount, and writes the numbers that are on disk to its standard output, a line each, as soon as they are.
 */
const directory = process.argv[2] ?? ''
const opened = await openDirectory(directory)
if (!opened.ok) {
  process.stderr.write(opened.error)
  process.exit(3)
}
let number = 0
const options = { processors: ['default', 'fallback'], segmentBytesMax: 20_000 }
const found = recoverJournal(opened.value.disk, options, {
  restore: image => {
    for (const { count } of image.columns) number += count
  },
  apply: () => {
    number += 1
  },
})
if (!found.ok) {
  process.stderr.write(JSON.stringify(found.error))
  process.exit(4)
}
const journal = journalOnDisk(
  opened.value.disk,
  found.value,
  { ...options, journalId: new Uint8Array(randomBytes(16)) },
  {
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
    soon: run => {
      setImmediate(run)
    },
  },
)

const appendTurn = () => {
  for (let count = 0; count < 20; count += 1) {
    number += 1
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, new Uint8Array(randomBytes(16)), number)
    journal.append({ kind: 'accepted', acceptedAtMs: Date.now(), records })
    const own = number
    journal.whenSynced(() => process.stdout.write(`${own}\n`))
  }
  // The next turn comes while the disk is still busy with this one.
  setImmediate(() => (journal.status.pendingBytes < 50_000 ? appendTurn() : journal.whenSynced(appendTurn)))
}
appendTurn()
