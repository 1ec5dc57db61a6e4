import type { Ledger } from '@rinha/ledger'
import { onlyShard, printShard, type Shard } from '@rinha/payment'
import type { ShardSource } from '@rinha/replay'
import { StartProblem } from '@rinha/service'
import type { OperatorState } from './operator-state.ts'

/** The journal and the archive of a shard that no coordinator uses, and none can meanwhile. Its payments are not changed. */
export interface OpenSource extends ShardSource {
  readonly operator: OperatorState
  close(): Promise<void>
}

export interface Sources {
  readonly sources: readonly OpenSource[]
  /** All processors that any of them knows, by the index of the result. */
  readonly names: readonly string[]
  /** Where an earlier reshard has moved what is here. */
  readonly movedTo: string | undefined
  /** No coordinator begins here any more: its payments are at another place. Directories stay as they are. */
  leave(to: string): Promise<void>
  /** The mark of what is unfinished is gone, and coordinators may begin. */
  finish(): Promise<void>
  close(): Promise<void>
}

/** Which processors of all these are; new ones are added to `names`. */
export function indicesOf(processors: readonly string[], names: string[]): readonly number[] {
  for (const name of processors) if (!names.includes(name)) names.push(name)
  return processors.map(name => names.indexOf(name))
}

/** A journal that is moved to another place, or one of a larger number of shards, would be divided wrongly. */
export function assertShard(ledger: Ledger, place: string, shard: Shard): void {
  const mark = ledger.notes.get('shard') ?? printShard(onlyShard)
  if (ledger.isNew || mark === printShard(shard)) return
  const { index, count } = shard
  const [foundIndex, foundCount] = mark.split('/')
  throw new StartProblem(
    `${place} holds shard ${foundIndex} of ${foundCount}, and as shard ${index} of ${count} it was found: all shards have to be there, and no others`,
  )
}
