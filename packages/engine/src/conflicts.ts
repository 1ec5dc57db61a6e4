import {
  type ConflictKind,
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

/** What is known of a payment whose id came again. */
export interface KnownPayment {
  readonly amountCents: number
  /** Why it was rejected; undefined where it was not. */
  readonly rejectReason: string | undefined
}

/** The posts that came under a known correlationId and are not that payment: those of a step, and for an operator. */
export class Conflicts {
  #count = 0
  #latest: ConflictReport['conflicts'] = []
  #found: RecordConflict[] | undefined

  get report(): ConflictReport {
    return { conflictCount: this.#count, conflicts: this.#latest }
  }

  /** The record at `offset` has the correlationId of a known payment. */
  meet(records: Uint8Array, offset: number, { amountCents, rejectReason }: KnownPayment): void {
    const isSame = readPaymentAmountCents(records, offset) === amountCents
    if (isSame && rejectReason === undefined) return
    const correlationId = printCorrelationId(records, offset)
    this.#count += 1
    const kind = isSame ? 'rejected' : 'amount'
    this.#latest = [...this.#latest.slice(-(conflictCountMax - 1)), { correlationId, kind }]
    this.#found ??= []
    const reason = isSame ? (rejectReason ?? '') : ''
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
