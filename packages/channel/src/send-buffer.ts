import { assert } from '@rinha/base'
import { correlationIdBytes, paymentRecordBytes, writePaymentRecord } from '@rinha/payment'

/** Consecutive payments, ready to travel. `records` is a view of the buffer, valid until the next call. */
export interface Batch {
  readonly firstSequence: number
  readonly records: Uint8Array
}

/**
 * The payments that a node has taken and the coordinator has not acknowledged, oldest first, as one ring of records in
 * their wire form: a batch is a view, not a copy, and nothing is allocated for a payment.
 *
 * Each payment has a sequence number, one more than the one before, from 1. It is not stored: the slots are in order.
 *
 * ```
 *       acknowledged        next to send           last
 *   ────────┤   sent, not acked   ├   never sent     ┤
 *            ╰─ again after rewind() ─╯
 * ```
 *
 * Invariants:
 *   1. acknowledged ≤ next − 1 ≤ highest sent ≤ last, and last − acknowledged = count ≤ countMax.
 *   2. A payment leaves by {@link acknowledge} alone, and only once it has been sent.
 *   3. After {@link rewind}, exactly what is not acknowledged is sent again, in its order, under its old numbers.
 */
export class SendBuffer {
  readonly countMax: number
  /** The whole buffer is allocated at the start. The operating system provides its pages when they are first written. */
  readonly #records: Uint8Array
  #headSlot = 0
  #count = 0
  #acknowledged = 0
  #next = 1
  #highestSent = 0

  constructor(countMax: number) {
    assert(Number.isSafeInteger(countMax) && countMax >= 0, 'countMax is a count')
    this.countMax = countMax
    this.#records = new Uint8Array(countMax * paymentRecordBytes)
  }

  get count(): number {
    return this.#count
  }

  /** The sequence number through which everything is acknowledged; 0 before the first. */
  get acknowledgedSequence(): number {
    return this.#acknowledged
  }

  /** The sequence number of the payment taken last; 0 before the first. */
  get lastSequence(): number {
    return this.#acknowledged + this.#count
  }

  /** The sequence number of the next payment that {@link take} would give, whether or not there is one yet. */
  get nextSequence(): number {
    return this.#next
  }

  /** Takes a payment, copying its id. False: the buffer is full and nothing was taken. */
  offer(correlationId: Uint8Array, amountCents: number): boolean {
    if (this.#count === this.countMax) return false
    writePaymentRecord(this.#records, this.#offsetOf(this.#count), correlationId, amountCents)
    this.#count += 1
    return true
  }

  /**
   * The next unsent payments: at most `countMax` of them, none past `throughSequence`, fewer where the ring wraps
   * around. `undefined` when there is none. They count as sent.
   */
  take(countMax: number, throughSequence: number): Batch | undefined {
    const index = this.#next - this.#acknowledged - 1
    const unsentCount = Math.min(this.#count - index, throughSequence - this.#next + 1, countMax)
    if (unsentCount <= 0) return undefined
    const offset = this.#offsetOf(index)
    const untilWrap = (this.#records.length - offset) / paymentRecordBytes
    const count = Math.min(unsentCount, untilWrap)
    const firstSequence = this.#next
    this.#next += count
    this.#highestSent = Math.max(this.#highestSent, this.#next - 1)
    return { firstSequence, records: this.#records.subarray(offset, offset + count * paymentRecordBytes) }
  }

  /** Whether the payment of this sequence number, and so every one before it, was sent. */
  isSent(sequence: number): boolean {
    return sequence <= this.#highestSent
  }

  /** Lets go of everything through `sequence`. False, and nothing changed, where it was never sent or is already behind. */
  acknowledge(sequence: number): boolean {
    if (sequence < this.#acknowledged || sequence > this.#highestSent) return false
    const count = sequence - this.#acknowledged
    if (count === 0) return true
    this.#headSlot = (this.#headSlot + count) % this.countMax
    this.#count -= count
    this.#acknowledged = sequence
    this.#next = Math.max(this.#next, sequence + 1)
    assert(this.#count >= 0, 'no more is acknowledged than was taken')
    return true
  }

  /** Everything that is not acknowledged is to be sent again: the connection it went out on is gone. */
  rewind(): void {
    this.#next = this.#acknowledged + 1
  }

  /** Whether a payment is here. Looks at every record. */
  holds(correlationId: Uint8Array): boolean {
    assert(correlationId.length === correlationIdBytes, 'a correlationId is 16 bytes')
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#idIsAt(this.#offsetOf(index), correlationId)) return true
    }
    return false
  }

  #idIsAt(offset: number, correlationId: Uint8Array): boolean {
    for (let byte = 0; byte < correlationIdBytes; byte += 1) {
      if (this.#records[offset + byte] !== correlationId[byte]) return false
    }
    return true
  }

  #offsetOf(index: number): number {
    return ((this.#headSlot + index) % this.countMax) * paymentRecordBytes
  }
}
