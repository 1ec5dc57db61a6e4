import { randomBytes, randomInt } from 'node:crypto'
import type { Archive } from '@rinha/archive'
import type { Term } from '@rinha/channel'
import { timers } from '@rinha/channel/tcp'
import { type OpenLog, openLog } from '@rinha/coordinator'
import { type FoundLog, type JournalDisk, journalIdBytes } from '@rinha/journal'
import { openDirectory } from '@rinha/journal/fs'
import { type Logger, StartProblem } from '@rinha/service'
import { Histogram } from '@rinha/service/metrics'
import { type FeesFile, openFeesFile } from './fees-file.ts'
import { openArchiveBeside } from './open-archive.ts'
import type { CoordinatorSettings } from './settings.ts'
import { ownShard } from './shards/shard-settings.ts'

export interface OpenJournal extends Pick<OpenLog, 'log' | 'ledger'> {
  readonly found: Pick<FoundLog, 'processors'>
  /** Where it is in a replicated log. */
  readonly term?: Term
  /** Where payments go that leave memory; undefined where none do. */
  readonly archive: Archive | undefined
  readonly fees: FeesFile
  /** How long appends to a file of it took, syncs included. */
  readonly syncs: Histogram
  /** Resolves with a line that says why, where another process has taken the directory: nothing is confirmed any more. */
  readonly lost: Promise<string>
  /** Resolves when everything written is on disk, or cannot be, and another process can use the directory. */
  close(): Promise<void>
}

/**
 * Opens the journal in JOURNAL_DIR; `undefined` where there is none to be. Throws a StartProblem for a directory that
 * another process uses and for a journal that is damaged.
 */
export async function openJournal(
  settings: CoordinatorSettings,
  log: Logger,
): Promise<OpenJournal | undefined> {
  const { JOURNAL_DIR, PROCESSORS, PAYMENT_COUNT_MAX, JOURNAL_SEGMENT_BYTES_MAX } = settings
  if (JOURNAL_DIR === '') return undefined
  const directory = await openDirectory(JOURNAL_DIR)
  if (!directory.ok) throw new StartProblem(directory.error)
  const { disk, release } = directory.value
  const fees = await openFeesFile(JOURNAL_DIR).catch(error => {
    release()
    throw error
  })
  let onLost: (line: string) => void = () => {}
  const lost = new Promise<string>(resolve => {
    onLost = resolve
  })
  const options = {
    processors: PROCESSORS.map(({ name }) => name),
    shard: ownShard(settings),
    paymentCountMax: PAYMENT_COUNT_MAX,
    hashSeed: randomInt(2 ** 31),
    segmentBytesMax: JOURNAL_SEGMENT_BYTES_MAX,
    journalId: new Uint8Array(randomBytes(journalIdBytes)),
    onProblem: (line: string) => log.error(line),
    onLost,
  }
  const startedMs = performance.now()
  const syncs = new Histogram()
  const opened = openLog(timed(disk, syncs), options, timers)
  if (!opened.ok) {
    release()
    throw new StartProblem(`JOURNAL_DIR=${JOURNAL_DIR}: ${opened.error}`)
  }
  const readMs = performance.now()
  const archive = await openArchiveBeside(settings, opened.value, log).catch(error => {
    release()
    throw error
  })
  const tookMs = Math.round(readMs - startedMs)
  const archiveMs = Math.round(performance.now() - readMs)
  sayFound(opened.value, PROCESSORS.length, { tookMs, archiveMs }, log)
  const journal = opened.value.log
  return {
    ...opened.value,
    archive: archive?.archive,
    fees,
    syncs,
    lost,
    close: async () => {
      await new Promise<void>(resolve => journal.close(resolve))
      if (journal.failure !== undefined)
        log.error(
          journal.failure,
          'the journal could not be written at the end: facts that were not confirmed are lost',
        )
      await archive?.close()
      release()
    },
  }
}

function timed(disk: JournalDisk, syncs: Histogram): JournalDisk {
  return {
    lost: () => disk.lost(),
    names: () => disk.names(),
    sizeBytes: name => disk.sizeBytes(name),
    read: (name, offset, countMax) => disk.read(name, offset, countMax),
    truncate: (name, sizeBytes) => disk.truncate(name, sizeBytes),
    rename: (from, to) => disk.rename(from, to),
    remove: name => disk.remove(name),
    create: name => {
      const file = disk.create(name)
      return {
        append: (bytes, done) => {
          const beganMs = performance.now()
          file.append(bytes, problem => {
            syncs.observe(performance.now() - beganMs)
            done(problem)
          })
        },
        close: () => file.close(),
      }
    },
  }
}

function sayFound({ found, ledger }: OpenLog, namedCount: number, tooksMs: object, log: Logger): void {
  const { cut, paymentCount, entryCount, segments, snapshotFrame } = found
  const { openCount } = ledger
  const notNamed = found.processors.slice(namedCount)
  const figures = {
    paymentCount,
    openCount,
    entryCount,
    segmentCount: segments.length,
    snapshotFrame,
    notNamed,
  }
  log.info({ ...figures, ...tooksMs }, 'the journal was read')
  if (cut !== undefined)
    log.warn(cut, 'the end of the journal was torn and is cut off: it was never confirmed')
}
