import type { Ledger } from '@rinha/ledger'
import { type Fact, paymentState } from '@rinha/payment'

/** Columns that do not depend on the processors. Each processor adds two. */
export const commonColumns = [
  'atMs',
  'queuedCount',
  'inFlightCount',
  'settledCount',
  'rejectedCount',
  'oldestQueuedAgeMs',
] as const

/** Tells how a ledger stands, a row of numbers at a time. */
export class Sampler {
  readonly #ledger: Ledger
  /** Every row before it has ended, or has stayed when others around it left. */
  #fromRow = 0

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** Call it for each fact. A payment that had ended may be open again. */
  hear(fact: Fact): void {
    if (fact.kind === 'purged') this.#fromRow = 0
    if (fact.kind === 'released') this.#fromRow = Math.min(this.#fromRow, fact.row)
  }

  sample(atMs: number): number[] {
    const { queued, inFlight, settled, rejected } = this.#ledger.stateCounts()
    const oldest = queued === 0 ? -1 : this.#oldestQueuedRow()
    const ageMs = oldest < 0 ? 0 : Math.max(0, Math.round(atMs - this.#ledger.acceptedAtMs(oldest)))
    const sums = this.#ledger.summary(null, null)
    const named = sums.slice(0, sums.findLastIndex(({ count }) => count > 0) + 1)
    return [
      atMs,
      queued,
      inFlight,
      settled,
      rejected,
      ageMs,
      ...named.flatMap(({ count, amountCents }) => [count, amountCents]),
    ]
  }

  #oldestQueuedRow(): number {
    const ledger = this.#ledger
    this.#fromRow = Math.max(this.#fromRow, ledger.firstRow)
    while (this.#fromRow < ledger.count && !ledger.isOpen(this.#fromRow)) this.#fromRow += 1
    const rows = [paymentState.queued, paymentState.refused]
      .flatMap(state => [
        ledger.findState(state, 0, ledger.firstRow),
        ledger.findState(state, this.#fromRow, ledger.count),
      ])
      .filter(row => row >= 0)
    return rows.length === 0 ? -1 : Math.min(...rows)
  }
}
