import { join } from 'node:path'
import { printProblem, readJournal } from '@rinha/journal'
import { journalsIn, openDirectory, shardDirectory } from '@rinha/journal/fs'
import { Ledger } from '@rinha/ledger'
import { onlyShard, processorCountMax, type Shard, shardMark } from '@rinha/payment'
import { paymentCountMax, type ShardSource } from '@rinha/replay'
import { StartProblem } from '@rinha/service'

/** The journal and the archive of a shard that no coordinator uses, and none can meanwhile. Nothing in them is changed. */
interface OpenSource extends ShardSource {
  readonly path: string
  close(): Promise<void>
}

export interface Sources {
  readonly sources: readonly OpenSource[]
  /** All processors that any of them knows, by the index of the result. */
  readonly names: readonly string[]
  close(): Promise<void>
}

/** All shards of a JOURNAL_DIR, which may be one that is being made. Throws a StartProblem where one is missing, in use, damaged or not what its place says. */
export async function openSources(from: string, isUnfinished = false): Promise<Sources> {
  const shards = shardsIn(from, isUnfinished)
  const names: string[] = []
  const sources: OpenSource[] = []
  const close = async () => {
    for (const source of sources.splice(0)) await source.close()
  }
  try {
    for (const shard of shards) sources.push(await openSource(shardDirectory(from, shard), shard, names))
    return { sources, names, close }
  } catch (error) {
    await close()
    throw error
  }
}

function shardsIn(from: string, mayBeUnfinished: boolean): readonly Shard[] {
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
    for (const name of found.value.processors) if (!names.includes(name)) names.push(name)
    const close = async () => {
      await archive?.close()
      release()
    }
    return {
      path,
      ledger,
      archive,
      processors: found.value.processors.map(name => names.indexOf(name)),
      close,
    }
  } catch (error) {
    release()
    throw error
  }
}

/** A journal that is moved to another place, or one of a larger number of shards, would be divided wrongly. */
function assertShard(ledger: Ledger, path: string, shard: Shard): void {
  const found = ledger.notes.get('shard')
  if (ledger.isNew || found === shardMark(shard)) return
  const { index, count } = shard
  const [foundIndex, foundCount] = (found ?? '0/1').split('/')
  throw new StartProblem(
    `${path} holds shard ${foundIndex} of ${foundCount}, and as shard ${index} of ${count} it was found: all shards have to be there, and no others`,
  )
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
