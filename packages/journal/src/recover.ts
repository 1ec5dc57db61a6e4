import { err, ok, type Result } from '@rinha/base'
import type { Fact, LedgerImage } from '@rinha/payment'
import { DiskProblem, type JournalDisk } from './disk.ts'
import { isTemporary, numbersOf, segmentName, snapshotName } from './format.ts'
import { type HistoryEnd, HistoryReader, type SegmentFile } from './history.ts'
import { diskProblem, type JournalProblem } from './problem.ts'

/** Where a history is replayed into. Both may throw an AssertionError: the history makes no sense. */
export interface JournalSink {
  /** At most once, before the first entry. */
  restore(image: LedgerImage): void
  /** `records` of an accepted entry may be kept: nobody changes them. */
  apply(entry: Fact): void
}

export interface JournalOptions {
  /** By index, as entries name them. They have to be the ones that the journal was begun with. */
  readonly processors: readonly string[]
  /** A segment that is past this is followed by a new one. */
  readonly segmentBytesMax: number
}

/** What was found, and what the writer goes on from. */
export interface FoundJournal {
  /** undefined: the directory is empty, and the journal begins now. */
  readonly journalId: Uint8Array | undefined
  readonly nextFrame: number
  /** Entries replayed, those behind the snapshot. */
  readonly entryCount: number
  /** Payments since the journal began or was purged last. */
  readonly paymentCount: number
  readonly segmentCount: number
  /** Segments that hold what is behind the snapshot, oldest first. */
  readonly segments: readonly SegmentFile[]
  readonly snapshotFrame: number | undefined
  readonly snapshotBytes: number
  /** Bytes of the segments behind the snapshot. */
  readonly logBytes: number
  /** The end of a write that a crash cut off, which has been cut off the file. Nothing of it had been confirmed. */
  readonly cut: { readonly file: string; readonly offset: number; readonly bytes: number } | undefined
}

/**
 * Reads everything a journal has into `sink`, in order, and leaves the directory as the writer wants to find it.
 *
 * It is all or nothing: what was confirmed is replayed whole, or there is a problem that names the file and the offset, and
 * nothing in the directory has been changed. What a crash may leave is no problem: a torn end of the last write (cut off,
 * and told in `cut`), a last segment without a frame, a snapshot that was not finished, old files not removed yet.
 *
 * One thing cannot be seen from inside: a last segment that ends with a whole frame where there once were more.
 */
export function recoverJournal(
  disk: JournalDisk,
  options: JournalOptions,
  sink: JournalSink,
): Result<FoundJournal, JournalProblem> {
  const reader = new HistoryReader(disk, options.processors, {
    file: () => {},
    restore: image => sink.restore(image),
    frame: () => {},
    entry: entry => sink.apply(entry),
  })
  const problem = reader.read() ?? tidyUp(disk, reader.end)
  if (problem !== undefined) return err(problem)
  const { journalId, nextFrame, entryCount, paymentCount, snapshotFrame, snapshotBytes, tail } = reader.end
  const segments = reader.end.segments.map(segment =>
    segment.name === tail?.file ? { ...segment, sizeBytes: tail.offset } : segment,
  )
  return ok({
    journalId,
    nextFrame,
    entryCount,
    paymentCount,
    segmentCount: segments.length,
    segments,
    snapshotFrame,
    snapshotBytes,
    logBytes: segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    cut: tail,
  })
}

/** Removes what means nothing any more, the oldest first: a crash in between leaves what is found the next time. */
function tidyUp(disk: JournalDisk, end: HistoryEnd): JournalProblem | undefined {
  let file = 'the directory'
  const remove = (name: string) => {
    file = name
    disk.remove(name)
  }
  try {
    const names = disk.names()
    for (const name of names) if (isTemporary(name)) remove(name)
    for (const name of deadNames(names, end)) remove(name)
    if (end.emptySegment !== undefined) remove(end.emptySegment)
    const { tail } = end
    if (tail === undefined || !end.segments.some(({ name }) => name === tail.file)) return undefined
    file = tail.file
    disk.truncate(file, tail.offset)
    return undefined
  } catch (error) {
    if (!(error instanceof DiskProblem)) throw error
    return diskProblem(file, error)
  }
}

/** Snapshots before the newest, then segments all of whose frames are before it. */
function deadNames(
  names: readonly string[],
  { snapshotFrame, segments, emptySegment }: HistoryEnd,
): readonly string[] {
  if (snapshotFrame === undefined) return []
  const snapshots = numbersOf(names, 'snapshot').filter(number => number < snapshotFrame)
  const live = new Set([...segments.map(({ name }) => name), emptySegment])
  const dead = numbersOf(names, 'segment').map(segmentName)
  return [...snapshots.map(snapshotName), ...dead.filter(name => !live.has(name))]
}
