import type { ArchivedPayment } from '@rinha/archive'
import { Ledger } from '@rinha/ledger'
import {
  type EarlierAttempt,
  type Fact,
  type LedgerPast,
  type PaymentState,
  paymentRecordBytes,
  paymentState,
  processorCountMax,
  writePaymentRecord,
} from '@rinha/payment'

/** A payment as a row has it, with all that is known of its attempts. */
export interface WholePayment
  extends Pick<ArchivedPayment, 'correlationId' | 'amountCents' | 'acceptedAtMs'> {
  readonly state: PaymentState
  /** -1 for none. */
  readonly processor: number
  /** 0 for none. */
  readonly requestedAtMs: number
  /** '' where it is not rejected. */
  readonly reason: string
  readonly earlier: readonly Pick<EarlierAttempt, 'processor' | 'requestedAtMs'>[]
}

/** As many as a coordinator can be told to remember. */
export const paymentCountMax = 9_000_000

/** A new ledger of one shard, which gets its payments whole. It is told facts that lead to each, so it checks them as it does others. */
export class ShardLedger {
  readonly ledger: Ledger
  readonly #archivedToMs: number

  /** `archivedToMs`: settlements before it are kept by seconds. `past`: of payments of which nothing else is left. */
  constructor(archivedToMs: number, past?: LedgerPast) {
    this.#archivedToMs = archivedToMs
    this.ledger = new Ledger({ processorCount: processorCountMax, paymentCountMax, hashSeed: 1 })
    if (past !== undefined) this.ledger.restore({ past, columns: [], reasons: [], earlier: [] })
    if (archivedToMs > 0) this.#retire()
  }

  /** Of payments that are in the archive it keeps the sums. They come before all others. */
  takeArchived(payments: readonly ArchivedPayment[]): void {
    for (const { state, ...payment } of payments)
      this.take({ ...payment, state: paymentState[state], earlier: [] })
    this.#retire()
  }

  take(payment: WholePayment): void {
    const { correlationId, amountCents, acceptedAtMs } = payment
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, correlationId, amountCents)
    const row = this.ledger.count
    this.#apply({ kind: 'accepted', acceptedAtMs, records })
    for (const attempt of payment.earlier) {
      this.#send(row, attempt)
      this.#apply({ kind: 'requeued', row, doubt: 'refused' })
    }
    this.#lead(row, payment)
  }

  /** From queued or refused to its state. */
  #lead(row: number, { state, processor, requestedAtMs, reason }: WholePayment): void {
    switch (state) {
      case paymentState.refused:
        return
      case paymentState.queued:
        if (this.ledger.state(row) !== state) this.#apply({ kind: 'requeued', row, doubt: 'none' })
        return
      case paymentState.inFlight:
      case paymentState.settled:
        this.#send(row, { processor, requestedAtMs })
        if (state === paymentState.settled) this.#apply({ kind: 'settled', row, processor, requestedAtMs })
        return
      default:
        this.#apply({ kind: 'rejected', row, reason })
        if (state === paymentState.discarded) this.#apply({ kind: 'discarded', row })
    }
  }

  /** What one processor has refused goes to another when it is free of that doubt. */
  #send(
    row: number,
    { processor, requestedAtMs }: Pick<EarlierAttempt, 'processor' | 'requestedAtMs'>,
  ): void {
    if (this.ledger.state(row) === paymentState.refused && this.ledger.processor(row) !== processor)
      this.#apply({ kind: 'requeued', row, doubt: 'none' })
    this.#apply({ kind: 'sent', row, processor, requestedAtMs })
  }

  #retire(): void {
    this.#apply({ kind: 'retired', firstRow: this.ledger.count, archivedToMs: this.#archivedToMs })
  }

  #apply(fact: Fact): void {
    this.ledger.apply(fact)
  }
}
