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
import { type Shard, shardLogName, shardMark, unfinishedMark } from '@rinha/payment'
import { StartProblem, syncDirectory } from '@rinha/service'
import { leadLog } from './led-log.ts'
import { type OperatorState, writeFiles, writeNotes } from './operator-state.ts'
import type { Place } from './place.ts'

/** The place of a new shard, and what is written there. */
export interface NewShard {
  archive(payments: readonly ArchivedPayment[]): Promise<void>
  /** Writes the journal: a snapshot of this ledger, and what operators have changed. */
  finish(ledger: Ledger, operator: OperatorState): Promise<void>
  close(): Promise<void>
}

export function newShard(to: Place, shard: Shard, processors: readonly string[]): Promise<NewShard> {
  return to.kind === 'log' ? newLog(to, shard, processors) : newDirectory(to.path, shard, processors)
}

/** It is marked as unfinished before anything is written. A replicated log has no archive. */
async function newLog(
  { name, access }: Extract<Place, { kind: 'log' }>,
  shard: Shard,
  processors: readonly string[],
): Promise<NewShard> {
  const log = await leadLog(access, shardLogName(name, shard), processors)
  await log.mark(unfinishedMark)
  return {
    archive: async () => {},
    finish: async (ledger, operator) => {
      ledger.apply({ kind: 'noted', topic: 'shard', text: unfinishedMark })
      writeNotes(ledger, operator)
      await log.replace(ledger)
    },
    close: () => log.close(),
  }
}

async function newDirectory(to: string, shard: Shard, processors: readonly string[]): Promise<NewShard> {
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
    archive: payments =>
      new Promise((resolve, reject) =>
        archive.add(payments, problem =>
          problem === undefined ? resolve() : reject(new StartProblem(`${path}: ${problem}`)),
        ),
      ),
    finish: async (ledger, operator) => {
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
      writeFiles(path, operator)
      await syncDirectory(path)
    },
    close: async () => {
      await close()
      release()
    },
  }
}

const lookMs = 20
