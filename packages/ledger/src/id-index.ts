import { assert } from '@rinha/base'
import { hashId } from '@rinha/payment'
import {
  indexNumberCount,
  indexShardBits,
  shardDoubledCountMax,
  shardGrowth,
  shardLoadMax,
  shardSlotCountMin,
} from './limits.ts'

/** What an index is of: a table that has each id at a number of 24 bits. */
interface IdTable {
  idEquals(number: number, ids: Uint8Array, offset: number): boolean
}

/**
 * Finds the row of an id, or rather its last 24 bits, its *number*: a hash table with open addressing and linear probing, six bytes a slot.
 *
 * A `Map` would need a key it can compare: a string of 36 characters (56 bytes and an object for each payment), beside
 * some 40 bytes of its own for each entry. Here the id stands once, in the columns.
 * Open addressing means that an entry whose slot is taken sits in the next free one; a look-up walks from the id's own
 * slot until it finds it or meets an empty slot. When one is removed, entries behind it that would no longer be found move up
 * (Knuth, TAOCP 3, 6.4, algorithm R), so there are no tombstones, which make every later walk longer.
 *
 * Beside its number an entry has all of its hash but the bits that chose the shard. So an absent id, the common case, costs one
 * walk of neighbours in memory and no look at an id somewhere else, and a table grows without a look at any. With millions
 * of payments each such look is a cache miss, and a row's cost is the number of its misses.
 *
 * A slot is three 16-bit words: the low hash bits; a bit that says taken, the six hash bits above those, and the high byte of
 * the number; its low 16 bits.
 *
 * A table that grows stops the world to do so. Here the high bits of the hash choose one of many small tables that
 * grow each for itself, and by a quarter once they are large, so that they are never half empty. A slot is the hash scaled to the
 * number of slots: it stays in order when that number changes. (The alternatives: incremental rehashing as in Redis, where every
 * look-up asks two tables until the move is done; linear hashing, Litwin 1980, which splits one bucket at a time. Both are more
 * code.)
 *
 * Invariants:
 * 1. Every number of the table is in exactly one slot, reachable from its own slot without an empty one between.
 * 2. Each shard keeps at least a quarter of its slots empty, so every probe ends.
 */
export class IdIndex {
  readonly #table: IdTable
  readonly #keyLow: number
  readonly #keyHigh: number
  #shards: Uint16Array[]
  readonly #counts = new Uint32Array(2 ** indexShardBits)

  constructor(table: IdTable, hashSeed: number) {
    assert(Number.isSafeInteger(hashSeed), 'the hash seed is a safe integer')
    this.#table = table
    this.#keyLow = hashSeed | 0
    this.#keyHigh = Math.floor(hashSeed / 2 ** 32) | 0
    this.#shards = emptyShards()
  }

  /** Bytes of all slots. */
  get bytes(): number {
    return this.#shards.reduce((sum, slots) => sum + slots.byteLength, 0)
  }

