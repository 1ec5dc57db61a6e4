import { type Decision, decisionWords } from './decision.ts'

/** A decision as it is shown. */
export interface DecisionEntry {
  /** The number of the entry, one more than that of the entry before; it begins at 1 in each process. */
  readonly seq: number
  /** Wall clock: when it was noticed. */
  readonly atMs: number
  readonly words: string
  readonly decision: Decision
}

/** The number of decisions that are kept. */
export const decisionCountMax = 1000

/** The latest decisions. */
export class DecisionRing {
  readonly #entries: DecisionEntry[] = []
  #lastSeq = 0

  add(decision: Decision, atMs: number): void {
    this.#lastSeq += 1
    const entry = { seq: this.#lastSeq, atMs, words: decisionWords(decision), decision }
    this.#entries[(this.#lastSeq - 1) % decisionCountMax] = entry
  }

  /**
   * The first `limitCount` of those after `sinceSeq`, oldest first. A reader whose `sinceSeq` has not been reached has read
   * from an earlier process, and is told all.
   */
  since(sinceSeq: number, limitCount = decisionCountMax): readonly DecisionEntry[] {
    const oldestSeq = Math.max(1, this.#lastSeq - decisionCountMax + 1)
    const from = sinceSeq > this.#lastSeq ? oldestSeq : Math.max(oldestSeq, sinceSeq + 1)
    const count = Math.max(0, Math.min(limitCount, this.#lastSeq - from + 1))
    return Array.from(
      { length: count },
      (_, index) => this.#entries[(from - 1 + index) % decisionCountMax] as DecisionEntry,
    )
  }

  get lastSeq(): number {
    return this.#lastSeq
  }
}
