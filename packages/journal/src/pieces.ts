import { chunkRowCount } from './limits.ts'

/** Typed arrays in pieces of {@link chunkRowCount} rows: a list of them grows without copying what it has. */
export class Pieces<Piece> {
  readonly #make: (rowCount: number) => Piece
  readonly #pieces: Piece[] = []
  #last: Piece | undefined
  #count = 0

  constructor(make: (rowCount: number) => Piece) {
    this.#make = make
  }

  get count(): number {
    return this.#count
  }

  /** Room for one more row: its piece, and its index there. */
  add(): readonly [piece: Piece, index: number] {
    const index = this.#count % chunkRowCount
    if (index === 0 || this.#last === undefined) {
      this.#last = this.#make(chunkRowCount)
      this.#pieces.push(this.#last)
    }
    this.#count += 1
    return [this.#last, index]
  }

  /** Every piece, with how many of its rows are in use. */
  *filled(): Generator<readonly [piece: Piece, rowCount: number], void, void> {
    let left = this.#count
    for (const piece of this.#pieces) {
      yield [piece, Math.min(left, chunkRowCount)]
      left -= chunkRowCount
    }
  }
}
