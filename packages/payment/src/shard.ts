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

/** The note that begins the history of one of several shards; undefined where there is one. */
export function shardMark({ index, count }: Shard): string | undefined {
  return count === onlyShard.count ? undefined : `${index}/${count}`
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