  /** The number of the 16 bytes at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    const hash = hashId(ids, offset, this.#keyLow, this.#keyHigh)
    const slots = this.#slotsOf(hash >>> shardShift)
    const at = this.#placeOf(slots, hash, ids, offset)
    return isTaken(slots, at) ? numberAt(slots, at) : -1
  }

  /** Enters the 16 bytes at `offset` under the last 24 bits of a row. An assertion fails where they are there already. */
  insert(ids: Uint8Array, offset: number, row: number): void {
    const hash = hashId(ids, offset, this.#keyLow, this.#keyHigh)
    const shard = hash >>> shardShift
    const count = (this.#counts[shard] ?? 0) + 1
    if (count * slotWords > this.#slotsOf(shard).length * shardLoadMax) this.#grow(shard)
    const slots = this.#slotsOf(shard)
    const at = this.#placeOf(slots, hash, ids, offset)
    assert(!isTaken(slots, at), 'a payment is accepted once')
    slots[at] = hash
    slots[at + 1] = highWord(hash, row & (indexNumberCount - 1))
    slots[at + 2] = row
    this.#counts[shard] = count
  }

  /** Removes the 16 bytes at `offset`. An assertion fails where they are not there. */
  remove(ids: Uint8Array, offset: number): void {
    const hash = hashId(ids, offset, this.#keyLow, this.#keyHigh)
    const shard = hash >>> shardShift
    const slots = this.#slotsOf(shard)
    const wordCount = slots.length
    let free = this.#placeOf(slots, hash, ids, offset)
    assert(isTaken(slots, free), 'what is removed is there')
    for (let at = nextOf(free, wordCount); isTaken(slots, at); at = nextOf(at, wordCount)) {
      // An entry moves up where the free slot lies between its own slot and where it is.
      const home = homeOf(slots[at] ?? 0, wordCount)
      if (distance(home, at, wordCount) < distance(free, at, wordCount)) continue
      slots.copyWithin(free, at, at + slotWords)
      free = at
    }
    slots.fill(0, free, free + slotWords)
    this.#counts[shard] = (this.#counts[shard] ?? 0) - 1
  }

  clear(): void {
    this.#shards = emptyShards()
    this.#counts.fill(0)
  }

  /** Invariants 1 and 2, by looking at everything: `idAt` tells where the id of each of these numbers stands. */
  checkInvariants(
    numbers: Iterable<number>,
    idAt: (number: number) => readonly [ids: Uint8Array, offset: number],
  ): void {
    let count = 0
    for (const [shard, slots] of this.#shards.entries()) {
      let taken = 0
      for (let at = 0; at < slots.length; at += slotWords) if (isTaken(slots, at)) taken += 1
      assert(taken === this.#counts[shard], 'a shard counts its taken slots')
      assert(taken * slotWords <= slots.length * shardLoadMax, 'a shard keeps its load')
      count += taken
    }
    for (const number of numbers) {
      count -= 1
      assert(this.find(...idAt(number)) === number, 'every row is found by its id')
    }
    assert(count === 0, 'every row is indexed once')
  }

  /** The slot of the id's entry, or the free slot where it would go. */
  #placeOf(slots: Uint16Array, hash: number, ids: Uint8Array, offset: number): number {
    const low = hash & 0xffff
    const high = highWord(hash, 0)
    let at = homeOf(low, slots.length)
    for (let word = slots[at + 1] ?? 0; word !== 0; word = slots[at + 1] ?? 0) {
      const isSameHash = slots[at] === low && (word & 0xff00) === high
      if (isSameHash && this.#table.idEquals(numberAt(slots, at), ids, offset)) return at
      at = nextOf(at, slots.length)
    }
    return at
  }

  #slotsOf(shard: number): Uint16Array {
    const slots = this.#shards[shard]
    assert(slots !== undefined, 'a hash names a shard')
    return slots
  }

  #grow(shard: number): void {
    const slots = this.#slotsOf(shard)
    const slotCount = slots.length / slotWords
    const grownCount = slotCount < shardDoubledCountMax ? slotCount * 2 : Math.ceil(slotCount * shardGrowth)
    const grown = new Uint16Array(grownCount * slotWords)
    for (let from = 0; from < slots.length; from += slotWords) {
      if (!isTaken(slots, from)) continue
      let at = homeOf(slots[from] ?? 0, grown.length)
      while (isTaken(grown, at)) at = nextOf(at, grown.length)
      grown[at] = slots[from] ?? 0
      grown[at + 1] = slots[from + 1] ?? 0
      grown[at + 2] = slots[from + 2] ?? 0
    }
    this.#shards[shard] = grown
  }
}

const slotWords = 3
const shardShift = 32 - indexShardBits
/** A bit in the middle word of a slot: the slot is taken. */
const taken = 0x8000

function emptyShards(): Uint16Array[] {
  return Array.from({ length: 2 ** indexShardBits }, () => new Uint16Array(shardSlotCountMin * slotWords))
}

/** An entry's own slot in a shard of so many words: 16 hash bits, scaled. */
function homeOf(low: number, wordCount: number): number {
  return (Math.imul(low, wordCount / slotWords) >>> 16) * slotWords
}

function nextOf(at: number, wordCount: number): number {
  const next = at + slotWords
  return next === wordCount ? 0 : next
}

/** Words from one slot on to another. */
function distance(from: number, to: number, wordCount: number): number {
  return to >= from ? to - from : to - from + wordCount
}

function isTaken(slots: Uint16Array, at: number): boolean {
  return slots[at + 1] !== 0
}

function numberAt(slots: Uint16Array, at: number): number {
  return (((slots[at + 1] ?? 0) & 0xff) << 16) | (slots[at + 2] ?? 0)
}

/** The middle word: the six hash bits between those of the shard and the low 16. */
function highWord(hash: number, number: number): number {
  return taken | ((hash >>> 8) & 0x3f00) | (number >>> 16)
}
