import { assert } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { journalSeedOf } from '../format.ts'
import { FrameQueue } from '../frame-queue.ts'
import type { FoundLog } from '../journal.ts'
import type { JournalSink } from '../recover.ts'
import { fenced, type LogDone, type LogProblem, type LogStore } from './log-store.ts'

/**
 * What every implementation of {@link LogStore} does, as checks that throw where one does not. An implementation's tests give
 * them a new log, and time.
 */
export interface LogHarness {
  /** Starts a process: it reads the whole log, and is its writer. Whoever was that before is it no more. */
  start(sink: JournalSink): Promise<{ readonly log: LogStore; readonly found: FoundLog }>
  /** Reads the log from outside, and changes nothing. */
  read(sink: JournalSink): Promise<void>
  /** Nothing more fits into the log, or does again. */
  setFull(isFull: boolean): Promise<void>
  /** Lets time pass until the condition holds; throws what was waited for when it does not within seconds. */
  until(what: string, condition: () => boolean): Promise<void>
}

export interface LogCheck {
  readonly name: string
  run(harness: LogHarness): Promise<void>
}

/** What a reader finds: the amount of each payment, which is its number, in their order. */
class Found implements JournalSink {
  readonly ledger = new Ledger({ processorCount: 2, paymentCountMax: 100_000, hashSeed: 5 })
  restoredCount = 0

  restore(image: Parameters<Ledger['restore']>[0]): void {
    this.ledger.restore(image)
    this.restoredCount = this.ledger.count
  }

  apply(fact: Parameters<Ledger['apply']>[0]): void {
    this.ledger.apply(fact)
  }

  get numbers(): string {
    return Array.from({ length: this.ledger.count }, (_, row) => this.ledger.amountCents(row)).join()
  }
}

/** One process that writes the log: each frame has one payment. */
class Writer {
  readonly found = new Found()
  readonly #harness: LogHarness
  readonly log: LogStore
  readonly #frames: FrameQueue

  private constructor(harness: LogHarness, log: LogStore, frames: FrameQueue, found: Found) {
    this.#harness = harness
    this.log = log
    this.#frames = frames
    this.found = found
  }

  static async start(harness: LogHarness): Promise<Writer> {
    const sink = new Found()
    const { log, found } = await harness.start(sink)
    const frames = new FrameQueue(journalSeedOf(log.journalId), found.processors.length, found.nextFrame)
    return new Writer(harness, log, frames, sink)
  }

