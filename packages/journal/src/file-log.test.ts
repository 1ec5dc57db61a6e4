import { assert, Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { FileLog } from './file-log.ts'
import { type LogHarness, logContract } from './log/contract.ts'
import { readJournal, recoverJournal } from './recover.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'
import { options, Time } from './testing.ts'

/** Processes one after the other on one disk; each takes the lock of the one before. */
function harness(segmentBytesMax: number): LogHarness {
  const time = new Time()
  let disk = new SimulatedDisk(new Prng(1), (delayMs, run) => time.after(delayMs, run))
  return {
    async start(sink) {
      disk = disk.takeOver()
      const found = recoverJournal(disk, options, sink)
      assert(found.ok, 'the log is read')
      const log = new FileLog(disk, found.value, { segmentBytesMax, journalId: new Uint8Array(16).fill(7) })
      return { log, found: found.value }
    },
    async read(sink) {
      expect(readJournal(disk.copy(), sink)).toMatchObject({ ok: true })
    },
    async setFull(isFull) {
      disk.capacityBytes = isFull ? disk.usedBytes + 10 : Number.POSITIVE_INFINITY
    },
    async until(what, condition) {
      for (let waitedMs = 0; waitedMs < 100 && !condition(); waitedMs += 1) time.run(1)
      assert(condition(), what)
    },
  }
}

test.each(logContract)('the log on a simulated disk: $name', check => check.run(harness(4096)))
test.each(logContract)('the same with a segment for each frame: $name', check => check.run(harness(1)))
