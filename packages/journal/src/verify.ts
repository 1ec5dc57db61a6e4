import { assert } from '@rinha/base'
import { type Fact, paymentRecordBytes } from '@rinha/payment'
import type { JournalDisk } from './disk.ts'
import type { FileKind } from './format.ts'
import { HistoryReader } from './history.ts'
import type { JournalProblem } from './problem.ts'

/** One file, as far as it could be read. */
interface FileReport {
  readonly name: string
  readonly kind: FileKind
  readonly sizeBytes: number
  /** Frames that count: none in a snapshot, nor in a file that is dead or was not reached. */
  readonly frameCount: number
  readonly entryCounts: Readonly<Record<Fact['kind'], number>>
  /** Payments in a snapshot, or newly accepted in a segment. */
  readonly paymentCount: number
}

export interface JournalReport {
  readonly processors: readonly string[]
  /** The files, in the order of reading. */
  readonly files: readonly FileReport[]
  readonly nextFrame: number
  /** Payments after the last entry that could be read. */
  readonly paymentCount: number
  /** A torn end that the next start would cut off. */
  readonly cut: { readonly file: string; readonly offset: number; readonly bytes: number } | undefined
  /** The problem with which the reading ended. A start would end with it, too. */
  readonly problem: JournalProblem | undefined
}

/**
 * Reads a journal as recovery does and changes nothing. It needs no settings: the processors are those that the files name.
 * Of a damaged journal it reports what is readable up to the damage. While a process writes in the directory, files may go
 * away under it; that is reported as a problem too.
 */
export function verifyJournal(disk: JournalDisk): JournalReport {
  const files: Counted[] = []
  const last = () => {
    const file = files.at(-1)
    assert(file !== undefined, 'a file was opened')
    return file
  }
  const reader = new HistoryReader(disk, undefined, {
    file: (kind, name, sizeBytes) =>
      files.push({
        kind,
        name,
        sizeBytes,
        frameCount: 0,
        paymentCount: 0,
        entryCounts: {
          accepted: 0,
          sent: 0,
          requeued: 0,
          settled: 0,
          rejected: 0,
          purged: 0,
          confirmed: 0,
          released: 0,
          discarded: 0,
          retired: 0,
          polled: 0,
          noted: 0,
        },
      }),
    restore: image => {
      for (const { count } of image.columns) last().paymentCount += count
    },
    frame: () => {
      last().frameCount += 1
    },
    fact: fact => {
      last().entryCounts[fact.kind] += 1
      if (fact.kind === 'accepted') last().paymentCount += fact.records.length / paymentRecordBytes
    },
  })
  const problem = reader.read()
  const { processors, nextFrame, paymentCount, cut } = reader.found
  return { processors, files, nextFrame, paymentCount, cut, problem }
}

interface Counted extends FileReport {
  readonly entryCounts: Record<Fact['kind'], number>
  frameCount: number
  paymentCount: number
}
