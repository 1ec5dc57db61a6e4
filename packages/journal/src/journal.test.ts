import { AssertionError, Prng } from '@rinha/base'
import { paymentRecordBytes } from '@rinha/payment'
import { expect, test } from 'vitest'
import { segmentName } from './format.ts'
import { frameBytesMax, gatherMs, recordCountMax } from './limits.ts'
import { nextFact, Rig, recordsOf, settle, started } from './testing.ts'

const appendSizes = (rig: Rig): number[] => {
  const sizes: number[] = []
  rig.disk.onAppend = (_, bytes) => sizes.push(bytes.length)
  return sizes
}

test('the entries of a turn are one commit, and those that come while it is under way are the next', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  for (let count = 0; count < 50; count += 1) rig.append()
  rig.time.run(0)
  expect(sizes.length).toBe(1)
  for (let count = 0; count < 50; count += 1) {
    rig.append()
    rig.time.run(0)
  }
  expect(sizes.length).toBe(1)
  expect(rig.confirmedCount).toBe(0)
  settle(rig)
  expect(sizes.length).toBe(2)
  expect([rig.confirmedCount, rig.journal.status.commitCount]).toEqual([100, 2])
})

/** Appends what nobody waits for. */
const appendUnawaited = (rig: Rig) => rig.journal.append(nextFact(rig.prng, rig.ledger))

test('an entry that nobody waits for causes no commit of its own, until it has waited long enough', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  const appendedMs = rig.time.nowMs
  appendUnawaited(rig)
  rig.time.run(gatherMs - 1)
  appendUnawaited(rig)
  expect(sizes).toEqual([])
  rig.time.run(appendedMs + gatherMs - rig.time.nowMs)
  expect(sizes.length).toBe(1)
  settle(rig)
  // Both went with it, and nothing more is written while nothing comes.
  expect(sizes.length).toBe(1)
  expect([rig.journal.status.commitCount, rig.journal.status.pendingBytes]).toEqual([1, 0])
})

test('an entry that nobody waits for goes with the next one that is waited for', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  appendUnawaited(rig)
  rig.time.run(1)
  expect(sizes).toEqual([])
  rig.append()
  rig.time.run(0)
  expect(sizes.length).toBe(1)
  // Under way by now: what comes has to gather again.
  appendUnawaited(rig)
  settle(rig)
  expect(sizes.length).toBe(2)
  expect(rig.journal.status).toMatchObject({ commitCount: 2, pendingBytes: 0 })
})

test('nobody has to wait for a purge, or for a full frame, to have them written at once', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  rig.journal.append({ kind: 'purged' })
  rig.time.run(0)
  expect(sizes.length).toBe(1)
  settle(rig)
  const records = recordsOf(rig.prng, recordCountMax)
  for (let count = 0; count < 2; count += 1)
    rig.journal.append({ kind: 'accepted', acceptedAtMs: 1, records })
  rig.time.run(0)
  expect(sizes.length).toBe(2)
})

test('a close does not leave behind what nobody waits for', () => {
  const rig = started()
  appendUnawaited(rig)
  let isClosed = false
  rig.journal.close(() => {
    isClosed = true
  })
  rig.time.run(gatherMs - 1)
  expect([isClosed, rig.journal.status.pendingBytes]).toEqual([true, 0])
})

test('a caller with nothing to wait for runs at once, and never before one who waits', () => {
  const rig = started()
  const order: string[] = []
  rig.journal.whenSynced(() => order.push('at once'))
  expect(order).toEqual(['at once'])
  rig.append()
  rig.journal.whenSynced(() => {
    order.push('first')
    // Everything is synced by now, but others have asked before.
    rig.journal.whenSynced(() => order.push('last'))
  })
  rig.journal.whenSynced(() => order.push('second'))
  expect(order).toEqual(['at once'])
  settle(rig)
  expect(order).toEqual(['at once', 'first', 'second', 'last'])
})

