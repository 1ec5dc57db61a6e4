import { AssertionError, Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { DiskProblem } from './disk.ts'
import { segmentName, snapshotName, temporaryName } from './format.ts'
import { frameBytesMax, recordBytes, recordCountMax } from './limits.ts'
import { Rig, recordsOf } from './test-kit.ts'

const settle = (rig: Rig) => rig.time.run(500)

/** A rig whose journal has its first segment. */
function started(changes: ConstructorParameters<typeof Rig>[1] = {}): Rig {
  const rig = new Rig(1, changes)
  settle(rig)
  return rig
}

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
  const step = recordCountMax * recordBytes
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

test('an image that makes no sense is a bug, and nothing of it is written', () => {
  const rig = started()
  rig.append()
  const image = rig.model.image()
  expect(() => rig.journal.snapshot({ ...image, open: [] })).toThrow(AssertionError)
  expect(rig.journal.status.isSnapshotUnderWay).toBe(false)
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
