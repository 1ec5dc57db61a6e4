import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { numbersOf } from './format.ts'
import { TestJournal } from './testing.ts'

/** The lengths at which an append is cut: none, all, and in between, also around the header and the sectors of a disk. */
function keptLengths(length: number, prng: Prng): readonly number[] {
  const near = [0, 1, 4, 15, 16, 20, 23, 24, 25, 511, 512, 513, length - 1, length, prng.integer(0, length)]
  return [...new Set(near.filter(kept => kept >= 0 && kept <= length))]
}

/** Forks the disk at every append, in every way, and recovers each: nothing confirmed may be missing. */
function watchEveryAppend(tested: TestJournal): () => number {
  let forkCount = 0
  const prng = new Prng(99)
  const watch = (_: string, bytes: Uint8Array) => {
    tested.time.soon(() => {
      const fork = (crash: Parameters<typeof tested.disk.afterCrash>[0]) => {
        forkCount += 1
        tested.recover(tested.disk.afterCrash(crash))
      }
      for (const keptBytes of keptLengths(bytes.length, prng)) {
        fork({ powerCut: prng.chance(0.7), keptBytes, garbled: false })
        fork({ powerCut: true, keptBytes, garbled: true })
      }
    })
  }
  tested.disk.onAppend = watch
  return () => forkCount
}

/** Thousands of recoveries take seconds of CPU time, more on a busy machine. */
const timeLimit = { timeout: 120_000 }

test(
  'power cut at any append, at any byte: everything confirmed is there, and nothing that never was',
  timeLimit,
  () => {
    const tested = new TestJournal(1, { segmentBytesMax: 1500 })
    const forkCount = watchEveryAppend(tested)
    for (let turn = 0; turn < 180; turn += 1) {
      tested.turn()
      if (tested.journal.snapshotDue) tested.snapshot()
    }
    tested.time.run(100)
    expect(tested.journal.status.commitCount).toBeGreaterThan(130)
    expect(tested.journal.status.snapshotCount).toBeGreaterThan(2)
    expect(forkCount()).toBeGreaterThan(3000)
    expect(tested.recover(tested.disk).count).toBe(tested.history.length)
  },
)

test('the same while the disk fails and heals again and again', timeLimit, () => {
  const tested = new TestJournal(4, { retryMs: 2, segmentBytesMax: 1500 })
  watchEveryAppend(tested)
  for (let turn = 0; turn < 120; turn += 1) {
    if (tested.prng.chance(0.1)) tested.disk.trouble = tested.prng.chance(0.5) ? 'full' : 'broken'
    else if (tested.prng.chance(0.3)) tested.disk.trouble = undefined
    tested.turn()
    if (tested.journal.snapshotDue) tested.snapshot()
  }
  tested.disk.trouble = undefined
  tested.time.run(1000)
  expect(tested.journal.failure).toBeUndefined()
  expect(tested.confirmedCount).toBe(tested.history.length)
  expect(tested.lines.length).toBeGreaterThan(4)
  expect(tested.recover(tested.disk).count).toBe(tested.history.length)
})

test.each(Array.from({ length: 30 }, (_, index) => index + 10))(
  'crashes at any moment, process after process, with a disk that fails: seed %d',
  timeLimit,
  seed => {
    const tested = new TestJournal(seed, { retryMs: 3 })
    for (let turn = 0; turn < 250; turn += 1) {
      if (tested.prng.chance(0.03)) tested.disk.trouble = tested.prng.chance(0.5) ? 'full' : 'broken'
      else if (tested.prng.chance(0.2)) tested.disk.trouble = undefined
      tested.turn()
      if (tested.journal.snapshotDue && tested.prng.chance(0.5)) tested.snapshot()
      if (tested.prng.chance(0.03)) tested.crash(tested.prng.chance(0.5))
    }
    tested.disk.trouble = undefined
    tested.time.run(1000)
    expect(tested.confirmedCount).toBe(tested.history.length)
    expect(tested.recover(tested.disk).count).toBe(tested.history.length)
  },
)

test('the size of the journal stays bounded over a long history', timeLimit, () => {
  const tested = new TestJournal(3)
  let diskBytesMost = 0
  for (let turn = 0; turn < 4000; turn += 1) {
    if (turn % 500 === 499) tested.append({ kind: 'purged' })
    tested.turn()
    if (tested.journal.snapshotDue) tested.snapshot()
    const { snapshotFrame = 1 } = tested.journal.status
    const snapshot = numbersOf(tested.disk.names(), 'snapshot').at(-1)
    expect(snapshot ?? 1).toBe(snapshotFrame)
    diskBytesMost = Math.max(diskBytesMost, tested.disk.usedBytes)
  }
  // Some 1,900 payments between two purges. The live snapshot and the next one, the log behind the first (a segment or twice
  // the snapshot), and what comes while the next one is written.
  const snapshotBytes = 1900 * (30 + 24) + 1000
  expect(tested.history.length).toBeGreaterThan(10_000)
  expect(diskBytesMost).toBeLessThan(2 * snapshotBytes + Math.max(4096, 2 * snapshotBytes) + 2 * 4096)
  expect(tested.journal.status.snapshotCount).toBeGreaterThan(8)
})
