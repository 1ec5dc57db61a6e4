import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { onlyShard, type Shard } from '@rinha/payment'

/** The directory of a shard's journal below JOURNAL_DIR, which itself has that of the only shard. */
export function shardDirectory(path: string, { index, count }: Shard): string {
  return count === onlyShard.count ? path : join(path, `shard-${index}`)
}

/** This file is in a directory while its journals are being made from those of other shards, and where that was interrupted. */
export const unfinishedName = 'unfinished'

/** The journals in a JOURNAL_DIR, by what its files and directories are called. */
export interface FoundJournals {
  /** Whether it has that of an only shard. */
  readonly isWhole: boolean
  /** The shards that have one in a directory of their own, ascending. */
  readonly shards: readonly number[]
  readonly isUnfinished: boolean
}

export function journalsIn(path: string): FoundJournals {
  const names = namesIn(path)
  const shards = names
    .map(name => /^shard-(0|[1-9]\d?)$/.exec(name)?.[1])
    .filter(digits => digits !== undefined && hasJournal(namesIn(join(path, `shard-${digits}`))))
    .map(Number)
    .sort((a, b) => a - b)
  return { isWhole: hasJournal(names), shards, isUnfinished: names.includes(unfinishedName) }
}

function namesIn(path: string): readonly string[] {
  return existsSync(path) ? readdirSync(path) : []
}

function hasJournal(names: readonly string[]): boolean {
  return names.some(name => /^(segment|snapshot)-\d+\./.test(name))
}
