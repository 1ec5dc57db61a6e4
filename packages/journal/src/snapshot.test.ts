import { AssertionError } from '@rinha/base'
import { expect, test } from 'vitest'
import { DiskProblem } from './disk.ts'
import { numbersOf, segmentName, snapshotName, temporaryName } from './format.ts'
import { recordsOf, settle, started } from './testing.ts'

test('a snapshot replaces the files before it, once all their entries are synced', () => {
  const tested = started()
  for (let turn = 0; turn < 20; turn += 1) tested.turn()
  tested.snapshot()
  const number = tested.journal.status.nextFrame
  tested.append()
  expect(tested.journal.status.isSnapshotUnderWay).toBe(true)
  settle(tested)
  expect([...tested.disk.names()].sort()).toEqual([segmentName(number), snapshotName(number)])
  const { snapshotCount, snapshotFrame, diskBytes, segmentCount } = tested.journal.status
  expect([snapshotCount, snapshotFrame, segmentCount]).toEqual([1, number, 1])
  expect(diskBytes).toBe(tested.disk.usedBytes)
  const { found, count } = tested.recover(tested.disk.copy())
  expect([found.entryCount, count]).toEqual([1, tested.history.length])
})

test('a crash or a problem in the middle of removing leaves a chain, and the next snapshot removes the rest', () => {
  for (let removedCount = 0; removedCount < 4; removedCount += 1) {
    const tested = started({ segmentBytesMax: 600 })
    const grow = () => {
      for (let turn = 0; turn < 30; turn += 1) tested.turn()
      tested.snapshot()
      settle(tested)
    }
    grow()
    const remove = tested.disk.remove.bind(tested.disk)
    let count = 0
    tested.disk.remove = name => {
      if (count === removedCount) throw new DiskProblem('EIO', 'i/o error')
      count += 1
      remove(name)
    }
    grow()
    expect(tested.lines).toEqual([
      expect.stringMatching(/a snapshot in JOURNAL_DIR replaces cannot be removed.*EIO/),
    ])
    expect(tested.recover(tested.disk.copy()).count).toBe(tested.history.length)
    tested.disk.remove = remove
    grow()
    const { snapshotFrame = 0 } = tested.journal.status
    expect([...tested.disk.names()].sort()).toEqual([segmentName(snapshotFrame), snapshotName(snapshotFrame)])
  }
})

test('a snapshot waits until all entries before it are on disk', () => {
  const tested = started({ retryMs: 100 })
  tested.append()
  settle(tested)
  const disk = tested.disk
  disk.trouble = 'broken'
  tested.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(tested.prng, 2) })
  tested.time.run(50)
  disk.trouble = undefined
  tested.snapshot()
  tested.time.run(40)
  // The snapshot is written and not yet named, because the frame before it must be written again.
  expect(disk.names()).toContain(temporaryName(tested.journal.status.nextFrame))
  expect(tested.confirmedCount).toBe(1)
  settle(tested)
  expect([tested.journal.status.snapshotCount, tested.confirmedCount]).toEqual([1, 2])
})

test('a snapshot that fails is given up and reported; the journal goes on, and the snapshot is due again after a pause', () => {
  const tested = started({ segmentBytesMax: 500, retryMs: 10 })
  for (let turn = 0; turn < 20; turn += 1) tested.turn()
  settle(tested)
  expect(tested.journal.snapshotDue).toBe(true)
  const create = tested.disk.create.bind(tested.disk)
  tested.disk.create = name => {
    if (name.endsWith('.tmp')) throw new DiskProblem('EDQUOT', 'quota')
    return create(name)
  }
  tested.snapshot()
  settle(tested)
  expect(tested.lines).toEqual([expect.stringMatching(/snapshot in JOURNAL_DIR.*EDQUOT/)])
  expect(tested.journal.failure).toBeUndefined()
  tested.disk.create = create
  tested.snapshot()
  settle(tested)
  expect([tested.journal.status.snapshotCount, tested.journal.snapshotDue]).toEqual([1, false])
})

test('a snapshot is due when the log is past a segment and past the snapshot, or a purge has left much behind', () => {
  const tested = started({ segmentBytesMax: 3000 })
  while (tested.journal.status.diskBytes < 2900) {
    expect(tested.journal.snapshotDue).toBe(false)
    tested.append()
    settle(tested)
  }
  for (let turn = 0; turn < 10; turn += 1) tested.turn()
  expect(tested.journal.snapshotDue).toBe(true)
  tested.snapshot()
  expect(tested.journal.snapshotDue).toBe(false)
  settle(tested)

  // A payment has 39 bytes in a snapshot, and 24 when it is accepted.
  const large = started()
  const grow = (count: number) => {
    large.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(large.prng, count) })
    settle(large)
  }
  grow(30_000)
  large.snapshot()
  settle(large)
  grow(30_000)
  expect(large.journal.snapshotDue).toBe(false)
  grow(20_000)
  expect(large.journal.snapshotDue).toBe(true)
  large.snapshot()
  settle(large)
  expect(large.journal.snapshotDue).toBe(false)
  large.append({ kind: 'purged' })
  expect(large.journal.snapshotDue).toBe(true)
  large.snapshot()
  settle(large)
  expect([large.journal.snapshotDue, large.disk.usedBytes < 1000]).toEqual([false, true])
})

test('an image that is not sound is a bug, and never gets the name of a snapshot', () => {
  const tested = started()
  tested.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(tested.prng, 2) })
  const image = tested.ledger.image()
  for (const { states } of image.columns) states[0] = 9
  expect(() => {
    tested.journal.snapshot(image)
    settle(tested)
  }).toThrow(AssertionError)
  expect(numbersOf(tested.disk.names(), 'snapshot')).toEqual([])
})

test('a close gives up a snapshot under way, and the next process ignores its file', () => {
  const tested = started()
  for (let turn = 0; turn < 5; turn += 1) tested.turn()
  settle(tested)
  tested.snapshot()
  tested.journal.close(() => {})
  settle(tested)
  expect(tested.disk.names().some(name => name.endsWith('.tmp'))).toBe(true)
  const disk = tested.disk.copy()
  expect(tested.recover(disk).found.snapshotFrame).toBeUndefined()
  expect(disk.names().some(name => name.endsWith('.tmp'))).toBe(false)
})
