import { Pieces } from './pieces.ts'

/** `recorded?`: an attempt has begun and its end is not known. See engine/src/journey.ts. */
export const openDoubts = ['none', 'refused', 'recorded?'] as const

/** A payment that is neither settled nor rejected, as the next process has to see it. */
export interface OpenPayment {
  readonly row: number
  readonly acceptedAtMs: number
  readonly doubt: (typeof openDoubts)[number]
  /** Of that attempt, or of the one that was refused; -1 for none. */
  readonly processor: number
  /** 0 for none. */
  readonly requestedAtMs: number
}

/**
 * A list of open payments that only grows: 22 bytes each. During an outage of every processor all payments are open, and a
 * million objects would be more than a coordinator's whole heap.
 */
export class OpenPayments implements Iterable<OpenPayment> {
  readonly #pieces = new Pieces(rowCount => ({
    rows: new Uint32Array(rowCount),
    acceptedAtMs: new Float64Array(rowCount),
    doubts: new Uint8Array(rowCount),
    processors: new Int8Array(rowCount),
    requestedAtMs: new Float64Array(rowCount),
  }))

  static from(payments: Iterable<OpenPayment>): OpenPayments {
    const list = new OpenPayments()
    for (const payment of payments) list.push(payment)
    return list
  }

  get count(): number {
    return this.#pieces.count
  }

  push({ row, acceptedAtMs, doubt, processor, requestedAtMs }: OpenPayment): void {
    const [piece, index] = this.#pieces.add()
    piece.rows[index] = row
    piece.acceptedAtMs[index] = acceptedAtMs
    piece.doubts[index] = openDoubts.indexOf(doubt)
    piece.processors[index] = processor
    piece.requestedAtMs[index] = requestedAtMs
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<OpenPayment, void, void> {
    for (const [piece, rowCount] of this.#pieces.filled()) {
      for (let index = 0; index < rowCount; index += 1) {
        yield {
          row: piece.rows[index] ?? 0,
          acceptedAtMs: piece.acceptedAtMs[index] ?? 0,
          doubt: openDoubts[piece.doubts[index] ?? 0] ?? 'none',
          processor: piece.processors[index] ?? -1,
          requestedAtMs: piece.requestedAtMs[index] ?? 0,
        }
      }
    }
  }
}
