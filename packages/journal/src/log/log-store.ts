import type { LedgerImage } from '@rinha/payment'
import type { SealedFrame } from '../frame-queue.ts'

/** Why a log does not take something, or not yet. `words` end a sentence, and name what refused: "the disk says EIO: …". */
export interface LogProblem {
  /** {@link fenced}, {@link logFull}, or what refused: the system's code, such as ENOSPC. */
  readonly code: string
  readonly words: string
}

/** The code where another process writes this log, or may: this one never writes it again. */
export const fenced = 'FENCED'

/** The code where there is no room until a snapshot replaces frames. */
export const logFull = 'FULL'

/** Called once, maybe from within the call. */
export type LogDone = (problem?: LogProblem) => void

/**
 * The port to the log of one journal, as its only writer: frames in their order, and the snapshot that replaces the oldest of
 * them. `FileLog` implements it on files. `contract.ts` says what every implementation does.
 *
 * The caller has at most one call of `prepare`, `append` and `removeBefore` under way, and appends frames in the order of
 * their numbers. `snapshot` runs beside them.
 */
export interface LogStore {
  /** What an operator knows it by. */
  readonly place: string
  /** What is drawn when the log begins. The checksum of every frame covers it. */
  readonly journalId: Uint8Array
  readonly sizes: LogSizes
  /**
   * Why this process may not write here any more, in words; undefined while it may. Once there are words, every call ends
   * with {@link fenced}, and changes nothing.
   */
  lost(): string | undefined
  /** Whether the log can take this frame now. Otherwise {@link prepare} comes first: at the start, and after each problem. */
  isReady(nextFrame: number): boolean
  /** Writes what has to be in the log before this frame, which is the first that was not confirmed. */
  prepare(nextFrame: number, done: LogDone): void
  /**
   * `done` without a problem: the frame is durable, and was when the log was still this process's. With one, nobody knows how
   * much of it is in the log; the same frame is appended again. Its bytes stay as they are until then.
   */
  append(frame: SealedFrame, done: LogDone): void
  /**
   * Stores the state before frame `number`. It counts once {@link removeBefore} has ended. One at a time; after a problem
   * nothing is left of it.
   *
   * A log that is {@link logFull} takes one, and then the frames before `number`, so that it can count.
   */
  snapshot(number: number, image: LedgerImage, done: LogDone): void
  /**
   * The stored snapshot counts from now on, and what it replaces is removed. Only when all frames before it are confirmed and
   * the log {@link isReady}. After a problem, `sizes.snapshotFrame` says whether it counts.
   */
  removeBefore(number: number, done: LogDone): void
  /** Nothing is under way, except a snapshot, which is given up without a word. */
  close(): void
}

export interface LogSizes {
  /** The files, or their like, that hold frames. */
  readonly segmentCount: number
  /** The frame with which a reader goes on from the snapshot that counts. */
  readonly snapshotFrame: number | undefined
  readonly snapshotBytes: number
  /** The frames that a reader would read after that snapshot. */
  readonly logBytes: number
  /** How many of them fit; missing where only the disk says. */
  readonly logBytesMax?: number
}
