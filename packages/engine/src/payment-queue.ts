import { RingQueue } from '@rinha/base'

/** The queue of payments that may be sent: rows of the ledger, oldest first, each with when it was accepted. */
export class PaymentQueue {
  readonly #rows: RingQueue
  readonly #acceptedAts: RingQueue

  constructor(countMax: number) {
    this.#rows = new RingQueue(countMax, Uint32Array)
    this.#acceptedAts = new RingQueue(countMax, Float64Array)
  }

  get count(): number {
    return this.#rows.count
  }

  /** When the payment at the head was accepted, or `undefined` when the queue is empty. */
  get oldestAcceptedAtMs(): number | undefined {
    return this.#acceptedAts.peek()
  }

  /** How long the payment at the head has waited; 0 when there is none. */
  oldestAgeMs(nowMs: number): number {
    return Math.max(0, nowMs - (this.oldestAcceptedAtMs ?? nowMs))
  }

  push(row: number, acceptedAtMs: number): void {
    this.#rows.push(row)
    this.#acceptedAts.push(acceptedAtMs)
  }

  /** Puts a payment back that was taken out: it goes before all others, which came after it. */
  putBack(row: number, acceptedAtMs: number): void {
    this.#rows.unshift(row)
    this.#acceptedAts.unshift(acceptedAtMs)
  }

  take(): { readonly row: number; readonly acceptedAtMs: number } | undefined {
    const row = this.#rows.shift()
    const acceptedAtMs = this.#acceptedAts.shift()
    return row === undefined || acceptedAtMs === undefined ? undefined : { row, acceptedAtMs }
  }

  /** Every payment, oldest first. */
  forEach(visit: (row: number, acceptedAtMs: number) => void): void {
    for (let index = 0; index < this.count; index += 1)
      visit(this.#rows.at(index), this.#acceptedAts.at(index))
  }

  clear(): void {
    this.#rows.clear()
    this.#acceptedAts.clear()
  }
}
