import { AssertionError, Prng } from '@rinha/base'
import { paymentRecordBytes } from '@rinha/payment'
import { expect, test } from 'vitest'
import { segmentName } from './format.ts'
import { frameBytesMax, gatherMs, recordCountMax } from './limits.ts'
import { nextFact, recordsOf, settle, started, TestJournal } from './testing.ts'

const appendSizes = (tested: TestJournal): number[] => {
  const sizes: number[] = []
  tested.disk.onAppend = (_, bytes) => sizes.push(bytes.length)
  return sizes
}

test('the entries of a turn are one commit, and those that come while it is under way are the next', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  for (let count = 0; count < 50; count += 1) tested.append()
  tested.time.run(0)
  expect(sizes.length).toBe(1)
  for (let count = 0; count < 50; count += 1) {
    tested.append()
    tested.time.run(0)
  }
  expect(sizes.length).toBe(1)
  expect(tested.confirmedCount).toBe(0)
  settle(tested)
  expect(sizes.length).toBe(2)
  expect([tested.confirmedCount, tested.journal.status.commitCount]).toEqual([100, 2])
})

/** Appends an entry that no caller waits for. */
const appendUnawaited = (tested: TestJournal) => tested.journal.append(nextFact(tested.prng, tested.ledger))

test('an entry that no caller waits for causes no commit of its own, until it has waited long enough', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  const appendedMs = tested.time.nowMs
  appendUnawaited(tested)
  tested.time.run(gatherMs - 1)
  appendUnawaited(tested)
  expect(sizes).toEqual([])
  tested.time.run(appendedMs + gatherMs - tested.time.nowMs)
  expect(sizes.length).toBe(1)
  settle(tested)
  // The commit has both entries, and no other commit follows while no entry comes.
  expect(sizes.length).toBe(1)
  expect([tested.journal.status.commitCount, tested.journal.status.pendingBytes]).toEqual([1, 0])
})

test('an entry that no caller waits for is committed with the next one that a caller waits for', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  appendUnawaited(tested)
  tested.time.run(1)
  expect(sizes).toEqual([])
  tested.append()
  tested.time.run(0)
  expect(sizes.length).toBe(1)
  // That commit is under way, so later entries gather for the next one.
  appendUnawaited(tested)
  settle(tested)
  expect(sizes.length).toBe(2)
  expect(tested.journal.status).toMatchObject({ commitCount: 2, pendingBytes: 0 })
})

test('a purge and a full frame are written at once, also if no caller waits for them', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  tested.journal.append({ kind: 'purged' })
  tested.time.run(0)
  expect(sizes.length).toBe(1)
  settle(tested)
  const records = recordsOf(tested.prng, recordCountMax)
  for (let count = 0; count < 2; count += 1)
    tested.journal.append({ kind: 'accepted', acceptedAtMs: 1, records })
  tested.time.run(0)
  expect(sizes.length).toBe(2)
})

test('a close also writes the entries that no caller waits for', () => {
  const tested = started()
  appendUnawaited(tested)
  let isClosed = false
  tested.journal.close(() => {
    isClosed = true
  })
  tested.time.run(gatherMs - 1)
  expect([isClosed, tested.journal.status.pendingBytes]).toEqual([true, 0])
})

test('a caller runs at once when all entries are synced, and never before an earlier caller', () => {
  const tested = started()
  const order: string[] = []
  tested.journal.whenSynced(() => order.push('at once'))
  expect(order).toEqual(['at once'])
  tested.append()
  tested.journal.whenSynced(() => {
    order.push('first')
    // All entries are synced by now, but other callers have asked before.
    tested.journal.whenSynced(() => order.push('last'))
  })
  tested.journal.whenSynced(() => order.push('second'))
  expect(order).toEqual(['at once'])
  settle(tested)
  expect(order).toEqual(['at once', 'first', 'second', 'last'])
})

