import { assert } from '@rinha/base'
import { correlationIdBytes, type PaymentColumns, type PaymentState, readPaymentState } from '@rinha/payment'
import { indexNumberCount, segmentRowBits, segmentRowCount } from './limits.ts'
import { Segment } from './segment.ts'
import { Stragglers } from './stragglers.ts'

/** Rows of a ledger as they stand in memory, and which row is which. */
export interface LedgerPiece extends PaymentColumns {
  rowAt(index: number): number
}

/**
 * The table of payments, by columns: row n is the n-th accepted payment for as long as the ledger lives, and each field
 * is a typed array of its own. 39 bytes a row, nothing for the garbage collector to walk, and a row is named by a number
 * that fits a queue of numbers.
 *
 * An object for each payment would cost 100 to 200 bytes (header, pointers, a boxed double for the time, a string for
 * the id), and a million of them make every major collection visit a million objects: pauses that show in p99.
 *
 * Columns are cut into segments. A growing typed array would have to be copied, at the worst moment and holding both
 * copies; a segment is added behind the others, and none is ever moved. A segment goes as a whole, when all of its rows have
 * left. Rows before {@link firstRow} that stay are {@link Stragglers}.
 */
export class Columns {
  readonly stragglers: Stragglers
  readonly #segments: Segment[] = []
  /** The row at the start of the first segment: a multiple of {@link segmentRowCount}. */
  #baseRow = 0
  #firstRow = 0
  #endRow = 0

  constructor(hashSeed = 0) {
    this.stragglers = new Stragglers(hashSeed)
  }

  /** Rows from here on are all in memory. */
  get firstRow(): number {
    return this.#firstRow
  }

  /** The row that is added next: as many rows were added so far, those that have left included. */
  get endRow(): number {
    return this.#endRow
  }

  /** Rows in memory. */
  get count(): number {
    return this.#endRow - this.#firstRow + this.stragglers.count
  }

