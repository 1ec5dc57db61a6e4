import { assert } from '@rinha/base'
import { correlationIdBytes, type PaymentColumns, type PaymentState, readPaymentState } from '@rinha/payment'
import { segmentRowBits, segmentRowCount } from './limits.ts'

/**
 * The table of payments, by columns: row n is the n-th accepted payment for as long as the ledger lives, and each field
 * is a typed array of its own. 39 bytes a row, nothing for the garbage collector to walk, and a row is named by a number
 * that fits a queue of numbers.
 *
 * An object for each payment would cost 100 to 200 bytes (header, pointers, a boxed double for the time, a string for
 * the id), and a million of them make every major collection visit a million objects: pauses that show in p99.
 *
 * Columns are cut into segments. A growing typed array would have to be copied, at the worst moment and holding both
 * copies; a segment is added beside the others, and none is ever moved.
 */
export class Columns {
  readonly #segments: Segment[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** Adds a row for the 16 bytes at `offset` and answers its number. Every other field is 0. */
  append(ids: Uint8Array, offset: number): number {
    const row = this.#count
    if (row === this.#segments.length * segmentRowCount) this.#segments.push(new Segment())
    this.#count += 1
    const target = this.segment(row).ids
    const at = this.idOffset(row)
    for (let index = 0; index < correlationIdBytes; index += 1) {
      target[at + index] = ids[offset + index] ?? 0
    }
    return row
  }

  /** The segment that holds the row; the fields are at {@link slot}, the id at {@link idOffset}. */
  segment(row: number): Segment {
    const segment = this.#segments[row >>> segmentRowBits]
    assert(segment !== undefined && row < this.#count, 'the row exists')
    return segment
  }

  /** The first row from `from` on and before `to` that is in this state, or -1. */
  find(state: number, from: number, to: number): number {
    const end = Math.min(to, this.#count)
    for (let row = from; row < end; row += segmentRowCount - this.slot(row)) {
      const slot = this.segment(row).states.indexOf(state, this.slot(row))
      const found = row - this.slot(row) + slot
      if (slot >= 0) return found < end ? found : -1
    }
    return -1
  }

  slot(row: number): number {
    return row & (segmentRowCount - 1)
  }

  idOffset(row: number): number {
    return (row & (segmentRowCount - 1)) * correlationIdBytes
  }

  idEquals(row: number, ids: Uint8Array, offset: number): boolean {
    const own = this.segment(row).ids
    const at = this.idOffset(row)
    for (let index = 0; index < correlationIdBytes; index += 1) {
      if (own[at + index] !== ids[offset + index]) return false
    }
    return true
  }

  /** What is in use, a piece for each segment: not a copy. */
  views(): PaymentColumns[] {
    return this.#segments.map((segment, index) => ({
      ...segment,
      count: Math.min(segmentRowCount, this.#count - index * segmentRowCount),
    }))
  }

  /** A copy of the rows in use, one piece for each segment. */
  copy(): PaymentColumns[] {
    return this.views().map(({ count, ...segment }) => ({
      count,
      ids: segment.ids.slice(0, count * correlationIdBytes),
      amountCents: segment.amountCents.slice(0, count),
      acceptedAtMs: segment.acceptedAtMs.slice(0, count),
      states: segment.states.slice(0, count),
      processors: segment.processors.slice(0, count),
      requestedAtMs: segment.requestedAtMs.slice(0, count),
      reasons: segment.reasons.slice(0, count),
    }))
  }

  clear(): void {
    this.#segments.length = 0
    this.#count = 0
  }
}

/** The columns of {@link segmentRowCount} rows. */
export class Segment {
  readonly ids = new Uint8Array(segmentRowCount * correlationIdBytes)
  readonly acceptedAtMs = new Float64Array(segmentRowCount)
  readonly requestedAtMs = new Float64Array(segmentRowCount)
  readonly amountCents = new Uint32Array(segmentRowCount)
  readonly states = new Uint8Array(segmentRowCount)
  readonly processors = new Int8Array(segmentRowCount)
  readonly reasons = new Uint8Array(segmentRowCount)
}

export function stateOf(code: number | undefined): PaymentState {
  const state = readPaymentState(code)
  assert(state !== undefined, 'a state is known')
  return state
}
