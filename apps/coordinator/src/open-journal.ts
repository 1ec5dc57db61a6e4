import { randomBytes, randomInt } from 'node:crypto'
import { timers } from '@rinha/channel/tcp'
import { type Recovered, Recovery } from '@rinha/engine'
import { Journal, journalIdBytes, recoverJournal } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { type Logger, StartProblem } from '@rinha/service'
import type { CoordinatorSettings } from './settings.ts'

export interface OpenJournal {
  readonly journal: Journal
  /** What the process before this one left behind. */
  readonly recovered: Recovered
  /** Resolves when what was written is on disk, or cannot be, and the directory is free for another process. */
  close(): Promise<void>
}

/**
 * Reads the journal of JOURNAL_DIR and goes on writing it; `undefined` where there is none to be. Reading is synchronous:
 * nothing can be served before it is done. `onWritable` is called when writing works again after it did not.
 *
 * Throws a StartProblem for a directory that another process uses and for a journal that is damaged: what to do with
 * money whose history is not readable is for a person to decide.
 */
export async function openJournal(
  settings: CoordinatorSettings,
  log: Logger,
  onWritable: () => void,
): Promise<OpenJournal | undefined> {
  const { JOURNAL_DIR, PROCESSORS, PAYMENT_COUNT_MAX, JOURNAL_SEGMENT_BYTES_MAX } = settings
  if (JOURNAL_DIR === '') return undefined
  const directory = await openDirectory(JOURNAL_DIR)
  if (!directory.ok) throw new StartProblem(directory.error)
  const { disk, release } = directory.value
  const recovery = new Recovery({
    processorCount: PROCESSORS.length,
    paymentCountMax: PAYMENT_COUNT_MAX,
    hashSeed: randomInt(2 ** 31),
  })
  const options = {
    processors: PROCESSORS.map(({ name }) => name),
    segmentBytesMax: JOURNAL_SEGMENT_BYTES_MAX,
    journalId: new Uint8Array(randomBytes(journalIdBytes)),
    onProblem: (problem: string) => log.error(problem),
    onRecovered: (line: string) => {
      log.info(line)
      onWritable()
    },
  }
  const startedMs = performance.now()
  const found = recoverJournal(disk, options, recovery)
  if (!found.ok) {
    release()
    const { file, offset, words } = found.error
    throw new StartProblem(`JOURNAL_DIR=${JOURNAL_DIR}: ${file}, byte ${offset}: ${words}`)
  }
  const recovered = recovery.recovered()
  const { cut, paymentCount, entryCount, segmentCount, snapshotFrame } = found.value
  const figures = {
    paymentCount,
    openCount: recovered.ledger.openCount,
    entryCount,
    segmentCount,
    snapshotFrame,
  }
  log.info({ ...figures, tookMs: Math.round(performance.now() - startedMs) }, 'the journal was read')
  if (cut !== undefined)
    log.warn(cut, 'the end of the journal was torn and is cut off: it was never confirmed')
  const journal = new Journal(disk, found.value, options, timers)
  return {
    journal,
    recovered,
    close: async () => {
      await new Promise<void>(resolve => journal.close(resolve))
      release()
    },
  }
}
