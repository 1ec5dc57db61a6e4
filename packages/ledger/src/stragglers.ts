import { assert } from '@rinha/base'
import { correlationIdBytes, type PaymentColumns } from '@rinha/payment'
import { IdIndex } from './id-index.ts'
import { Segment } from './segment.ts'

/**
 * Rows before the first one of the columns that are still in memory, because they are open, wait for a person, or have settled
 * in time that is not archived yet. They keep their numbers. There are few of them, or none; each costs some 90 bytes.
 */
export class Stragglers {
  readonly #hashSeed: number
  /** The place of each row, ascending by row: rows are added in their order. */
  readonly #places = new Map<number, number>()
  #rowAt: number[] = []
  #freePlaces: number[] = []
  #segment = new Segment(countMin)
  #index: IdIndex | undefined
  #sorted: readonly number[] | undefined
  #leaveAfterMs = Number.POSITIVE_INFINITY

  constructor(hashSeed: number) {
    this.#hashSeed = hashSeed
  }

  get count(): number {
    return this.#places.size
  }

  /** All rows, ascending. */
  get rows(): readonly number[] {
    this.#sorted ??= [...this.#places.keys()]
    return this.#sorted
  }

  /** Some of them may leave when time past this instant is archived, and none before. */
  get leaveAfterMs(): number {
    return this.#leaveAfterMs
  }

  /** Those that leave when time before this is archived, ascending. */
  *leaving(archivedToMs: number): Generator<number, void, void> {
    if (this.#leaveAfterMs >= archivedToMs) return
    for (const row of this.rows) if (this.#segment.leavesAfterMs(this.slot(row)) < archivedToMs) yield row
  }

  has(row: number): boolean {
    return this.#places.has(row)
  }

  /** The fields of all of them; a row's are at its {@link slot}. */
  segment(row: number): Segment {
    assert(this.#places.has(row), 'the row exists')
    return this.#segment
  }

  slot(row: number): number {
    const place = this.#places.get(row)
    assert(place !== undefined, 'the row exists')
    return place
  }

  /** The row of the 16 bytes at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    if (this.#index === undefined || this.#places.size === 0) return -1
    const place = this.#index.find(ids, offset)
    return place < 0 ? -1 : (this.#rowAt[place] ?? -1)
  }

  /** The first row from `from` on and before `to` that is in this state, or -1. */
  findState(state: number, from: number, to: number): number {
    if (this.#places.size === 0) return -1
    const { rows } = this
    for (let index = firstNotBefore(rows, from); index < rows.length; index += 1) {
      const row = rows[index] ?? to
      if (row >= to) return -1
      if (this.#segment.states[this.slot(row)] === state) return row
    }
    return -1
  }

  /** Takes in a row that comes after all others, with the 16 bytes at `offset`. Its other fields are the caller's to set. */
  add(row: number, ids: Uint8Array, offset: number): void {
    const place = this.#freePlaces.pop() ?? this.#rowAt.length
    if (place >= this.#segment.states.length) this.#grow()
    this.#index ??= new IdIndex(this, this.#hashSeed)
    this.#index.insert(ids, offset, place)
    this.#segment.ids.set(ids.subarray(offset, offset + correlationIdBytes), place * correlationIdBytes)
    this.#places.set(row, place)
    this.#rowAt[place] = row
    this.#sorted = undefined
  }

  /** The fields of a row have changed. */
  changed(row: number): void {
    this.#leaveAfterMs = Math.min(this.#leaveAfterMs, this.#segment.leavesAfterMs(this.slot(row)))
  }

  /** Removes those that leave when time before this is archived. `goes` is told of each of them first. */
  remove(archivedToMs: number, goes: (segment: Segment, slot: number) => void): void {
    if (this.#leaveAfterMs >= archivedToMs) return
    this.#leaveAfterMs = Number.POSITIVE_INFINITY
    for (const [row, place] of this.#places) {
      const leavesAfterMs = this.#segment.leavesAfterMs(place)
      if (leavesAfterMs >= archivedToMs) {
        this.#leaveAfterMs = Math.min(this.#leaveAfterMs, leavesAfterMs)
        continue
      }
      goes(this.#segment, place)
      this.#index?.remove(this.#segment.ids, place * correlationIdBytes)
      this.#places.delete(row)
      this.#freePlaces.push(place)
      this.#sorted = undefined
    }
  }

  idEquals(place: number, ids: Uint8Array, offset: number): boolean {
    return this.#segment.idEquals(place, ids, offset)
  }

  /** A copy of all, in their order. */
  copy(): PaymentColumns {
    const { rows } = this
    const copy = new Segment(rows.length)
    for (const [index, row] of rows.entries()) {
      const at = this.slot(row) * correlationIdBytes
      copy.ids.set(this.#segment.ids.subarray(at, at + correlationIdBytes), index * correlationIdBytes)
      copy.setRow(index, this.#segment, this.slot(row))
    }
    return copy.part(0, rows.length)
  }

  clear(): void {
    this.#places.clear()
    this.#rowAt = []
    this.#freePlaces = []
    this.#segment = new Segment(countMin)
    this.#index = undefined
    this.#sorted = undefined
    this.#leaveAfterMs = Number.POSITIVE_INFINITY
  }

  checkInvariants(): void {
    const { rows } = this
    assert(
      rows.every(row => this.#segment.leavesAfterMs(this.slot(row)) >= this.#leaveAfterMs),
      'no straggler leaves earlier than is known',
    )
    assert(
      rows.every((row, index) => index === 0 || row > (rows[index - 1] ?? 0)),
      'stragglers stand in their order',
    )
    this.#index?.checkInvariants(
      rows.map(row => this.slot(row)),
      place => [this.#segment.ids, place * correlationIdBytes],
    )
  }

  #grow(): void {
    const grown = new Segment(this.#segment.states.length * 2)
    grown.copyFrom(this.#segment)
    this.#segment = grown
  }
}

const countMin = 16

function firstNotBefore(rows: readonly number[], from: number): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((rows[middle] ?? 0) < from) low = middle + 1
    else high = middle
  }
  return low
}
