import { Pieces } from './pieces.ts'

export interface RejectedPayment {
  readonly row: number
  readonly reason: string
}

/**
 * A list of rejected payments that only grows: 8 bytes each, and every different reason once. A processor that refuses
 * whatever it is sent gives every payment the same.
 */
export class RejectedPayments implements Iterable<RejectedPayment> {
  readonly #pieces = new Pieces(rowCount => ({
    rows: new Uint32Array(rowCount),
    reasons: new Uint32Array(rowCount),
  }))
  readonly #reasons: string[] = []
  readonly #codes = new Map<string, number>()

  static from(payments: Iterable<RejectedPayment>): RejectedPayments {
    const list = new RejectedPayments()
    for (const payment of payments) list.push(payment)
    return list
  }

  get count(): number {
    return this.#pieces.count
  }

  push({ row, reason }: RejectedPayment): void {
    const [piece, index] = this.#pieces.add()
    piece.rows[index] = row
    piece.reasons[index] = this.#codeOf(reason)
  }

  /** In the order in which they came. */
  *[Symbol.iterator](): Generator<RejectedPayment, void, void> {
    for (const [piece, rowCount] of this.#pieces.filled()) {
      for (let index = 0; index < rowCount; index += 1)
        yield { row: piece.rows[index] ?? 0, reason: this.#reasons[piece.reasons[index] ?? 0] ?? '' }
    }
  }

  #codeOf(reason: string): number {
    const known = this.#codes.get(reason)
    if (known !== undefined) return known
    const code = this.#reasons.push(reason) - 1
    this.#codes.set(reason, code)
    return code
  }
}
