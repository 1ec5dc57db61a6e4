import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { journalOnDisk } from './file-log.ts'
import { segmentName } from './format.ts'
import type { Journal } from './journal.ts'
import { lookMs } from './limits.ts'
import { recoverJournal } from './recover.ts'
import { SimulatedDisk } from './simulated/simulated-disk.ts'
import { options as standard, Time } from './testing.ts'
import { verifyJournal } from './verify.ts'

/**
 * Somebody removes the lock of a journal that is in use, and another process starts on the directory. If the holder can
 * see that, it confirms no entry from then on, and the other process has all entries that it confirmed before. If it
 * cannot (machines share the disk), no confirmed entry is lost unnoticed: the next reader finds the two epochs.
 */
class Writer {
  /** The numbers of the payments that were confirmed to this process. */
  readonly confirmed: number[] = []
  /** The numbers of the payments that this process found or has appended. */
  readonly known: number[] = []
  /** The payments in each snapshot, by the number of the first frame after it. */
  readonly snapshots: Map<number, readonly number[]>
  readonly lines: string[] = []
  readonly journal: Journal
  readonly disk: SimulatedDisk
  readonly #first: number
  #count = 0

  constructor(disk: SimulatedDisk, time: Time, first: number, segmentBytesMax?: number, before?: Writer) {
    const options = { ...standard, ...(segmentBytesMax !== undefined && { segmentBytesMax }) }
    this.snapshots = before?.snapshots ?? new Map()
    const { numbers, found } = numbersOn(disk)
    if (!found.ok) throw new Error(found.error.words)
    this.known.push(...(this.snapshots.get(found.value.snapshotFrame ?? 0) ?? []), ...numbers)
    this.disk = disk
    this.#first = first
    this.journal = journalOnDisk(
      disk,
      found.value,
      {
        ...options,
        journalId: new Uint8Array(16).fill(7),
        retryMs: 5,
        onLost: line => this.lines.push(line),
      },
      time,
    )
  }

  append(): void {
    const number = this.#first + this.#count
    this.#count += 1
    this.known.push(number)
    this.journal.append({ kind: 'accepted', acceptedAtMs: number, records: recordOf(number) })
    this.journal.whenSynced(() => this.confirmed.push(number))
  }

  snapshot(): void {
    this.journal.snapshot({ columns: [], reasons: [], earlier: [] })
    this.snapshots.set(this.journal.status.nextFrame, [...this.known])
  }
}

/** acceptedAtMs is the payment's number, and so are its id and amount. */
function recordOf(number: number): Uint8Array {
  const record = new Uint8Array(24)
  for (const at of [0, 20]) new DataView(record.buffer).setUint32(at, number)
  return record
}

function numbersOn(disk: SimulatedDisk) {
  const numbers: number[] = []
  const found = recoverJournal(disk, standard, {
    restore: () => {},
    apply: fact => {
      if (fact.kind === 'accepted') numbers.push(fact.acceptedAtMs)
    },
  })
  return { numbers, found, problem: found.ok ? undefined : found.error }
}

function begin(seed = 1, segmentBytesMax?: number) {
  const time = new Time()
  const disk = new SimulatedDisk(new Prng(seed), (delayMs, run) => time.after(delayMs, run))
  const first = new Writer(disk, time, 1, segmentBytesMax)
  time.run(50)
  return { time, disk, first }
}

test('a holder whose lock is taken confirms no more entries, says so once, and the other process has all confirmed ones', () => {
  const { time, disk, first } = begin()
  for (let count = 0; count < 5; count += 1) first.append()
  time.run(50)
  const second = new Writer(disk.takeOver(), time, 100)
  time.run(50)
  for (let count = 0; count < 3; count += 1) {
    first.append()
    second.append()
    time.run(5)
  }
  time.run(2000)
  expect(first.confirmed).toEqual([1, 2, 3, 4, 5])
  expect(second.confirmed).toEqual([100, 101, 102])
  expect(first.lines).toEqual([expect.stringMatching(/JOURNAL_DIR.*another process has taken the lock/)])
  expect(first.journal.failure?.code).toBe('FENCED')
  expect(numbersOn(disk.copy()).numbers).toEqual([1, 2, 3, 4, 5, 100, 101, 102])
  let isClosed = false
  first.journal.close(() => {
    isClosed = true
  })
  expect(isClosed).toBe(true)
})

