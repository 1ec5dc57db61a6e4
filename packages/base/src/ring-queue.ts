import { assert } from './assert.ts'

/**
 * A first-in first-out queue of numbers in a ring of powers of two. It grows by doubling up to `countMax` and never
 * allocates for a push or a shift in between. It holds numbers only (row numbers of a table, and times), so the ring is
 * one typed array, which the garbage collector does not walk.
 *
 * Alternatives: an array with `shift()` moves every element; a linked list allocates a node for each.
 */
export class RingQueue {
  readonly countMax: number
  #slots: Float64Array
  #head = 0
  #count = 0

  constructor(countMax: number, countInitial = 1024) {
    assert(Number.isSafeInteger(countMax) && countMax > 0, 'countMax is a positive integer')
    this.countMax = countMax
    this.#slots = new Float64Array(powerOfTwoAtLeast(Math.min(countInitial, countMax)))
  }

  get count(): number {
    return this.#count
  }

  get full(): boolean {
    return this.#count >= this.countMax
  }

  /** Appends at the tail. The caller must check {@link full} first: the queue never drops a value. */
  push(value: number): void {
    assert(!this.full, 'push on a full queue')
    this.#growWhenFull()
    this.#slots[(this.#head + this.#count) & (this.#slots.length - 1)] = value
    this.#count += 1
  }

  /** Puts a value back at the head: what came out last goes out first. */
  unshift(value: number): void {
    assert(!this.full, 'unshift on a full queue')
    this.#growWhenFull()
    this.#head = (this.#head - 1) & (this.#slots.length - 1)
    this.#slots[this.#head] = value
    this.#count += 1
  }

  /** Takes the head off, or answers `undefined` when nothing is queued. */
  shift(): number | undefined {
    if (this.#count === 0) return undefined
    const value = this.#slots[this.#head]
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#count -= 1
    return value
  }

  /** The head, left in place, or `undefined` when nothing is queued. */
  peek(): number | undefined {
    return this.#count === 0 ? undefined : this.#slots[this.#head]
  }

  /** The value at place `index` after the head. */
  at(index: number): number {
    assert(index >= 0 && index < this.#count, 'the place is in the queue')
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)] ?? 0
  }

  clear(): void {
    this.#head = 0
    this.#count = 0
  }

  #growWhenFull(): void {
    if (this.#count < this.#slots.length) return
    const grown = new Float64Array(this.#slots.length * 2)
    const tailCount = this.#slots.length - this.#head
    grown.set(this.#slots.subarray(this.#head), 0)
    grown.set(this.#slots.subarray(0, this.#head), tailCount)
    this.#slots = grown
    this.#head = 0
  }
}

function powerOfTwoAtLeast(count: number): number {
  let slotCount = 1
  while (slotCount < count) slotCount *= 2
  return slotCount
}