  /** Begins with this row. Called before the first is added. */
  begin(firstRow: number): void {
    assert(this.#endRow === 0, 'the columns are empty')
    this.#firstRow = firstRow
    this.#endRow = firstRow
    this.#baseRow = firstRow - this.#offset(firstRow)
  }

  /** Adds a row for the 16 bytes at `offset` and answers its number. Every other field is 0. */
  append(ids: Uint8Array, offset: number): number {
    const row = this.#endRow
    if (row - this.#baseRow >= this.#segments.length * segmentRowCount)
      this.#segments.push(new Segment(segmentRowCount))
    this.#endRow += 1
    const target = this.segment(row).ids
    const at = this.idOffset(row)
    for (let index = 0; index < correlationIdBytes; index += 1) {
      target[at + index] = ids[offset + index] ?? 0
    }
    return row
  }

  /** The segment that holds the row; the fields are at {@link slot}, the id at {@link idOffset}. */
  segment(row: number): Segment {
    const segment = this.#segments[(row - this.#baseRow) >>> segmentRowBits]
    if (segment !== undefined && row >= this.#firstRow && row < this.#endRow) return segment
    return this.stragglers.segment(row)
  }

  slot(row: number): number {
    return row >= this.#firstRow ? this.#offset(row) : this.stragglers.slot(row)
  }

  idOffset(row: number): number {
    return this.slot(row) * correlationIdBytes
  }

  /** The first row from `from` on and before `to` that is in this state, or -1. */
  find(state: number, from: number, to: number): number {
    const straggler = this.stragglers.findState(state, from, Math.min(to, this.#firstRow))
    if (straggler >= 0) return straggler
    const end = Math.min(to, this.#endRow)
    for (let row = Math.max(from, this.#firstRow); row < end; row += segmentRowCount - this.slot(row)) {
      const slot = this.segment(row).states.indexOf(state, this.slot(row))
      const found = row - this.slot(row) + slot
      if (slot >= 0) return found < end ? found : -1
    }
    return -1
  }

  /** All rows in memory, in their order. */
  *rows(): Generator<number, void, void> {
    yield* this.stragglers.rows
    for (let row = this.#firstRow; row < this.#endRow; row += 1) yield row
  }

  /** The rows before this one that leave when time before this is archived, in their order. */
  *leaving(firstRow: number, archivedToMs: number): Generator<number, void, void> {
    yield* this.stragglers.leaving(archivedToMs)
    for (let row = this.#firstRow; row < firstRow; row += 1)
      if (this.segment(row).leavesAfterMs(this.#offset(row)) < archivedToMs) yield row
  }

  /** The row whose number in the index is this one. */
  rowOf(number: number): number {
    return this.#firstRow + ((number - this.#firstRow) & (indexNumberCount - 1))
  }

  idEquals(number: number, ids: Uint8Array, offset: number): boolean {
    const row = this.rowOf(number)
    return this.segment(row).idEquals(this.#offset(row), ids, offset)
  }

  /**
   * The rows before this one leave, but for those that stay as stragglers. `passes` is told of each of them first, and whether it
   * leaves.
   */
  retire(
    firstRow: number,
    archivedToMs: number,
    passes: (segment: Segment, slot: number, leaves: boolean) => void,
  ): void {
    const stragglers: number[] = []
    for (let row = this.#firstRow; row < firstRow; row += 1) {
      const [segment, slot] = [this.segment(row), this.#offset(row)]
      const leaves = segment.leavesAfterMs(slot) < archivedToMs
      passes(segment, slot, leaves)
      if (!leaves) stragglers.push(row)
    }
    for (const row of stragglers) {
      const [from, slot] = [this.segment(row), this.#offset(row)]
      this.stragglers.add(row, from.ids, slot * correlationIdBytes)
      this.stragglers.segment(row).setRow(this.stragglers.slot(row), from, slot)
      this.stragglers.changed(row)
    }
    this.#firstRow = firstRow
    const emptyCount = Math.floor((firstRow - this.#baseRow) / segmentRowCount)
    this.#segments.splice(0, emptyCount)
    this.#baseRow += emptyCount * segmentRowCount
  }

  /** What is in use, a piece for each segment and one for the stragglers, in the order of rows: not a copy, but for these. */
  views(): LedgerPiece[] {
    const pieces = this.#segments
      .map((segment, index) => {
        const base = this.#baseRow + index * segmentRowCount
        const from = Math.max(this.#firstRow - base, 0)
        const to = Math.min(segmentRowCount, this.#endRow - base)
        const part: PaymentColumns = segment.part(from, to)
        return { ...part, rowAt: (at: number) => base + from + at }
      })
      .filter(({ count }) => count > 0)
    const { rows } = this.stragglers
    if (rows.length === 0) return pieces
    return [{ ...this.stragglers.copy(), rowAt: (at: number) => rows[at] ?? -1 }, ...pieces]
  }

  /** A copy of the rows in use from {@link firstRow} on, one piece for each segment. */
  copy(): PaymentColumns[] {
    return this.views()
      .slice(this.stragglers.count > 0 ? 1 : 0)
      .map(piece => ({
        count: piece.count,
        ids: piece.ids.slice(),
        amountCents: piece.amountCents.slice(),
        acceptedAtMs: piece.acceptedAtMs.slice(),
        states: piece.states.slice(),
        processors: piece.processors.slice(),
        requestedAtMs: piece.requestedAtMs.slice(),
        reasons: piece.reasons.slice(),
      }))
  }

  clear(): void {
    this.#segments.length = 0
    this.#baseRow = 0
    this.#firstRow = 0
    this.#endRow = 0
    this.stragglers.clear()
  }

  #offset(row: number): number {
    return row & (segmentRowCount - 1)
  }
}

export function stateOf(code: number | undefined): PaymentState {
  const state = readPaymentState(code)
  assert(state !== undefined, 'a state is known')
  return state
}
