import { assert } from '@rinha/base'
import type { ProcessorTotal } from '@rinha/payment'
import { FenwickTree } from './fenwick-tree.ts'
import { leafEntryCount } from './limits.ts'

/**
 * One processor's settlements in order of requestedAt, and how many and how much of them lie in a window.
 *
 * They are kept in leaves: short sorted arrays, the leaves in order too, like the bottom row of a B+ tree (Bayer and
 * McCreight 1972), with two Fenwick trees over the leaves' counts and sums where a B+ tree has its upper rows. A window
 * is the difference of two prefixes; a prefix is a binary search for a leaf, O(log n) for all leaves before it, and at
 * most one leaf added up. Nothing reads the store as a whole.
 *
 * Settlements come nearly in order: requestedAt is taken at dispatch, and answers overtake each other by some seconds at
 * most. So most inserts land in the last leaf or shortly before it. A full leaf gives its last entry to the leaf after it
 * (as in a B*-tree), and a new leaf is begun only at the end: what comes in order, or nearly, fills its leaves. Only a
 * full leaf whose neighbour is full too is split in half, which shifts all later leaves by one and makes the trees anew:
 * O(n / 512), at most once in 256 inserts.
 *
 * Alternatives: a database's index does this in another process, at a round trip for each settlement; Erlang's ETS
 * ordered_set finds the window in O(log n) but then walks all that is in it; a table of per-millisecond sums is simpler,
 * but its size is that of time, not of payments.
 *
 * Invariants:
 * 1. Times ascend within a leaf and from leaf to leaf; equal times stand in any order.
 * 2. No leaf is empty; every leaf but the first and the last holds at least half of what it can.
 * 3. The trees hold each leaf's count and sum.
 */
export class RangeSums {
  #leaves: Leaf[] = []
  readonly #counts = new FenwickTree()
  readonly #cents = new FenwickTree()
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Each leaf takes {@link leafEntryCount} times 12 bytes, whether it is full or not. */
  get leafCount(): number {
    return this.#leaves.length
  }

  insert(timeMs: number, amountCents: number): void {
    assert(Number.isSafeInteger(timeMs), 'a settlement has a whole number of milliseconds')
    if (this.#leaves.length === 0) this.#appendLeaf(new Leaf())
    let index = Math.min(this.#leafAfter(timeMs, this.#leafBefore(timeMs)), this.#leaves.length - 1)
    let leaf = this.#leafAt(index)
    if (leaf.count === leafEntryCount) {
      this.#makeRoom(index, leaf, timeMs)
      const next = this.#leafAt(index + 1)
      if (leaf.count === leafEntryCount || next.firstMs <= timeMs) {
        index += 1
        leaf = next
      }
    }
    leaf.insert(leaf.countBefore(timeMs + 1), timeMs, amountCents)
    this.#change(index, 1, amountCents)
    this.#count += 1
  }

  /** What has a time in [fromMs, toMs], both ends included; null is an open end. */
  total(fromMs: number | null, toMs: number | null): ProcessorTotal {
    assert(fromMs === null || Number.isSafeInteger(fromMs), 'fromMs is whole')
    assert(toMs === null || Number.isSafeInteger(toMs), 'toMs is whole')
    if (fromMs !== null && toMs !== null && fromMs > toMs) return { count: 0, amountCents: 0 }
    const end = this.#before(toMs === null ? Number.POSITIVE_INFINITY : toMs + 1)
    const start = this.#before(fromMs ?? Number.NEGATIVE_INFINITY)
    return { count: end.count - start.count, amountCents: end.amountCents - start.amountCents }
  }

  /** The earliest time, or Infinity. */
  get firstMs(): number {
    return this.#leaves[0]?.firstMs ?? Number.POSITIVE_INFINITY
  }

  /** Removes what has a time before `limitMs`; `take` gets each, in the order of time. */
  takeBefore(limitMs: number, take: (timeMs: number, amountCents: number) => void): void {
    if (this.firstMs >= limitMs) return
    const wholeCount = this.#leafAfter(limitMs - 1)
    const taken = this.#leaves.slice(0, wholeCount + 1)
    const rest = this.#leaves.slice(wholeCount)
    for (const leaf of taken) this.#count -= leaf.takeFirst(leaf.countBefore(limitMs), take)
    this.#setLeaves(rest)
  }

  clear(): void {
    this.#setLeaves([])
    this.#count = 0
  }

  /** Invariants 1 to 3, by looking at everything. */
  checkInvariants(): void {
    let previousMs = Number.NEGATIVE_INFINITY
    let count = 0
    let cents = 0
    for (const [index, leaf] of this.#leaves.entries()) {
      const isEnd = index === 0 || index === this.#leaves.length - 1
      assert(leaf.count >= (isEnd ? 1 : leafEntryCount / 2), 'a leaf is filled')
      for (let position = 0; position < leaf.count; position += 1) {
        const timeMs = leaf.timesMs[position] ?? Number.NaN
        assert(timeMs >= previousMs, 'times ascend')
        previousMs = timeMs
        cents += leaf.amountsCents[position] ?? 0
      }
      count += leaf.count
      assert(this.#counts.prefix(index + 1) === count, 'the tree of counts holds every leaf')
      assert(this.#cents.prefix(index + 1) === cents, 'the tree of sums holds every leaf')
    }
    assert(count === this.#count, 'every settlement is in a leaf')
    assert(this.#counts.count === this.#leaves.length, 'the trees have a number for each leaf')
  }

  /** The entries with a time below `limitMs`. */
  #before(limitMs: number): ProcessorTotal {
    const index = this.#leafAfter(limitMs - 1)
    const count = this.#counts.prefix(index)
    const amountCents = this.#cents.prefix(index)
    const leaf = this.#leaves[index]
    if (leaf === undefined) return { count, amountCents }
    const position = leaf.countBefore(limitMs)
    return { count: count + position, amountCents: amountCents + leaf.sumOf(position) }
  }

  /** A leaf before which none has a time after `timeMs`, found from the end in steps that double: most that settle are among the latest. */
  #leafBefore(timeMs: number): number {
    const { length } = this.#leaves
    let count = 1
    while (count < length && (this.#leaves[length - count]?.lastMs ?? 0) > timeMs) count *= 2
    return Math.max(length - count, 0)
  }

  /** The first leaf from `low` on that has a time after `timeMs`, or the number of leaves where none has. */
  #leafAfter(timeMs: number, low = 0): number {
    let high = this.#leaves.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#leaves[middle]?.lastMs ?? 0) > timeMs) high = middle
      else low = middle + 1
    }
    return low
  }

  #appendLeaf(leaf: Leaf): void {
    this.#leaves.push(leaf)
    this.#counts.push(leaf.count)
    this.#cents.push(leaf.totalCents)
  }

  #leafAt(index: number): Leaf {
    const leaf = this.#leaves[index]
    assert(leaf !== undefined, 'the leaf exists')
    return leaf
  }

  #change(index: number, count: number, amountCents: number): void {
    this.#counts.add(index, count)
    this.#cents.add(index, amountCents)
  }

  /** Makes room for `timeMs` in a full leaf or in the one after it. */
  #makeRoom(index: number, leaf: Leaf, timeMs: number): void {
    if (index === this.#leaves.length - 1) this.#appendLeaf(new Leaf())
    const next = this.#leafAt(index + 1)
    if (next.count === leafEntryCount) this.#halve(index, leaf)
    else if (timeMs < leaf.lastMs) this.#giveLast(index, leaf, next)
  }

  /** Moves the last entry of a leaf to the front of the next one. */
  #giveLast(index: number, leaf: Leaf, next: Leaf): void {
    const { lastMs, lastCents } = leaf
    leaf.dropLast()
    this.#change(index, -1, -lastCents)
    next.insert(0, lastMs, lastCents)
    this.#change(index + 1, 1, lastCents)
  }

