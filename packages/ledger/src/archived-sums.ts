import { assert } from '@rinha/base'
import type { ArchivedSeconds, ProcessorTotal } from '@rinha/payment'
import { FenwickTree } from './fenwick-tree.ts'
import { chunkSecondCount } from './limits.ts'

/**
 * One processor's settlements of archived time: how many and how much in each second. A window is exact whose ends are at whole
 * seconds ({@link wholeSecondsAround}). Both ends of a window are included, so one may end with a whole second (…:05.999) or on
 * one (…:05.000). Therefore a second has two parts, its first millisecond and the rest; a part in which nothing settled has no
 * entry. An entry takes 14 bytes.
 *
 * Entries stand in chunks, in the order of time, with two Fenwick trees over their counts and sums, as in range-sums.ts.
 * New time comes at the end. A settlement that comes late is added to its entry, or gets one: a chunk that is full is split.
 * What an image was given is not changed any more, but copied before a change.
 */
export class ArchivedSums {
  #chunks: Chunk[] = []
  readonly #counts = new FenwickTree()
  readonly #cents = new FenwickTree()
  #entryCount = 0

  get entryCount(): number {
    return this.#entryCount
  }

  add(timeMs: number, amountCents: number): void {
    this.addPart(keyOf(timeMs), 1, amountCents)
  }

  /** What has a time in [fromMs, toMs]; null is an open end. A part of a second that such a window cuts counts as its first millisecond. */
  total(fromMs: number | null, toMs: number | null): ProcessorTotal {
    const end = this.#before(toMs === null ? Number.POSITIVE_INFINITY : firstKeyFrom(toMs + 1))
    const start = this.#before(fromMs === null ? Number.NEGATIVE_INFINITY : firstKeyFrom(fromMs))
    return { count: end.count - start.count, amountCents: end.amountCents - start.amountCents }
  }

  /** All entries, in pieces that are not changed later. */
  image(processor: number): ArchivedSeconds[] {
    return this.#chunks.map(chunk => chunk.share(processor))
  }

