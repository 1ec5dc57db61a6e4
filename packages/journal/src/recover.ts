import { err, ok, type Result } from '@rinha/base'
import type { Fact, LedgerImage } from '@rinha/payment'
import { type JournalDisk, refusalOf } from './disk.ts'
import { isTemporary, numbersOf, segmentName, snapshotName } from './format.ts'
import { type FoundJournal, HistoryReader } from './history.ts'
import { diskProblem, type JournalProblem } from './problem.ts'

/** Where a history is replayed into. Both may throw an AssertionError: the history makes no sense. */
export interface JournalSink {
  /** Called at most once, before the first fact. */
  restore(image: LedgerImage): void
  /** The `records` of an accepted fact may be kept, because nothing changes them later. */
  apply(fact: Fact): void
}

export interface JournalOptions {
  /**
   * The processors, by the index that facts will use. Facts that were written with other indexes are translated by the
   * processors' names.
   */
  readonly processors: readonly string[]
  /** A segment that is past this is followed by a new one. */
  readonly segmentBytesMax: number
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
    restore: image => sink.restore(image),
    fact: fact => sink.apply(fact),
  })
  const problem = reader.read() ?? tidyUp(disk, reader.found)
  return problem === undefined ? ok(reader.found) : err(problem)
}

/**
 * The same for who only looks: it changes nothing, and the processors are those that the files name. While a process writes in
 * the directory, files may go away under it, which is a problem.
 */
export function readJournal(disk: JournalDisk, sink: JournalSink): Result<FoundJournal, JournalProblem> {
  const reader = new HistoryReader(disk, undefined, {
    restore: image => sink.restore(image),
    fact: fact => sink.apply(fact),
  })
  const problem = reader.read()
  return problem === undefined ? ok(reader.found) : err(problem)
}

/** Removes superseded files, the oldest first. After a crash in between, the next start removes the rest. */
function tidyUp(disk: JournalDisk, found: FoundJournal): JournalProblem | undefined {
  let file = 'the directory'
  const remove = (name: string) => {
    file = name
    disk.remove(name)
  }
  const refusal = refusalOf(() => {
    const names = disk.names()
    for (const name of names) if (isTemporary(name)) remove(name)
    for (const name of deadNames(names, found)) remove(name)
    const { cut, emptySegment } = found
    if (emptySegment !== undefined) remove(emptySegment)
    if (cut === undefined || cut.file === emptySegment) return
    file = cut.file
    disk.truncate(file, cut.offset)
  })
  return refusal && diskProblem(file, refusal)
}

/** Snapshots before the newest, then segments all of whose frames are before it. */
function deadNames(
  names: readonly string[],
  { snapshotFrame, segments, emptySegment }: FoundJournal,
): readonly string[] {
  if (snapshotFrame === undefined) return []
  const snapshots = numbersOf(names, 'snapshot').filter(number => number < snapshotFrame)
  const live = new Set([...segments.map(({ name }) => name), emptySegment])
  const dead = numbersOf(names, 'segment').map(segmentName)
  return [...snapshots.map(snapshotName), ...dead.filter(name => !live.has(name))]
}
