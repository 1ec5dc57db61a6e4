import { correlationIdBytes } from './correlation-id.ts'

export const shardCountMax = 64

/** One of the coordinators among which payments are divided. */
export interface Shard {
  /** From 0. */
  readonly index: number
  readonly count: number
}

/** The only shard where there is one coordinator. */
export const onlyShard: Shard = { index: 0, count: 1 }

/** Whose history it is, as a note in it says. */
export function printShard({ index, count }: Shard): string {
  return `${index}/${count}`
}

/** The note that begins the history of one of several shards; undefined where there is one. */
export function shardMark(shard: Shard): string | undefined {
  return shard.count === onlyShard.count ? undefined : printShard(shard)
}

/** In place of a shard: its payments are being written by a re-sharding. Nobody may begin there, or finds a part of them. */
export const unfinishedMark = 'unfinished'

/** In place of a shard: its payments are elsewhere since a re-sharding. Whoever began here would send them a second time. */
export function movedMark(to: string): string {
  return `${movedPrefix}${to}`
}

/** Where the payments are, if a mark says that they were moved. */
export function movedTo(mark: string | undefined): string | undefined {
  return mark?.startsWith(movedPrefix) ? mark.slice(movedPrefix.length) : undefined
}

const movedPrefix = 'moved to '

/** The log of a shard at its servers. The only shard's has the name itself. */
export function shardLogName(name: string, { index, count }: Shard): string {
  return count === onlyShard.count ? name : `${name}-${index}`
}

/**
 * The shard of the payment whose id is the 16 bytes at `offset`: FNV-1a with 32 bits over all of them, then the finisher of
 * MurmurHash3, modulo `shardCount`. Without the finisher, ids that differ in their last byte alone would be spread unevenly.
 *
 * Journals and archives are divided by it. It must never change: a payment that is sought on another shard than the one that has it
 * counts as new, and is charged twice.
 */
export function shardOf(correlationId: Uint8Array, shardCount: number, offset = 0): number {
  if (shardCount === 1) return 0
  let hash = 0x811c9dc5
  for (let index = 0; index < correlationIdBytes; index += 1) {
    hash = Math.imul(hash ^ (correlationId[offset + index] ?? 0), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % shardCount
}
