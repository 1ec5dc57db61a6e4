/**
 * Values that become due at a time: a binary heap by `dueMs` (Williams 1964), first in first out among equals. Push and
 * pop are O(log n). A cancelled value is not removed: it stays in the heap, and its owner ignores it when it is popped.
 *
 * Alternatives: one timer each from the platform (not pure, and thousands of them); a timing wheel (quicker, coarser).
 */
export class Deadlines<T> {
  readonly #heap: { readonly dueMs: number; readonly order: number; readonly value: T }[] = []
  #pushed = 0

  get count(): number {
    return this.#heap.length
  }

  /** The time at which the next value is due, or Infinity if there is none. */
  get nextMs(): number {
    return this.#heap[0]?.dueMs ?? Number.POSITIVE_INFINITY
  }

  push(dueMs: number, value: T): void {
    const heap = this.#heap
    heap.push({ dueMs, order: this.#pushed, value })
    this.#pushed += 1
    let child = heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!this.#before(child, parent)) return
      this.#swap(child, parent)
      child = parent
    }
  }

  /** Takes out the next value that is due at `nowMs`, or `undefined` when none is. */
  popDue(nowMs: number): T | undefined {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined || first.dueMs > nowMs) return undefined
    const last = heap.pop()
    if (last !== undefined && heap.length > 0) {
      heap[0] = last
      this.#sink()
    }
    return first.value
  }

  clear(): void {
    this.#heap.length = 0
  }

  #sink(): void {
    let parent = 0
    for (;;) {
      const left = 2 * parent + 1
      const right = left + 1
      let least = parent
      if (left < this.#heap.length && this.#before(left, least)) least = left
      if (right < this.#heap.length && this.#before(right, least)) least = right
      if (least === parent) return
      this.#swap(parent, least)
      parent = least
    }
  }

  #before(a: number, b: number): boolean {
    const left = this.#heap[a]
    const right = this.#heap[b]
    if (left === undefined || right === undefined) return false
    return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order)
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a]
    const right = this.#heap[b]
    if (left === undefined || right === undefined) return
    this.#heap[a] = right
    this.#heap[b] = left
  }
}