  /** Moves the upper half of a leaf to a new one after it. All later leaves shift by one, so the trees are made anew. */
  #halve(index: number, leaf: Leaf): void {
    this.#setLeaves(this.#leaves.toSpliced(index + 1, 0, leaf.splitHalf()))
  }

  #setLeaves(leaves: readonly Leaf[]): void {
    this.#leaves = []
    this.#counts.clear()
    this.#cents.clear()
    for (const each of leaves) this.#appendLeaf(each)
  }
}

/** Up to {@link leafEntryCount} settlements in order of time. */
class Leaf {
  readonly timesMs = new Float64Array(leafEntryCount)
  readonly amountsCents = new Uint32Array(leafEntryCount)
  count = 0
  totalCents = 0

  get firstMs(): number {
    return this.timesMs[0] ?? 0
  }

  get lastMs(): number {
    return this.timesMs[this.count - 1] ?? Number.NEGATIVE_INFINITY
  }

  get lastCents(): number {
    return this.amountsCents[this.count - 1] ?? 0
  }

  /** How many have a time below `limitMs`. */
  countBefore(limitMs: number): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.timesMs[middle] ?? 0) < limitMs) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Cents of the first `count`. */
  sumOf(count: number): number {
    let sum = 0
    for (let index = 0; index < count; index += 1) sum += this.amountsCents[index] ?? 0
    return sum
  }

  insert(position: number, timeMs: number, amountCents: number): void {
    assert(this.count < leafEntryCount, 'the leaf has room')
    this.timesMs.copyWithin(position + 1, position, this.count)
    this.amountsCents.copyWithin(position + 1, position, this.count)
    this.timesMs[position] = timeMs
    this.amountsCents[position] = amountCents
    this.count += 1
    this.totalCents += amountCents
  }

  dropLast(): void {
    this.totalCents -= this.lastCents
    this.count -= 1
  }

  /** Removes the first `count` and answers their number. */
  takeFirst(count: number, take: (timeMs: number, amountCents: number) => void): number {
    for (let index = 0; index < count; index += 1)
      take(this.timesMs[index] ?? 0, this.amountsCents[index] ?? 0)
    this.totalCents -= this.sumOf(count)
    this.timesMs.copyWithin(0, count, this.count)
    this.amountsCents.copyWithin(0, count, this.count)
    this.count -= count
    return count
  }

  splitHalf(): Leaf {
    const moved = new Leaf()
    const kept = this.count >>> 1
    moved.timesMs.set(this.timesMs.subarray(kept, this.count))
    moved.amountsCents.set(this.amountsCents.subarray(kept, this.count))
    moved.count = this.count - kept
    moved.totalCents = moved.sumOf(moved.count)
    this.count = kept
    this.totalCents -= moved.totalCents
    return moved
  }
}