test('a holder notices the lost lock even when it has nothing to write', () => {
  const { time, disk, first } = begin()
  disk.takeOver()
  expect(first.lines).toEqual([])
  time.run(lookMs)
  expect(first.lines).toHaveLength(1)
})

test('entries under way when the lock is taken are not confirmed', () => {
  const { time, disk, first } = begin()
  first.append()
  time.run(0)
  expect(disk.isBusy).toBe(true)
  disk.takeOver()
  time.run(50)
  expect([first.confirmed, first.lines.length]).toEqual([[], 1])
})

test('when somebody removes or shortens a segment, its writer ends before it confirms the entries in it', () => {
  for (const meddle of [
    (disk: SimulatedDisk) => disk.remove(segmentName(1)),
    (disk: SimulatedDisk) => disk.truncate(segmentName(1), 90),
  ]) {
    const { time, disk, first } = begin()
    first.append()
    time.run(50)
    meddle(disk)
    first.append()
    time.run(50)
    expect([first.confirmed, first.lines.length]).toEqual([[1], 1])
  }
})

test('two processes that write side by side are noticed, with a text that says what to do, and verify says so, too', () => {
  const { time, disk, first } = begin()
  disk.isBlind = true
  first.append()
  time.run(50)
  const second = new Writer(disk.takeOver(), time, 100)
  for (let count = 0; count < 3; count += 1) {
    first.append()
    second.append()
    time.run(20)
  }
  expect([first.confirmed, second.confirmed]).toEqual([
    [1, 2, 3, 4],
    [100, 101, 102],
  ])
  const { problem } = numbersOn(disk.copy())
  expect(problem?.file).toBe(segmentName(1))
  expect(problem?.words).toMatch(
    /^start 2 .* goes on from frame 2 in .*, and start 1 wrote on here: 3 whole frames/,
  )
  expect(problem?.words).toMatch(
    /Two coordinators wrote.*journal -- dump.*post those payments again.*truncate/,
  )
  expect(verifyJournal(disk).problem).toEqual(problem)
  // The action that the text names solves the problem.
  disk.truncate(segmentName(1), problem?.offset ?? 0)
  expect(numbersOn(disk.copy())).toMatchObject({ numbers: [1, 100, 101, 102], problem: undefined })
})

/** Plays random appends, snapshots and restarts; the first process may be blind. Returns the payments to be found. */
function play(seed: number, isBlind: boolean) {
  const prng = new Prng(seed)
  const { time, disk, first } = begin(seed, 600)
  const writers = [first]
  disk.isBlind = isBlind
  for (let step = 0; step < 120; step += 1) {
    const writer = prng.pick(writers)
    if (writers.length < 3 && prng.chance(0.03)) {
      const last = writers.at(-1) as Writer
      // Entries under way when the lock is taken come too late for the next process, and are found like confirmed ones.
      while (!isBlind && disk.isBusy) time.run(0.1)
      const next = last.disk.takeOver()
      next.isBlind = isBlind
      try {
        writers.push(new Writer(next, time, writers.length * 1000, 600, last))
      } catch {
        return { writers, disk, isRefused: true }
      }
    }
    if (writer.journal.status.failure === undefined) writer.append()
    const { journal } = writer
    if (prng.chance(0.05) && !journal.status.isSnapshotUnderWay && journal.status.failure === undefined)
      writer.snapshot()
    time.run(prng.unit() * 4)
  }
  time.run(1000)
  return { writers, disk, isRefused: false }
}

test.each([false, true])(
  'nothing that was confirmed vanishes unnoticed, whenever it happens; blind: %s',
  isBlind => {
    let foundCount = 0
    for (let seed = 1; seed <= 400; seed += 1) {
      const { writers, disk, isRefused } = play(seed, isBlind)
      const { numbers, found } = numbersOn(disk.copy())
      if (isRefused || !found.ok) {
        foundCount += 1
        continue
      }
      const covered = writers[0]?.snapshots.get(found.value.snapshotFrame ?? 0) ?? []
      const has = new Set([...covered, ...numbers])
      expect(writers.flatMap(({ confirmed }) => confirmed).filter(number => !has.has(number))).toEqual([])
    }
    if (isBlind) expect(foundCount).toBeGreaterThan(100)
    else expect(foundCount).toBe(0)
  },
)
