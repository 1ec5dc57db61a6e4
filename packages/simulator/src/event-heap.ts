import { assert } from '@rinha/base'

/**
 * Callbacks in the order of their times, first in first out among equals: a binary heap in parallel arrays, times and
 * order in typed ones. `Deadlines` of @rinha/base does the same with an object an entry; this one runs for each of a few
 * million events a second, so it allocates nothing once it has grown, and moves holes instead of swapping.
 */
export class EventHeap {
  #times = new Float64Array(1024)
  #orders = new Float64Array(1024)
  readonly #runs: (() => void)[] = []
  #pushed = 0

  get count(): number {
    return this.#runs.length
  }

  get nextMs(): number {
    return this.#runs.length === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number)
  }

  push(timeMs: number, run: () => void): void {
    assert(!Number.isNaN(timeMs), 'a time is a number')
    let child = this.#runs.length
    if (child === this.#times.length) this.#grow()
    const times = this.#times
    const order = this.#pushed
    this.#pushed += 1
    this.#runs.push(run)
    // What is pushed last never goes before an equal: times alone decide on the way up.
    while (child > 0) {
      const parent = (child - 1) >> 1
      if ((times[parent] as number) <= timeMs) break
      this.#move(parent, child)
      child = parent
    }
    this.#put(child, timeMs, order, run)
  }

  pop(): (() => void) | undefined {
    const runs = this.#runs
    const first = runs[0]
    const last = runs.pop()
    if (first === undefined || last === undefined || runs.length === 0) return first
    const count = runs.length
    const timeMs = this.#times[count] as number
    const order = this.#orders[count] as number
    let hole = 0
    for (;;) {
      let least = 2 * hole + 1
      if (least >= count) break
      if (least + 1 < count && this.#before(least + 1, least)) least += 1
      if (!this.#isBefore(least, timeMs, order)) break
      this.#move(least, hole)
      hole = least
    }
    this.#put(hole, timeMs, order, last)
    return first
  }

  #before(a: number, b: number): boolean {
    return this.#isBefore(a, this.#times[b] as number, this.#orders[b] as number)
  }

  #isBefore(slot: number, timeMs: number, order: number): boolean {
    const ownMs = this.#times[slot] as number
    return ownMs < timeMs || (ownMs === timeMs && (this.#orders[slot] as number) < order)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#orders[from] as number, this.#runs[from] as () => void)
  }

  #put(slot: number, timeMs: number, order: number, run: () => void): void {
    this.#times[slot] = timeMs
    this.#orders[slot] = order
    this.#runs[slot] = run
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2)
    const orders = new Float64Array(this.#times.length * 2)
    times.set(this.#times)
    orders.set(this.#orders)
    this.#times = times
    this.#orders = orders
  }
}
