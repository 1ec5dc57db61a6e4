import {
  movedMark,
  movedTo,
  onlyShard,
  printShard,
  type Shard,
  shardCountMax,
  shardLogName,
  unfinishedMark,
} from '@rinha/payment'
import { StartProblem } from '@rinha/service'
import { type LedLog, leadLog } from './led-log.ts'
import { readNotes } from './operator-state.ts'
import type { LogAccess, Place } from './place.ts'
import { assertShard, indicesOf, type OpenSource, type Sources } from './source.ts'

/** All shards of a replicated log. This process leads each until `close`. */
export async function openLogs(
  { name, access }: Extract<Place, { kind: 'log' }>,
  isUnfinished: boolean,
): Promise<Sources> {
  const shards = await shardsOf(access, name)
  const led = await leadAll(access, shards, name)
  const close = async () => {
    for (const log of led) await log.close()
  }
  try {
    const found = led.flatMap(({ ledger }) => movedTo(ledger.notes.get('shard')) ?? [])
    const names: string[] = []
    const sources = led.map((log, at) => sourceOf(log, shards[at] as Shard, names, isUnfinished))
    return {
      ...{ sources, names, close },
      movedTo: found[0],
      leave: to => markAll(led, () => movedMark(to)),
      finish: () => markAll(led, at => printShard(shards[at] as Shard)),
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Of the only shard, or of several, or none. */
export async function findShards(access: LogAccess, name: string): Promise<readonly Shard[]> {
  const { findLogs } = await import('@rinha/journal/jetstream')
  const isThere = (shard: Shard) =>
    findLogs(access, [shardLogName(name, shard)]).then(found => found.length > 0, failed)
  const failed = (error: Error): never => {
    throw new StartProblem(`log:${name} cannot be looked for at LOG_SERVERS: ${error.message}`)
  }
  const isWhole = await isThere(onlyShard)
  let count = 0
  while (count < shardCountMax && (await isThere({ index: count, count: shardCountMax }))) count += 1
  if (isWhole && count > 0)
    throw new StartProblem(`log:${name} is there, and so is log:${name}-0, a shard of the same name`)
  return isWhole ? [onlyShard] : Array.from({ length: count }, (_, index) => ({ index, count }))
}

async function shardsOf(access: LogAccess, name: string): Promise<readonly Shard[]> {
  const shards = await findShards(access, name)
  if (shards.length === 0) throw new StartProblem(`there is no log:${name} at LOG_SERVERS`)
  return shards
}

async function leadAll(
  access: LogAccess,
  shards: readonly Shard[],
  name: string,
): Promise<readonly LedLog[]> {
  const ended = await Promise.allSettled(
    shards.map(shard => leadLog(access, shardLogName(name, shard), undefined)),
  )
  const led = ended.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  const failed = ended.find(each => each.status === 'rejected')
  if (failed === undefined) return led
  for (const log of led) await log.close()
  throw failed.reason
}

function sourceOf(log: LedLog, shard: Shard, names: string[], mayBeUnfinished: boolean): OpenSource {
  const { ledger, name } = log
  const mark = ledger.notes.get('shard')
  if (mark === unfinishedMark && !mayBeUnfinished)
    throw new StartProblem(`log:${name} was not finished by an earlier reshard: it is not whole`)
  if (mark !== unfinishedMark && movedTo(mark) === undefined) assertShard(ledger, `log:${name}`, shard)
  return {
    ledger,
    archive: undefined,
    processors: indicesOf(log.processors, names),
    operator: readNotes(ledger),
    // All are closed together.
    close: async () => {},
  }
}

async function markAll(led: readonly LedLog[], markOf: (at: number) => string): Promise<void> {
  for (const [at, log] of led.entries()) await log.mark(markOf(at))
}