test('what a caller appends when it hears of a sync goes with the next commit', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  rig.append()
  rig.journal.whenSynced(() => rig.append())
  settle(rig)
  expect([sizes.length, rig.confirmedCount]).toEqual([2, 2])
})

test('records are copied: the caller may use its buffer again', () => {
  const rig = started()
  const records = recordsOf(rig.prng, 3)
  rig.append({ kind: 'accepted', acceptedAtMs: 5, records })
  records.fill(0)
  settle(rig)
  expect(rig.recover(rig.disk.copy()).count).toBe(1)
})

test('more than a frame holds becomes several, each synced before the next', () => {
  const rig = started()
  const sizes = appendSizes(rig)
  for (let count = 0; count < 4; count += 1)
    rig.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(rig.prng, 15_000) })
  settle(rig)
  // Besides them the header of the next segment.
  expect(sizes.filter(size => size > 100).length).toBe(2)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(frameBytesMax + 24)
  expect(rig.recover(rig.disk.copy()).count).toBe(4)
})

test('a batch that no frame holds becomes several entries of the same payments', () => {
  const rig = started()
  const records = recordsOf(rig.prng, 2 * recordCountMax + 1)
  rig.journal.append({ kind: 'accepted', acceptedAtMs: 5, records })
  const step = recordCountMax * paymentRecordBytes
  for (let at = 0; at < records.length; at += step) {
    const part = { kind: 'accepted', acceptedAtMs: 5, records: records.subarray(at, at + step).join() }
    rig.history.push(JSON.stringify(part))
  }
  settle(rig)
  expect(rig.recover(rig.disk.copy(), 3).recovered.paymentCount).toBe(2 * recordCountMax + 1)
})

test.each([
  { kind: 'sent', row: 0, processor: 2, requestedAtMs: 5 },
  { kind: 'sent', row: -1, processor: 0, requestedAtMs: 5 },
  { kind: 'settled', row: 0, processor: 0, requestedAtMs: 0 },
  { kind: 'settled', row: 0, processor: 0, requestedAtMs: 1.5 },
  { kind: 'accepted', acceptedAtMs: 5, records: new Uint8Array(25) },
  { kind: 'accepted', acceptedAtMs: 5, records: new Uint8Array(24) },
  { kind: 'accepted', acceptedAtMs: Number.NaN, records: recordsOf(new Prng(1), 1) },
  { kind: 'rejected', row: 2 ** 32, reason: 'no' },
] as const)('an entry that cannot be is a bug, and leaves no trace: %o', entry => {
  const rig = started()
  expect(() => rig.journal.append(entry)).toThrow(AssertionError)
  expect(rig.journal.status.pendingBytes).toBe(0)
})

test('a full segment is followed by the next one, and a new process begins its own', () => {
  const rig = started({ segmentBytesMax: 600 })
  for (let turn = 0; turn < 30; turn += 1) {
    rig.append()
    settle(rig)
  }
  expect(rig.journal.status.segmentCount).toBeGreaterThan(2)
  for (const name of rig.disk.names()) expect(rig.disk.sizeBytes(name)).toBeLessThan(900)
  rig.crash(false)
  const { nextFrame } = rig.journal.status
  rig.append()
  settle(rig)
  expect(rig.disk.names()).toContain(segmentName(nextFrame))
})

