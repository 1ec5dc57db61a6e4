import { Prng } from '@rinha/base'
import { SimulatedDisk } from '@rinha/journal/simulated'
import { expect, test } from 'vitest'
import { openLog } from './open-log.ts'
import { records, VirtualTime } from './testing.ts'

function openOn(disk: SimulatedDisk, time: VirtualTime, processors = ['default', 'fallback']) {
  const options = {
    processors,
    paymentCountMax: 1000,
    hashSeed: 1,
    segmentBytesMax: 65_536,
    journalId: new Uint8Array(16).fill(5),
  }
  return openLog(disk, options, time.timers)
}

function written() {
  const time = new VirtualTime()
  const disk = new SimulatedDisk(new Prng(1), (delayMs, run) => {
    time.timers.after(delayMs, run)
  })
  const opened = openOn(disk, time)
  if (!opened.ok) throw new Error(opened.error.words)
  const { log, ledger } = opened.value
  expect([ledger.count, ledger.paymentCountMax]).toEqual([0, 1000])
  log.append({ kind: 'accepted', acceptedAtMs: 5, records: records(1, 2, 3) })
  log.append({ kind: 'sent', row: 0, processor: 1, requestedAtMs: 7 })
  log.append({ kind: 'settled', row: 0, processor: 1, requestedAtMs: 7 })
  let isClosed = false
  log.close(() => {
    isClosed = true
  })
  time.pass(1000)
  expect(isClosed).toBe(true)
  return { time, disk: disk.crash({ powerCut: true, garbled: false }) }
}

test('what one process wrote is the ledger of the next, and the log goes on behind it', () => {
  const { time, disk } = written()
  const opened = openOn(disk, time)
  if (!opened.ok) throw new Error(opened.error.words)
  const { log, ledger, found } = opened.value
  expect([ledger.count, ledger.openCount, found.entryCount]).toEqual([3, 2, 3])
  expect(ledger.summary(7, 7)[1]).toEqual({ count: 1, amountCents: 1990 })
  log.append({ kind: 'rejected', row: 1, reason: 'poison' })
  time.pass(1000)
  expect(log.status).toMatchObject({ entryCount: 4, pendingBytes: 0 })
})

test('a log that this configuration cannot read is a problem, and is left as it is', () => {
  const { time, disk } = written()
  expect(openOn(disk, time, ['other'])).toMatchObject({ ok: false })
  expect(openOn(disk, time)).toMatchObject({ ok: true })
})