  /** The next payment's frame; ends when the log has answered. */
  async append(number: number): Promise<LogProblem | undefined> {
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, new Uint8Array(16).fill(number), number)
    const fact = { kind: 'accepted', acceptedAtMs: number, records } as const
    this.#frames.append(fact)
    this.found.apply(fact)
    return this.again()
  }

  /** The frame that was refused. */
  async again(): Promise<LogProblem | undefined> {
    const frame = this.#frames.peek()
    assert(frame !== undefined, 'there is a frame')
    const unprepared = await this.prepare(frame.number)
    const problem = unprepared ?? (await this.#ended(done => this.log.append(frame, done)))
    if (problem === undefined) this.#frames.shift()
    return problem
  }

  async prepare(nextFrame: number): Promise<LogProblem | undefined> {
    while (!this.log.isReady(nextFrame)) {
      const problem = await this.#ended(done => this.log.prepare(nextFrame, done))
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** Of everything before the next frame, whose number is returned. */
  async storeSnapshot(): Promise<number> {
    const number = this.#frames.nextNumber
    const image = this.found.ledger.image()
    const problem = await this.#ended(done => this.log.snapshot(number, image, done))
    assert(problem === undefined, 'the snapshot is stored')
    return number
  }

  async removeBefore(number: number): Promise<LogProblem | undefined> {
    return (await this.prepare(number)) ?? this.#ended(done => this.log.removeBefore(number, done))
  }

  async #ended(begin: (done: LogDone) => void): Promise<LogProblem | undefined> {
    const ends: (LogProblem | undefined)[] = []
    begin(problem => ends.push(problem))
    await this.#harness.until('the log has answered', () => ends.length > 0)
    assert(ends.length === 1, 'it answers once')
    return ends[0]
  }
}

async function assertRead(harness: LogHarness, numbers: string, restoredCount = 0): Promise<void> {
  const found = new Found()
  await harness.read(found)
  assert(found.numbers === numbers, `a reader finds ${numbers}, not ${found.numbers}`)
  assert(found.restoredCount === restoredCount, 'so many of them are in the snapshot')
}

async function assertFenced(writer: Writer, number: number): Promise<void> {
  const problem = await writer.append(number)
  assert(problem?.code === fenced, 'it is refused for ever')
  assert(writer.log.lost() !== undefined, 'and says why')
}

export const logContract: readonly LogCheck[] = [
  {
    name: 'what was confirmed is read in its order, by a reader and by the next process',
    async run(harness) {
      const first = await Writer.start(harness)
      for (const number of [1, 2, 3])
        assert((await first.append(number)) === undefined, 'the frame is confirmed')
      await assertRead(harness, '1,2,3')
      const second = await Writer.start(harness)
      assert(second.found.numbers === '1,2,3', 'it has found them')
      assert((await second.append(4)) === undefined, 'it goes on')
      await assertRead(harness, '1,2,3,4')
    },
  },
  {
    name: 'a frame that was under way when the next process came is there whole or not at all',
    async run(harness) {
      const first = await Writer.start(harness)
      await first.append(1)
      const last = first.append(2)
      const second = await Writer.start(harness)
      const { numbers } = second.found
      assert(numbers === '1' || numbers === '1,2', 'the one that was confirmed is there')
      const problem = await last
      assert(problem !== undefined || numbers === '1,2', 'it is not confirmed and lost')
      await second.append(3)
      await assertRead(harness, `${numbers},3`)
    },
  },
  {
    name: 'after another process has come, the first one confirms nothing more, for ever',
    async run(harness) {
      const first = await Writer.start(harness)
      await first.append(1)
      const second = await Writer.start(harness)
      await assertFenced(first, 2)
      await second.append(3)
      assert((await first.again())?.code === fenced, 'also when it tries again')
      await second.append(4)
      await assertRead(harness, '1,3,4')
    },
  },
  {
    name: 'a process that is no more the writer puts no snapshot in force, and removes nothing',
    async run(harness) {
      const first = await Writer.start(harness)
      for (const number of [1, 2]) await first.append(number)
      const at = await first.storeSnapshot()
      const second = await Writer.start(harness)
      await second.append(3)
      assert((await first.removeBefore(at))?.code === fenced, 'it is refused')
      await assertRead(harness, '1,2,3')
    },
  },
  {
    name: 'a snapshot counts from its removal of what it replaces, and not before',
    async run(harness) {
      const first = await Writer.start(harness)
      for (const number of [1, 2]) await first.append(number)
      const at = await first.storeSnapshot()
      await assertRead(harness, '1,2')
      const logBytes = first.log.sizes.logBytes
      assert((await first.removeBefore(at)) === undefined, 'it is removed')
      assert(first.log.sizes.snapshotFrame === at, 'it counts')
      assert(first.log.sizes.logBytes < logBytes, 'the log is shorter')
      await assertRead(harness, '1,2', 2)
      await first.append(3)
      await assertRead(harness, '1,2,3', 2)
      const second = await Writer.start(harness)
      assert(second.found.numbers === '1,2,3', 'the next process finds all of it')
      await second.append(4)
      assert((await second.removeBefore(await second.storeSnapshot())) === undefined, 'and replaces it')
      await assertRead(harness, '1,2,3,4', 4)
    },
  },
  {
    name: 'a snapshot that never counted is nothing to the next process, and stands in no later one’s way',
    async run(harness) {
      const first = await Writer.start(harness)
      for (const number of [1, 2]) await first.append(number)
      await first.storeSnapshot()
      const second = await Writer.start(harness)
      assert(second.found.numbers === '1,2' && second.found.restoredCount === 0, 'it has read the frames')
      await second.append(3)
      assert((await second.removeBefore(await second.storeSnapshot())) === undefined, 'its own counts')
      await assertRead(harness, '1,2,3', 3)
    },
  },
  {
    name: 'a full log refuses a frame, and has it once when it takes it later',
    async run(harness) {
      const first = await Writer.start(harness)
      await first.append(1)
      await harness.setFull(true)
      const problem = await first.append(2)
      assert(problem !== undefined && problem.code !== fenced, 'it is refused')
      assert((await first.again()) !== undefined, 'and again')
      assert(first.log.lost() === undefined, 'it is still the writer')
      await harness.setFull(false)
      assert((await first.again()) === undefined, 'it is confirmed')
      await first.append(3)
      await assertRead(harness, '1,2,3')
    },
  },
]
