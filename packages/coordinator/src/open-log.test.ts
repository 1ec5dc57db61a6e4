import { Prng } from '@rinha/base'
import { SimulatedDisk } from '@rinha/journal/simulated'
import type { Fact } from '@rinha/payment'
import { VirtualTime } from '@rinha/testing'
import { expect, test } from 'vitest'
import { openLog } from './open-log.ts'
import { records } from './testing.ts'

function openOn(disk: SimulatedDisk, time: VirtualTime, processors = ['default', 'fallback']) {
  const options = {
    processors,
    paymentCountMax: 1000,
    hashSeed: 1,
    segmentBytesMax: 65_536,
    journalId: new Uint8Array(16).fill(5),
  }
  return openLog(disk, options, time)
}

function written(...more: Fact[]) {
  const time = new VirtualTime()
  const disk = new SimulatedDisk(new Prng(1), (delayMs, run) => {
    time.after(delayMs, run)
  })
  const opened = openOn(disk, time)
  if (!opened.ok) throw new Error(opened.error)
  const { log, ledger } = opened.value
  expect([ledger.count, ledger.paymentCountMax]).toEqual([0, 1000])
  log.append({ kind: 'accepted', acceptedAtMs: 5, records: records(1, 2, 3) })
  log.append({ kind: 'sent', row: 0, processor: 1, requestedAtMs: 7 })
  log.append({ kind: 'settled', row: 0, processor: 1, requestedAtMs: 7 })
  for (const fact of more) log.append(fact)
  let isClosed = false
  log.close(() => {
    isClosed = true
  })
  time.pass(1000)
  expect(isClosed).toBe(true)
  return { time, disk: disk.crash({ powerCut: true, garbled: false }) }
}

test('the facts that one process wrote are the ledger of the next, and the log goes on behind them', () => {
  const { time, disk } = written()
  const opened = openOn(disk, time)
  if (!opened.ok) throw new Error(opened.error)
  const { log, ledger, found } = opened.value
  expect([ledger.count, ledger.openCount, found.entryCount]).toEqual([3, 2, 3])
  expect(ledger.summary(7, 7)[1]).toEqual({ count: 1, amountCents: 1990 })
  log.append({ kind: 'rejected', row: 1, reason: 'poison' })
  time.pass(1000)
  expect(log.status).toMatchObject({ entryCount: 4, pendingBytes: 0 })
})

test('a processor that is no longer named stays in the books, and others may be added', () => {
  const { time, disk } = written()
  const opened = openOn(disk, time, ['other'])
  if (!opened.ok) throw new Error(opened.error)
  const { ledger, found } = opened.value
  expect(found.processors).toEqual(['other', 'fallback'])
  expect(ledger.summary(7, 7)[1]).toEqual({ count: 1, amountCents: 1990 })
})

test.each<[string, Fact[]]>([
  ['under way', [{ kind: 'sent', row: 1, processor: 0, requestedAtMs: 9 }]],
  [
    'refused, and perhaps recorded',
    [
      { kind: 'sent', row: 1, processor: 0, requestedAtMs: 9 },
      { kind: 'requeued', row: 1, doubt: 'refused' },
    ],
  ],
])('a payment that is %s at a processor that is not named stops the start, with what to do', (_, facts) => {
  const { time, disk } = written(...facts)
  const opened = openOn(disk, time, ['fallback'])
  expect(opened).toMatchObject({
    ok: false,
    error: expect.stringMatching(/PROCESSORS.*1 at default\. Name these/),
  })
  expect(openOn(disk, time)).toMatchObject({ ok: true })
})

test('a log that is damaged is a problem, and is left as it is', () => {
  const { time, disk } = written()
  const [name = ''] = disk.names()
  disk.flipBit(name, 8 * 20)
  const bytes = disk.bytesOf(name)
  expect(openOn(disk, time)).toMatchObject({
    ok: false,
    error: expect.stringMatching(/^segment-.*, byte 0: /),
  })
  expect(disk.bytesOf(name)).toEqual(bytes)
})
