import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ArchivedPayment } from '@rinha/archive'
import { timers } from '@rinha/channel/tcp'
import {
  journalIdBytes,
  journalOnDisk,
  printProblem,
  recoverJournal,
  segmentBytesMaxDefault,
} from '@rinha/journal'
import { openDirectory, shardDirectory } from '@rinha/journal/fs'
import type { Ledger } from '@rinha/ledger'
import { type Shard, shardMark } from '@rinha/payment'
import { StartProblem } from '@rinha/service'

/** The directory of a new shard, and what is written there. */
export interface NewShard {
  readonly path: string
  archive(payments: readonly ArchivedPayment[]): Promise<void>
  /** Writes the journal: a snapshot of this ledger. */
  finish(ledger: Ledger): Promise<void>
  close(): Promise<void>
}

export async function newShard(to: string, shard: Shard, processors: readonly string[]): Promise<NewShard> {
  const path = shardDirectory(to, shard)
  const directory = await openDirectory(path)
  if (!directory.ok) throw new StartProblem(directory.error)
  const { disk, release } = directory.value
  const { openArchive } = await import('@rinha/archive/level')
  const wanted = { processors, generation: 0, countMin: 0, onProblem: () => {} }
  const opened = await openArchive(join(path, 'archive'), wanted)
  if (!opened.ok) throw new StartProblem(opened.error)
  const { archive, close } = opened.value
  return {
    path,
    archive: payments =>
      new Promise((resolve, reject) =>
        archive.add(payments, problem =>
          problem === undefined ? resolve() : reject(new StartProblem(`${path}: ${problem}`)),
        ),
      ),
    finish: async ledger => {
      const mark = shardMark(shard)
      if (mark !== undefined) ledger.apply({ kind: 'noted', topic: 'shard', text: mark })
      const options = { processors, segmentBytesMax: segmentBytesMaxDefault }
      const found = recoverJournal(disk, options, ledger)
      if (!found.ok) throw new StartProblem(`${path}: ${printProblem(found.error)}`)
      const journalId = new Uint8Array(randomBytes(journalIdBytes))
      const journal = journalOnDisk(disk, found.value, { ...options, journalId }, timers)
      journal.snapshot(ledger.image())
      while (journal.status.snapshotCount === 0 && journal.failure === undefined) await sleep(lookMs)
      await new Promise<void>(resolve => journal.close(resolve))
      if (journal.failure !== undefined) throw new StartProblem(`${path}: ${journal.failure.words}`)
    },
    close: async () => {
      await close()
      release()
    },
  }
}

const lookMs = 20