test('an entry that a caller appends when it hears of a sync goes with the next commit', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  tested.append()
  tested.journal.whenSynced(() => tested.append())
  settle(tested)
  expect([sizes.length, tested.confirmedCount]).toEqual([2, 2])
})

test('records are copied: the caller may use its buffer again', () => {
  const tested = started()
  const records = recordsOf(tested.prng, 3)
  tested.append({ kind: 'accepted', acceptedAtMs: 5, records })
  records.fill(0)
  settle(tested)
  expect(tested.recover(tested.disk.copy()).count).toBe(1)
})

test('entries that fill more than a frame become several frames, each synced before the next', () => {
  const tested = started()
  const sizes = appendSizes(tested)
  for (let count = 0; count < 4; count += 1)
    tested.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(tested.prng, 15_000) })
  settle(tested)
  // The other write is the header of the next segment.
  expect(sizes.filter(size => size > 100).length).toBe(2)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(frameBytesMax + 24)
  expect(tested.recover(tested.disk.copy()).count).toBe(4)
})

test('a batch too large for a frame becomes several entries with the same payments', () => {
  const tested = started()
  const records = recordsOf(tested.prng, 2 * recordCountMax + 1)
  tested.journal.append({ kind: 'accepted', acceptedAtMs: 5, records })
  const step = recordCountMax * paymentRecordBytes
  for (let at = 0; at < records.length; at += step) {
    const part = { kind: 'accepted', acceptedAtMs: 5, records: records.subarray(at, at + step).join() }
    tested.history.push(JSON.stringify(part))
  }
  settle(tested)
  expect(tested.recover(tested.disk.copy(), 3).found.paymentCount).toBe(2 * recordCountMax + 1)
})

test.each([
  { kind: 'sent', row: 0, processor: 2, requestedAtMs: 5 },
  { kind: 'sent', row: -1, processor: 0, requestedAtMs: 5 },
  { kind: 'settled', row: 0, processor: 0, requestedAtMs: 0 },
  { kind: 'settled', row: 0, processor: 0, requestedAtMs: 1.5 },
  { kind: 'accepted', acceptedAtMs: 5, records: new Uint8Array(25) },
  { kind: 'accepted', acceptedAtMs: 5, records: new Uint8Array(24) },
  { kind: 'accepted', acceptedAtMs: Number.NaN, records: recordsOf(new Prng(1), 1) },
  { kind: 'rejected', row: 2 ** 48, reason: 'no' },
] as const)('an entry that cannot be is a bug, and leaves no trace: %o', entry => {
  const tested = started()
  expect(() => tested.journal.append(entry)).toThrow(AssertionError)
  expect(tested.journal.status.pendingBytes).toBe(0)
})

test('a full segment is followed by the next one, and a new process begins its own', () => {
  const tested = started({ segmentBytesMax: 600 })
  for (let turn = 0; turn < 30; turn += 1) {
    tested.append()
    settle(tested)
  }
  expect(tested.journal.status.segmentCount).toBeGreaterThan(2)
  for (const name of tested.disk.names()) expect(tested.disk.sizeBytes(name)).toBeLessThan(900)
  tested.crash(false)
  const { nextFrame } = tested.journal.status
  tested.append()
  settle(tested)
  expect(tested.disk.names()).toContain(segmentName(nextFrame))
})

test('bytes that a failed append has left are cut off: the next process would read them, and the disk may not have them', () => {
  const tested = started()
  tested.append()
  settle(tested)
  const sizeBytes = tested.disk.sizeBytes(segmentName(1))
  tested.disk.trouble = 'broken'
  tested.append()
  tested.time.run(5)
  expect(tested.journal.failure).toBeDefined()
  expect(tested.disk.sizeBytes(segmentName(1))).toBe(sizeBytes)
})

