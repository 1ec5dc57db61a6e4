import { assert } from '@rinha/base'
import type { Columns } from './columns.ts'
import { hashId } from './id-hash.ts'
import { indexRowCountMax, indexShardBits, shardLoadMax, shardSlotCountMin } from './limits.ts'

/**
 * Finds the row of an id: a hash table with open addressing and linear probing, the whole of it 32-bit slots.
 *
 * A `Map` would need a key it can compare: a string of 36 characters (56 bytes and an object for each payment), beside
 * some 40 bytes of its own for each entry. Here the id stands once, in the columns, and an entry is 4 bytes.
 * Open addressing means that an entry whose slot is taken sits in the next free one; a look-up walks from the id's own
 * slot until it finds it or meets an empty slot. Nothing is ever removed alone (a payment is never forgotten, except by
 * a purge of all), so there are no tombstones, the usual price of this scheme.
 *
 * A slot is 0 (empty), or the low 24 bits are row + 1 and the high 8 bits a tag: bits of the hash that chose neither
 * shard nor slot. An absent id, the common case, is told from its neighbours by their tags 255 times in 256, without a
 * look at their ids somewhere else in memory.
 *
 * A table that doubles stops the world to do so. Here the high bits of the hash choose one of many small tables that
 * grow each for itself. (The alternatives: incremental rehashing as in Redis, where every look-up asks two tables
 * until the move is done; linear hashing, Litwin 1980, which splits one bucket at a time. Both are more code.)
 *
 * Invariants:
 * 1. Every row of the columns is in exactly one slot, reachable from its own slot without an empty one between.
 * 2. Each shard keeps at least 30 % of its slots empty, so every probe ends.
 */
export class IdIndex {
  readonly #columns: Columns
  readonly #keyLow: number
  readonly #keyHigh: number
  #shards: Shard[]

  constructor(columns: Columns, hashSeed: number) {
    assert(Number.isSafeInteger(hashSeed), 'the hash seed is a safe integer')
    this.#columns = columns
    this.#keyLow = hashSeed | 0
    this.#keyHigh = Math.floor(hashSeed / 2 ** 32) | 0
    this.#shards = emptyShards()
  }

  /** Bytes of all slots. */
  get bytes(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.slots.byteLength, 0)
  }

  /** The row of the 16 bytes at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    const hash = hashId(ids, offset, this.#keyLow, this.#keyHigh)
    const { slots } = this.#shardOf(hash)
    const tag = tagOf(hash)
    const mask = slots.length - 1
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = slots[at] ?? 0
      if (slot === 0) return -1
      if (slot >>> 24 !== tag) continue
      const row = (slot & 0xffffff) - 1
      if (this.#columns.idEquals(row, ids, offset)) return row
    }
  }

  /**
   * Enters the 16 bytes at `offset` as those of the row that the columns get next. An assertion fails where they have a row:
   * on the way to a free slot every one that could hold them is met.
   */
  insert(ids: Uint8Array, offset: number, row: number): void {
    assert(row < indexRowCountMax, 'the row fits a slot')
    const hash = hashId(ids, offset, this.#keyLow, this.#keyHigh)
    const shard = this.#shardOf(hash)
    if (shard.count + 1 > shard.slots.length * shardLoadMax) this.#grow(shard)
    const { slots } = shard
    const tag = tagOf(hash)
    const mask = slots.length - 1
    let at = hash & mask
    for (let slot = slots[at] ?? 0; slot !== 0; slot = slots[at] ?? 0) {
      const isSame = slot >>> 24 === tag && this.#columns.idEquals((slot & 0xffffff) - 1, ids, offset)
      assert(!isSame, 'a payment is accepted once')
      at = (at + 1) & mask
    }
    slots[at] = (tag << 24) | (row + 1)
    shard.count += 1
  }

  clear(): void {
    this.#shards = emptyShards()
  }

  /** Invariants 1 and 2, by looking at everything. */
  checkInvariants(): void {
    let count = 0
    for (const shard of this.#shards) {
      const taken = shard.slots.reduce((sum, slot) => sum + (slot === 0 ? 0 : 1), 0)
      assert(taken === shard.count, 'a shard counts its taken slots')
      assert(taken <= shard.slots.length * shardLoadMax, 'a shard keeps its load')
      count += taken
    }
    assert(count === this.#columns.count, 'every row is indexed once')
    for (let row = 0; row < count; row += 1) {
      const found = this.find(this.#columns.segment(row).ids, this.#columns.idOffset(row))
      assert(found === row, 'every row is found by its id')
    }
  }

  #hashOf(row: number): number {
    return hashId(this.#columns.segment(row).ids, this.#columns.idOffset(row), this.#keyLow, this.#keyHigh)
  }

  #shardOf(hash: number): Shard {
    const shard = this.#shards[hash >>> (32 - indexShardBits)]
    assert(shard !== undefined, 'a hash names a shard')
    return shard
  }

  #grow(shard: Shard): void {
    const grown = new Uint32Array(shard.slots.length * 2)
    for (const slot of shard.slots) {
      if (slot === 0) continue
      const row = (slot & 0xffffff) - 1
      place(grown, this.#hashOf(row), row)
    }
    shard.slots = grown
  }
}

interface Shard {
  slots: Uint32Array
  count: number
}

function emptyShards(): Shard[] {
  return Array.from({ length: 2 ** indexShardBits }, () => ({
    slots: new Uint32Array(shardSlotCountMin),
    count: 0,
  }))
}

/** The eight bits below those that chose the shard; the slot comes from the low end. */
function tagOf(hash: number): number {
  return (hash >>> (24 - indexShardBits)) & 0xff
}

function place(slots: Uint32Array, hash: number, row: number): void {
  const mask = slots.length - 1
  let at = hash & mask
  while (slots[at] !== 0) at = (at + 1) & mask
  slots[at] = (tagOf(hash) << 24) | (row + 1)
}
