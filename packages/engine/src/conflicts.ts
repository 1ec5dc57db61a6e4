import type { Ledger } from '@rinha/ledger'
import { paymentState, printCorrelationId, readPaymentAmountCents } from '@rinha/payment'
import { conflictCountMax } from './limits.ts'

/** For an operator: `conflicts` holds the latest {@link conflictCountMax}, the newest last. */
export interface ConflictReport {
  /** Payments that came under a known correlationId and are not that payment; they changed nothing. */
  readonly conflictCount: number
  /** `amount`: it had another amount. `rejected`: the payment was rejected, and posting it again does not resubmit it. */
  readonly conflicts: readonly { readonly correlationId: string; readonly kind: 'amount' | 'rejected' }[]
}

/** Counts the posts that came under a known correlationId and are not that payment, and keeps the latest. */
export class Conflicts {
  readonly #ledger: Ledger
  #count = 0
  #latest: ConflictReport['conflicts'] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get report(): ConflictReport {
    return { conflictCount: this.#count, conflicts: this.#latest }
  }

  /** The record at `offset` has the correlationId of a row. */
  meet(records: Uint8Array, offset: number, row: number): void {
    const isSame = readPaymentAmountCents(records, offset) === this.#ledger.amountCents(row)
    if (isSame && this.#ledger.state(row) !== paymentState.rejected) return
    const correlationId = printCorrelationId(this.#ledger.correlationId(row))
    this.#count += 1
    const kind = isSame ? 'rejected' : 'amount'
    this.#latest = [...this.#latest.slice(-(conflictCountMax - 1)), { correlationId, kind }]
  }

  clear(): void {
    this.#count = 0
    this.#latest = []
  }
}
