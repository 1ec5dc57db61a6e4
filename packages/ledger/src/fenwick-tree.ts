import { assert } from '@rinha/base'

/**
 * Prefix sums over a list of numbers, where both changing one number and asking for the sum of the first k take
 * O(log n): a binary indexed tree (Fenwick, "A New Data Structure for Cumulative Frequency Tables", 1994).
 *
 * Node i (counted from 1) holds the sum of the `i & -i` numbers that end at position i: node 6 = 110₂ holds two, node 8
 * holds all eight. The sum of the first k walks down by clearing k's lowest bit (7 → 6 → 4 → 0); a change at i walks up
 * by adding it (5 → 6 → 8 → …) through every node that covers i.
 *
 * Alternatives: plain prefix sums answer in O(1) but a change in the middle rewrites all that follow; a segment tree
 * does the same work with twice the memory.
 */
export class FenwickTree {
  /** Node i at index i; index 0 is not used. */
  #nodes = new Float64Array(16)
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Appends a number: its node is the sum of the nodes below it, which are all there already. */
  push(value: number): void {
    const node = this.#count + 1
    if (node === this.#nodes.length) {
      const grown = new Float64Array(this.#nodes.length * 2)
      grown.set(this.#nodes)
      this.#nodes = grown
    }
    const covered = node & -node
    let sum = value
    for (let below = node - 1; below > node - covered; below -= below & -below) {
      sum += this.#nodes[below] ?? 0
    }
    this.#nodes[node] = sum
    this.#count = node
  }

  /** Adds `change` to the number at `index`, counted from 0. */
  add(index: number, change: number): void {
    assert(index >= 0 && index < this.#count, 'the index is in the tree')
    for (let node = index + 1; node <= this.#count; node += node & -node) {
      this.#nodes[node] = (this.#nodes[node] ?? 0) + change
    }
  }

  /** The sum of the first `count` numbers. */
  prefix(count: number): number {
    assert(count >= 0 && count <= this.#count, 'the prefix is in the tree')
    let sum = 0
    for (let node = count; node > 0; node -= node & -node) sum += this.#nodes[node] ?? 0
    return sum
  }

  clear(): void {
    this.#count = 0
  }
}