test.each(['full', 'broken'] as const)(
  'a disk that is %s: nothing is confirmed until it heals, then all, in order',
  trouble => {
    const tested = started({ retryMs: 100 })
    tested.append()
    settle(tested)
    tested.disk.trouble = trouble
    // The entry is longer than the room on a full disk.
    for (let count = 0; count < 10; count += 1)
      tested.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(tested.prng, 4) })
    settle(tested)
    tested.append()
    settle(tested)
    const code = trouble === 'full' ? 'ENOSPC' : 'EIO'
    expect(tested.journal.failure).toEqual({ code, words: expect.stringContaining(code) })
    expect([tested.confirmedCount, tested.journal.snapshotDue]).toEqual([1, false])
    expect(tested.journal.status.pendingBytes).toBeGreaterThan(900)
    tested.disk.trouble = undefined
    settle(tested)
    expect([tested.confirmedCount, tested.journal.failure]).toEqual([12, undefined])
    expect(tested.lines).toEqual(['written again'])
    expect([tested.journal.status.pendingBytes, tested.recover(tested.disk.copy()).count]).toEqual([0, 12])
  },
)

test('after a failed sync a file is never written again, even when the disk works later', () => {
  const tested = started({ retryMs: 100 })
  tested.append()
  settle(tested)
  const written: string[] = []
  tested.disk.trouble = 'broken'
  tested.append()
  settle(tested)
  tested.disk.trouble = undefined
  tested.disk.onAppend = name => written.push(name)
  settle(tested)
  tested.append()
  settle(tested)
  expect(new Set(written)).toEqual(new Set([segmentName(2)]))
  for (let round = 0; round < 20; round += 1) tested.recover(tested.disk.afterCrash({ powerCut: true }))
})

test('a capacity that is reached in the middle of a frame, then raised', () => {
  const tested = started({ retryMs: 100 })
  tested.disk.capacityBytes = tested.disk.usedBytes + 700
  for (let count = 0; count < 40; count += 1) {
    tested.append()
    settle(tested)
  }
  expect(tested.journal.failure?.code).toBe('ENOSPC')
  const confirmed = tested.confirmedCount
  expect(confirmed).toBeGreaterThan(0)
  expect(tested.recover(tested.disk.afterCrash({ powerCut: true })).count).toBeGreaterThanOrEqual(confirmed)
  tested.disk.capacityBytes = Number.POSITIVE_INFINITY
  settle(tested)
  expect([tested.journal.failure, tested.confirmedCount]).toEqual([undefined, 40])
})

test('a segment of another process is left alone, and reported', () => {
  const tested = new TestJournal(1, { retryMs: 100 })
  const theirs = new Uint8Array([1, 2, 3])
  tested.disk.put(segmentName(1), theirs)
  tested.append()
  settle(tested)
  expect(tested.journal.failure?.code).toBe('FENCED')
  expect(tested.lines).toEqual([expect.stringMatching(/JOURNAL_DIR.*another process/)])
  expect(tested.disk.bytesOf(segmentName(1))).toEqual(theirs)
})

test('a directory that cannot be written is a failure from the start on, with the present reason', () => {
  const tested = new TestJournal(1, { retryMs: 100 })
  tested.disk.refusal = 'EACCES'
  settle(tested)
  expect(tested.journal.failure?.code).toBe('EACCES')
  tested.disk.refusal = 'EROFS'
  settle(tested)
  expect(tested.journal.failure?.code).toBe('EROFS')
  tested.disk.refusal = undefined
  settle(tested)
  expect(tested.journal.failure).toBeUndefined()
})

test('close waits until all entries are synced, unless the disk fails', () => {
  const tested = started()
  tested.append()
  let closedCount = 0
  tested.journal.close(() => {
    closedCount += 1
  })
  expect([closedCount, tested.confirmedCount]).toEqual([0, 0])
  settle(tested)
  expect([closedCount, tested.confirmedCount]).toEqual([1, 1])
  expect(() => tested.append()).toThrow(AssertionError)

  const failing = started()
  failing.disk.trouble = 'broken'
  failing.append()
  failing.journal.close(() => {
    closedCount += 1
  })
  settle(failing)
  expect([closedCount, failing.confirmedCount, failing.journal.failure?.code]).toEqual([2, 0, 'EIO'])
})