  /** Takes the pieces of an image, in their order. */
  restore({ firstKey, offsets, counts, cents }: ArchivedSeconds): void {
    assert(firstKey > (this.#chunks.at(-1)?.lastKey ?? -1), 'seconds ascend')
    const chunk = new Chunk(firstKey)
    for (const [index, offset] of offsets.entries())
      chunk.add(firstKey + offset, counts[index] ?? 0, cents[index] ?? 0)
    this.#entryCount += chunk.entryCount
    this.#put(this.#chunks.length, chunk)
  }

  clear(): void {
    this.#chunks = []
    this.#counts.clear()
    this.#cents.clear()
    this.#entryCount = 0
  }

  checkInvariants(): void {
    let previous = Number.NEGATIVE_INFINITY
    let total = { count: 0, amountCents: 0 }
    for (const [index, chunk] of this.#chunks.entries()) {
      for (const key of chunk.keys()) {
        assert(key > previous, 'seconds ascend')
        previous = key
      }
      const { count, amountCents } = chunk.sumOf(chunk.entryCount)
      total = { count: total.count + count, amountCents: total.amountCents + amountCents }
      assert(this.#counts.prefix(index + 1) === total.count, 'the tree of counts holds every chunk')
      assert(this.#cents.prefix(index + 1) === total.amountCents, 'the tree of sums holds every chunk')
    }
  }

  /** What settled in the part of a second that has this key. */
  addPart(key: number, count: number, amountCents: number): void {
    let at = this.#chunkAt(key)
    let chunk = this.#chunks[at]
    if (chunk === undefined || !chunk.canHold(key)) {
      at += 1
      chunk = new Chunk(key)
      this.#put(at, chunk)
    } else if (chunk.isFull && !chunk.has(key)) {
      this.#put(at + 1, chunk.splitHalf(), at)
      return this.addPart(key, count, amountCents)
    }
    if (chunk.add(key, count, amountCents)) this.#entryCount += 1
    this.#counts.add(at, count)
    this.#cents.add(at, amountCents)
  }

  #before(key: number): ProcessorTotal {
    const at = this.#chunkAt(key - 1)
    const chunk = this.#chunks[at]
    if (chunk === undefined) return { count: 0, amountCents: 0 }
    const part = chunk.sumOf(chunk.countBefore(key))
    return {
      count: this.#counts.prefix(at) + part.count,
      amountCents: this.#cents.prefix(at) + part.amountCents,
    }
  }

  /** The last chunk that does not begin after a key, or -1. */
  #chunkAt(key: number): number {
    let [low, high] = [0, this.#chunks.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#chunks[middle]?.firstKey ?? 0) <= key) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** A chunk at the end is pushed. Any other one shifts those after it, so the trees are made anew. */
  #put(at: number, chunk: Chunk, firstChanged = at): void {
    this.#chunks.splice(at, 0, chunk)
    if (firstChanged < this.#counts.count) {
      this.#counts.clear()
      this.#cents.clear()
    }
    for (const each of this.#chunks.slice(this.#counts.count)) {
      const { count, amountCents } = each.sumOf(each.entryCount)
      this.#counts.push(count)
      this.#cents.push(amountCents)
    }
  }
}

/** Whether windows may end before this millisecond, or begin with it, in archived time. */
export function isWholeSecond(atMs: number): boolean {
  return atMs % 1000 <= 1
}

/** Two keys a second: its first millisecond, and the rest. */
export function keyOf(timeMs: number): number {
  return 2 * Math.floor(timeMs / 1000) + (timeMs % 1000 === 0 ? 0 : 1)
}

/** The key of the first part that begins at or after this millisecond. */
function firstKeyFrom(timeMs: number): number {
  return keyOf(timeMs) + (isWholeSecond(timeMs) ? 0 : 1)
}

/** Up to {@link chunkSecondCount} entries in order of their keys, which are within 16 bits of the first one's. */
class Chunk {
  readonly firstKey: number
  entryCount = 0
  #offsets = new Uint16Array(chunkSecondCount)
  #counts = new Uint32Array(chunkSecondCount)
  #cents = new Float64Array(chunkSecondCount)
  #isShared = false

  constructor(firstKey: number) {
    this.firstKey = firstKey
  }

  get lastKey(): number {
    return this.firstKey + (this.#offsets[this.entryCount - 1] ?? 0)
  }

  get isFull(): boolean {
    return this.entryCount === chunkSecondCount
  }

  canHold(key: number): boolean {
    return key - this.firstKey <= 0xffff
  }

  has(key: number): boolean {
    const at = this.countBefore(key)
    return at < this.entryCount && this.#offsets[at] === key - this.firstKey
  }

  *keys(): Generator<number, void, void> {
    for (const offset of this.#offsets.subarray(0, this.entryCount)) yield this.firstKey + offset
  }

  countBefore(key: number): number {
    let [low, high] = [0, this.entryCount]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.firstKey + (this.#offsets[middle] ?? 0) < key) low = middle + 1
      else high = middle
    }
    return low
  }

  sumOf(entryCount: number): ProcessorTotal {
    let [count, amountCents] = [0, 0]
    for (let index = 0; index < entryCount; index += 1) {
      count += this.#counts[index] ?? 0
      amountCents += this.#cents[index] ?? 0
    }
    return { count, amountCents }
  }

  /** Whether the key is new. */
  add(key: number, count: number, amountCents: number): boolean {
    this.#own()
    const at = this.countBefore(key)
    const isNew = !this.has(key)
    if (isNew) {
      for (const column of [this.#offsets, this.#counts, this.#cents])
        column.copyWithin(at + 1, at, this.entryCount)
      this.#offsets[at] = key - this.firstKey
      this.#counts[at] = 0
      this.#cents[at] = 0
      this.entryCount += 1
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + count
    this.#cents[at] = (this.#cents[at] ?? 0) + amountCents
    return isNew
  }

  splitHalf(): Chunk {
    this.#own()
    const kept = this.entryCount >>> 1
    const moved = new Chunk(this.firstKey + (this.#offsets[kept] ?? 0))
    for (let index = kept; index < this.entryCount; index += 1)
      moved.add(
        this.firstKey + (this.#offsets[index] ?? 0),
        this.#counts[index] ?? 0,
        this.#cents[index] ?? 0,
      )
    this.entryCount = kept
    return moved
  }

  share(processor: number): ArchivedSeconds {
    this.#isShared = true
    return {
      processor,
      firstKey: this.firstKey,
      offsets: this.#offsets.subarray(0, this.entryCount),
      counts: this.#counts.subarray(0, this.entryCount),
      cents: this.#cents.subarray(0, this.entryCount),
    }
  }

  #own(): void {
    if (!this.#isShared) return
    this.#offsets = this.#offsets.slice()
    this.#counts = this.#counts.slice()
    this.#cents = this.#cents.slice()
    this.#isShared = false
  }
}
