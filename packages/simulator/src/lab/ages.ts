import { assert } from '@rinha/base'

/** How old payments were when they settled. */
export class Ages {
  readonly #acceptedAts: Float64Array
  /** NaN until the row has settled. */
  readonly #agesMs: Float64Array
  #acceptedCount = 0

  constructor(countMax: number) {
    this.#acceptedAts = new Float64Array(countMax)
    this.#agesMs = new Float64Array(countMax).fill(Number.NaN)
  }

  /** The next payment is accepted: row 0, 1, … as the ledger counts them. */
  accepted(nowMs: number): void {
    assert(this.#acceptedCount < this.#acceptedAts.length, 'no more payments than were reckoned with')
    this.#acceptedAts[this.#acceptedCount] = nowMs
    this.#acceptedCount += 1
  }

  settled(row: number, nowMs: number): void {
    assert(row < this.#acceptedCount && this.#isOpen(row), 'an accepted payment settles once')
    this.#agesMs[row] = nowMs - (this.#acceptedAts[row] as number)
  }

  /** By nearest rank, of all accepted; what has not settled counts with its age at `nowMs`. 0 for none. */
  percentileMs(share: number, nowMs: number): number {
    const agesMs = this.#agesMs.slice(0, this.#acceptedCount)
    for (const row of agesMs.keys())
      if (this.#isOpen(row)) agesMs[row] = nowMs - (this.#acceptedAts[row] as number)
    agesMs.sort()
    return Math.round(agesMs[Math.max(0, Math.ceil(share * agesMs.length) - 1)] ?? 0)
  }

  #isOpen(row: number): boolean {
    return Number.isNaN(this.#agesMs[row])
  }
}
