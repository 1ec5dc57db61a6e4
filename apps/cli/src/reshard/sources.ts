import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { printProblem, readJournal } from '@rinha/journal'
import { journalsIn, openDirectory, shardDirectory, unfinishedName } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { onlyShard, processorCountMax, type Shard } from '@rinha/payment'
import { paymentCountMax } from '@rinha/replay'
import { StartProblem, syncDirectory } from '@rinha/service'
import { openLogs } from './log-sources.ts'
import { readFiles } from './operator-state.ts'
import type { Place } from './place.ts'
import { assertShard, indicesOf, type OpenSource, type Sources } from './source.ts'

/** All shards of a place, which may be one that is being made. Throws a StartProblem where one is missing, in use, damaged or not what its place says. */
export async function openSources(place: Place, isUnfinished = false): Promise<Sources> {
  return place.kind === 'log' ? openLogs(place, isUnfinished) : openDirectories(place.path, isUnfinished)
}

async function openDirectories(from: string, isUnfinished: boolean): Promise<Sources> {
  const shards = shardsIn(from, isUnfinished)
  const names: string[] = []
  const sources: OpenSource[] = []
  const close = async () => {
    for (const source of sources.splice(0)) await source.close()
  }
  try {
    for (const shard of shards) sources.push(await openSource(shardDirectory(from, shard), shard, names))
    return {
      ...{ sources, names, close },
      movedTo: undefined,
      leave: async () => {},
      finish: async () => {
        await syncDirectory(from)
        rmSync(join(from, unfinishedName))
        await syncDirectory(from)
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The shards whose journals are in a JOURNAL_DIR. Throws a StartProblem where one is missing. */
export function shardsIn(from: string, mayBeUnfinished: boolean): readonly Shard[] {
  const { isWhole, shards, isUnfinished } = journalsIn(from)
  if (isUnfinished && !mayBeUnfinished)
    throw new StartProblem(`${from} was not finished by an earlier reshard: it is not whole`)
  if (isWhole && shards.length > 0)
    throw new StartProblem(
      `${from} has a journal and those of shards: move one of the two to a directory of its own`,
    )
  if (isWhole) return [onlyShard]
  if (shards.length === 0) throw new StartProblem(`there is no journal in ${from}`)
  const missing = shards.findIndex((index, at) => index !== at)
  if (missing >= 0) throw new StartProblem(`shard ${missing} is missing in ${from}: all have to be there`)
  return shards.map(index => ({ index, count: shards.length }))
}

async function openSource(path: string, shard: Shard, names: string[]): Promise<OpenSource> {
  const directory = await openDirectory(path)
  if (!directory.ok) throw new StartProblem(directory.error)
  const { disk, release } = directory.value
  try {
    const ledger = new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed: 1 })
    const found = readJournal(disk, ledger)
    if (!found.ok) throw new StartProblem(`${path}: ${printProblem(found.error)}`)
    assertShard(ledger, path, shard)
    const archive = await openArchive(path, ledger, found.value.processors)
    const operator = readFiles(path)
    const close = async () => {
      await archive?.close()
      release()
    }
    return { ledger, archive, operator, close, processors: indicesOf(found.value.processors, names) }
  } catch (error) {
    release()
    throw error
  }
}

async function openArchive(path: string, ledger: Ledger, processors: readonly string[]) {
  const { readArchive } = await import('@rinha/archive/level')
  const read = await readArchive(join(path, 'archive'), ledger.forgotten.count, processors)
  if (!read.ok) throw new StartProblem(read.error)
  const count = read.value?.count ?? 0
  if (count >= ledger.left.count) return read.value
  await read.value?.close()
  throw new StartProblem(
    `the archive in ${path} has ${count} payments, and the journal has moved ${ledger.left.count} there: a part of it is lost`,
  )
}
