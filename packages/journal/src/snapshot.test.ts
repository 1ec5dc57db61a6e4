import { AssertionError } from '@rinha/base'
import { expect, test } from 'vitest'
import { DiskProblem } from './disk.ts'
import { numbersOf, segmentName, snapshotName, temporaryName } from './format.ts'
import { recordsOf, settle, started } from './testing.ts'

test('a snapshot replaces what is before it, once all of that is synced', () => {
  const rig = started()
  for (let turn = 0; turn < 20; turn += 1) rig.turn()
  rig.snapshot()
  const number = rig.journal.status.nextFrame
  rig.append()
  expect(rig.journal.status.isSnapshotUnderWay).toBe(true)
  settle(rig)
  expect([...rig.disk.names()].sort()).toEqual([segmentName(number), snapshotName(number)])
  const { snapshotCount, snapshotFrame, diskBytes, segmentCount } = rig.journal.status
  expect([snapshotCount, snapshotFrame, segmentCount]).toEqual([1, number, 1])
  expect(diskBytes).toBe(rig.disk.usedBytes)
  const { recovered, count } = rig.recover(rig.disk.copy())
  expect([recovered.entryCount, count]).toEqual([1, rig.history.length])
})

test('a crash or a problem in the middle of removing leaves a chain, and the next snapshot removes the rest', () => {
  for (let removedCount = 0; removedCount < 4; removedCount += 1) {
    const rig = started({ segmentBytesMax: 600 })
    const grow = () => {
      for (let turn = 0; turn < 30; turn += 1) rig.turn()
      rig.snapshot()
      settle(rig)
    }
    grow()
    const remove = rig.disk.remove.bind(rig.disk)
    let count = 0
    rig.disk.remove = name => {
      if (count === removedCount) throw new DiskProblem('EIO', 'i/o error')
      count += 1
      remove(name)
    }
    grow()
    expect(rig.lines).toEqual([expect.stringMatching(/Old files .* JOURNAL_DIR cannot be removed.*EIO/)])
    expect(rig.recover(rig.disk.copy()).count).toBe(rig.history.length)
    rig.disk.remove = remove
    grow()
    const { snapshotFrame = 0 } = rig.journal.status
    expect([...rig.disk.names()].sort()).toEqual([segmentName(snapshotFrame), snapshotName(snapshotFrame)])
  }
})

test('a snapshot whose past is not on disk waits for it', () => {
  const rig = started({ retryMs: 100 })
  rig.append()
  settle(rig)
  const disk = rig.disk
  disk.trouble = 'broken'
  rig.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(rig.prng, 2) })
  rig.time.run(50)
  disk.trouble = undefined
  rig.snapshot()
  rig.time.run(40)
  // Written, and not yet named: the frame before it is still to be written again.
  expect(disk.names()).toContain(temporaryName(rig.journal.status.nextFrame))
  expect(rig.confirmedCount).toBe(1)
  settle(rig)
  expect([rig.journal.status.snapshotCount, rig.confirmedCount]).toEqual([1, 2])
})

test('a snapshot that fails is given up and told; the journal goes on, and after a pause it is due again', () => {
  const rig = started({ segmentBytesMax: 500, retryMs: 10 })
  for (let turn = 0; turn < 20; turn += 1) rig.turn()
  settle(rig)
  expect(rig.journal.snapshotDue).toBe(true)
  const create = rig.disk.create.bind(rig.disk)
  rig.disk.create = name => {
    if (name.endsWith('.tmp')) throw new DiskProblem('EDQUOT', 'quota')
    return create(name)
  }
  rig.snapshot()
  settle(rig)
  expect(rig.lines).toEqual([expect.stringMatching(/snapshot in JOURNAL_DIR.*EDQUOT/)])
  expect(rig.journal.failure).toBeUndefined()
  rig.disk.create = create
  rig.snapshot()
  settle(rig)
  expect([rig.journal.status.snapshotCount, rig.journal.snapshotDue]).toEqual([1, false])
})

test('a snapshot is due when the log is past a segment and twice the snapshot, or a purge has left much behind', () => {
  const rig = started({ segmentBytesMax: 3000 })
  while (rig.journal.status.diskBytes < 2900) {
    expect(rig.journal.snapshotDue).toBe(false)
    rig.append()
    settle(rig)
  }
  for (let turn = 0; turn < 10; turn += 1) rig.turn()
  expect(rig.journal.snapshotDue).toBe(true)
  rig.snapshot()
  expect(rig.journal.snapshotDue).toBe(false)
  settle(rig)

  const large = started()
  large.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(large.prng, 30_000) })
  settle(large)
  large.snapshot()
  settle(large)
  large.append({ kind: 'accepted', acceptedAtMs: 5, records: recordsOf(large.prng, 10_000) })
  settle(large)
  expect(large.journal.snapshotDue).toBe(false)
  large.append({ kind: 'purged' })
  expect(large.journal.snapshotDue).toBe(true)
  large.snapshot()
  settle(large)
  expect([large.journal.snapshotDue, large.disk.usedBytes < 1000]).toEqual([false, true])
})

test('an image that makes no sense is a bug, and never gets the name of a snapshot', () => {
  const rig = started()
  rig.append({ kind: 'accepted', acceptedAtMs: 1, records: recordsOf(rig.prng, 2) })
  const image = rig.ledger.image()
  for (const { states } of image.columns) states[0] = 9
  expect(() => {
    rig.journal.snapshot(image)
    settle(rig)
  }).toThrow(AssertionError)
  expect(numbersOf(rig.disk.names(), 'snapshot')).toEqual([])
})

test('a snapshot under way is given up by a close, and its file means nothing to the next process', () => {
  const rig = started()
  for (let turn = 0; turn < 5; turn += 1) rig.turn()
  settle(rig)
  rig.snapshot()
  rig.journal.close(() => {})
  settle(rig)
  expect(rig.disk.names().some(name => name.endsWith('.tmp'))).toBe(true)
  const disk = rig.disk.copy()
  expect(rig.recover(disk).recovered.snapshotFrame).toBeUndefined()
  expect(disk.names().some(name => name.endsWith('.tmp'))).toBe(false)
})