test.each(['full', 'broken'] as const)(
  'a disk that is %s: nothing is confirmed until it heals, then all, in order',
  trouble => {
    const rig = started({ retryMs: 100 })
    rig.append()
    settle(rig)
    rig.disk.trouble = trouble
    // Longer than what still fits on a full disk.
    for (let count = 0; count < 10; count += 1)
      rig.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(rig.prng, 4) })
    settle(rig)
    rig.append()
    settle(rig)
    const code = trouble === 'full' ? 'ENOSPC' : 'EIO'
    expect(rig.journal.failure?.code).toBe(code)
    expect(rig.lines).toEqual([expect.stringMatching(new RegExp(`JOURNAL_DIR.*${code}`))])
    expect([rig.confirmedCount, rig.journal.snapshotDue]).toEqual([1, false])
    expect(rig.journal.status.pendingBytes).toBeGreaterThan(900)
    rig.disk.trouble = undefined
    settle(rig)
    expect([rig.confirmedCount, rig.journal.failure]).toEqual([12, undefined])
    expect([rig.lines.length, rig.lines[1]]).toEqual([2, expect.stringMatching('written again')])
    expect([rig.journal.status.pendingBytes, rig.recover(rig.disk.copy()).count]).toEqual([0, 12])
  },
)

test('after a failed sync its file is never written again, whatever the disk says later', () => {
  const rig = started({ retryMs: 100 })
  rig.append()
  settle(rig)
  const written: string[] = []
  rig.disk.trouble = 'broken'
  rig.append()
  settle(rig)
  rig.disk.trouble = undefined
  rig.disk.onAppend = name => written.push(name)
  settle(rig)
  rig.append()
  settle(rig)
  expect(new Set(written)).toEqual(new Set([segmentName(2)]))
  for (let round = 0; round < 20; round += 1) rig.recover(rig.disk.afterCrash({ powerCut: true }))
})

test('a capacity that is reached in the middle of a frame, then raised', () => {
  const rig = started({ retryMs: 100 })
  rig.disk.capacityBytes = rig.disk.usedBytes + 700
  for (let count = 0; count < 40; count += 1) {
    rig.append()
    settle(rig)
  }
  expect(rig.journal.failure?.code).toBe('ENOSPC')
  const confirmed = rig.confirmedCount
  expect(confirmed).toBeGreaterThan(0)
  expect(rig.recover(rig.disk.afterCrash({ powerCut: true })).count).toBeGreaterThanOrEqual(confirmed)
  rig.disk.capacityBytes = Number.POSITIVE_INFINITY
  settle(rig)
  expect([rig.journal.failure, rig.confirmedCount]).toEqual([undefined, 40])
})

test('a segment that another process has put there is left alone, and told', () => {
  const rig = new Rig(1, { retryMs: 100 })
  const theirs = new Uint8Array([1, 2, 3])
  rig.disk.put(segmentName(1), theirs)
  rig.append()
  settle(rig)
  expect(rig.journal.failure?.code).toBe('EEXIST')
  expect(rig.lines).toEqual([expect.stringMatching(/JOURNAL_DIR.*another process/)])
  expect(rig.disk.bytesOf(segmentName(1))).toEqual(theirs)
})

test('a directory that cannot be written is told at the start, and again where the reason is another', () => {
  const rig = new Rig(1, { retryMs: 100 })
  rig.disk.refusal = 'EACCES'
  settle(rig)
  rig.disk.refusal = 'EROFS'
  settle(rig)
  expect(rig.lines.map(line => /EACCES|EROFS/.exec(line)?.[0])).toEqual(['EACCES', 'EROFS'])
  rig.disk.refusal = undefined
  settle(rig)
  expect(rig.journal.failure).toBeUndefined()
})

test('close waits until all is synced; on a disk that fails it does not', () => {
  const rig = started()
  rig.append()
  let closedCount = 0
  rig.journal.close(() => {
    closedCount += 1
  })
  expect([closedCount, rig.confirmedCount]).toEqual([0, 0])
  settle(rig)
  expect([closedCount, rig.confirmedCount]).toEqual([1, 1])
  expect(() => rig.append()).toThrow(AssertionError)

  const failing = started()
  failing.disk.trouble = 'broken'
  failing.append()
  failing.journal.close(() => {
    closedCount += 1
  })
  settle(failing)
  expect([closedCount, failing.confirmedCount, failing.journal.failure?.code]).toEqual([2, 0, 'EIO'])
})
