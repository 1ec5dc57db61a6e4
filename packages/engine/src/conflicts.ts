import type { Ledger } from '@rinha/ledger'
import {
  type ConflictKind,
  isRejected,
  paymentRecordBytes,
  printCorrelationId,
  type RecordConflict,
  readPaymentAmountCents,
} from '@rinha/payment'
import { conflictCountMax } from './limits.ts'

/** For an operator: `conflicts` holds the latest {@link conflictCountMax}, the newest last. */
export interface ConflictReport {
  /** Posts under a known correlationId that are not that payment. They changed nothing. */
  readonly conflictCount: number
  readonly conflicts: readonly { readonly correlationId: string; readonly kind: ConflictKind }[]
}

/** The posts that came under a known correlationId and are not that payment: those of a step, and for an operator. */
export class Conflicts {
  readonly #ledger: Ledger
  #count = 0
  #latest: ConflictReport['conflicts'] = []
  #found: RecordConflict[] | undefined

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get report(): ConflictReport {
    return { conflictCount: this.#count, conflicts: this.#latest }
  }

  /** The record at `offset` has the correlationId of a row. */
  meet(records: Uint8Array, offset: number, row: number): void {
    const isSame = readPaymentAmountCents(records, offset) === this.#ledger.amountCents(row)
    if (isSame && !isRejected(this.#ledger.state(row))) return
    const correlationId = printCorrelationId(this.#ledger.correlationId(row))
    this.#count += 1
    const kind = isSame ? 'rejected' : 'amount'
    this.#latest = [...this.#latest.slice(-(conflictCountMax - 1)), { correlationId, kind }]
    this.#found ??= []
    const reason = isSame ? this.#ledger.rejectReason(row) : ''
    this.#found.push({ index: offset / paymentRecordBytes, kind, reason })
  }

  /** The conflicts since the last call. */
  take(): readonly RecordConflict[] {
    const found = this.#found ?? none
    this.#found = undefined
    return found
  }

  clear(): void {
    this.#count = 0
    this.#latest = []
  }
}

const none: readonly never[] = []
