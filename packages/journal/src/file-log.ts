import { assert, type Timers } from '@rinha/base'
import type { LedgerImage } from '@rinha/payment'
import { type DiskProblem, type JournalDisk, refusalOf } from './disk.ts'
import { numbersOf, segmentName, snapshotName } from './format.ts'
import type { SealedFrame } from './frame-queue.ts'
import type { FoundJournal } from './history.ts'
import { Journal, type WriterOptions } from './journal.ts'
import { fenced, type LogDone, type LogProblem, type LogSizes, type LogStore } from './log/log-store.ts'
import type { JournalOptions } from './recover.ts'
import { type SegmentIdentity, SegmentWriter } from './segment-writer.ts'
import { SnapshotWriter } from './snapshot-writer.ts'

export interface JournalWriterOptions extends JournalOptions, WriterOptions {
  /** 16 bytes that nobody can foresee. Used when the journal begins; one that was found has its own. */
  readonly journalId: Uint8Array
}

/** The journal of the directory that was read with this result. */
export function journalOnDisk(
  disk: JournalDisk,
  found: FoundJournal,
  options: JournalWriterOptions,
  timers: Pick<Timers, 'after' | 'soon'>,
): Journal {
  return new Journal(new FileLog(disk, found, options), found, options, timers)
}

/**
 * A log in the files of one directory: segments, and beside them a snapshot, which is written under another name and then
 * renamed. `prepare` begins a segment: the first one, the next after a full one or one that failed, and the one that begins
 * with the frame of a snapshot, so that the older ones can be removed whole.
 *
 * Invariants:
 *   1. What is confirmed was on disk while the directory was still this process's: after each sync the lock is looked at.
 *      Whoever takes the directory over reads it later, and so reads all that was confirmed. A look before each write keeps
 *      this process out of its successor's files.
 *   2. Nothing is removed before the snapshot that replaces it has its name.
 *   3. Nothing is removed where another process has written since the start.
 */
export class FileLog implements LogStore {
  readonly place = 'JOURNAL_DIR'
  readonly journalId: Uint8Array
  readonly #disk: JournalDisk
  readonly #identity: SegmentIdentity
  readonly #segmentBytesMax: number
  readonly #segments: SegmentWriter
  #snapshotFrame: number | undefined
  #snapshotBytes: number
  /** The snapshot that is being written, or is written and does not count yet. */
  #writer: SnapshotWriter | undefined
  #lostWords: string | undefined

  constructor(
    disk: JournalDisk,
    found: FoundJournal,
    { journalId, segmentBytesMax }: Pick<JournalWriterOptions, 'journalId' | 'segmentBytesMax'>,
  ) {
    assert(segmentBytesMax > 0, 'segmentBytesMax is positive')
    this.journalId = found.journalId ?? journalId.slice()
    this.#disk = disk
    this.#identity = {
      journalId: this.journalId,
      processors: [...found.processors],
      epoch: found.epoch + 1,
    }
    this.#segmentBytesMax = segmentBytesMax
    this.#segments = new SegmentWriter(disk, this.#identity, found)
    this.#snapshotFrame = found.snapshotFrame
    this.#snapshotBytes = found.snapshotBytes
  }

  get sizes(): LogSizes {
    return {
      segmentCount: this.#segments.segmentCount,
      snapshotFrame: this.#snapshotFrame,
      snapshotBytes: this.#snapshotBytes,
      logBytes: this.#segments.bytesFrom(this.#snapshotFrame ?? 1),
    }
  }

  lost(): string | undefined {
    const words = this.#lostWords ?? this.#disk.lost()
    if (words !== undefined) this.#lose(words)
    return words
  }

  /** Whether a segment is open that is not full, and that a snapshot under way will not replace. */
  isReady(nextFrame: number): boolean {
    const { firstFrame, currentBytes } = this.#segments
    if (firstFrame === undefined) return false
    if (currentBytes >= this.#segmentBytesMax && firstFrame < nextFrame) return false
    const number = this.#writer?.number ?? 0
    return firstFrame >= number || nextFrame < number
  }

  prepare(nextFrame: number, done: LogDone): void {
    if (this.lost() !== undefined) return this.#end(undefined, done)
    this.#segments.open(nextFrame, problem => this.#end(problem, done))
  }

  append(frame: SealedFrame, done: LogDone): void {
    if (this.lost() !== undefined) return this.#end(undefined, done)
    this.#segments.append(frame.bytes, problem => this.#end(problem, done))
  }

  snapshot(number: number, image: LedgerImage, done: LogDone): void {
    assert(this.#writer === undefined, 'one snapshot at a time')
    this.#writer = new SnapshotWriter(this.#disk, this.#identity, number, image, problem => {
      if (problem !== undefined) this.#writer = undefined
      done(problem && problemOf(problem))
    })
    this.#writer.start()
  }

  removeBefore(number: number, done: LogDone): void {
    const writer = this.#writer
    assert(writer?.number === number && writer.isWritten, 'the snapshot is written')
    const words = this.lost() ?? this.#segments.intruder()
    if (words !== undefined) return done(this.#lose(words))
    this.#writer = undefined
    let refusal = refusalOf(() => this.#disk.rename(writer.temporaryName, snapshotName(number)))
    if (refusal === undefined) {
      this.#snapshotFrame = number
      this.#snapshotBytes = writer.sizeBytes
      this.#segments.forgetBefore(number)
      refusal = this.#removeFilesBefore(number)
    }
    done(refusal && problemOf(refusal))
  }

  close(): void {
    this.#writer?.cancel()
    this.#segments.abandon()
  }

  /** Ends an append of a header or a frame. A segment whose append failed is written no more. */
  #end(problem: DiskProblem | undefined, done: LogDone): void {
    const words = this.lost() ?? wordsOfIntruder(problem)
    if (words !== undefined) {
      this.#segments.abandon()
      return done(this.#lose(words))
    }
    if (problem !== undefined) this.#segments.abandonFailed()
    done(problem && problemOf(problem))
  }

  #lose(words: string): LogProblem {
    this.#lostWords = words
    this.#writer?.cancel()
    return { code: fenced, words }
  }

  /** The oldest files are removed first, so that the remaining ones always form a chain. */
  #removeFilesBefore(number: number): DiskProblem | undefined {
    return refusalOf(() => {
      const names = this.#disk.names()
      const before = (each: number) => each < number
      const snapshots = numbersOf(names, 'snapshot').filter(before).map(snapshotName)
      const segments = numbersOf(names, 'segment').filter(before).map(segmentName)
      for (const name of [...snapshots, ...segments]) this.#disk.remove(name)
    })
  }
}

function wordsOfIntruder(problem: DiskProblem | undefined): string | undefined {
  if (problem?.code === 'EEXIST') return `another process writes in the directory: ${problem.message}`
  return problem?.code === 'ESTALE' ? problem.message : undefined
}

function problemOf({ code, message }: DiskProblem): LogProblem {
  return { code, words: `the disk says ${code}: ${message}` }
}
