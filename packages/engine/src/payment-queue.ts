import { RingQueue } from '@rinha/base'

/** The queue of payments that may be sent: rows of the ledger, oldest first, each with when it entered (monotonic). */
export class PaymentQueue {
  readonly #rows: RingQueue
  readonly #enteredAtMs: RingQueue

  constructor(countMax: number) {
    this.#rows = new RingQueue(countMax)
    this.#enteredAtMs = new RingQueue(countMax)
  }

  get count(): number {
    return this.#rows.count
  }

  /** When the payment at the head entered, or `undefined` when the queue is empty. */
  get oldestEnteredAtMs(): number | undefined {
    return this.#enteredAtMs.peek()
  }

  /** How long the payment at the head has waited; 0 when there is none. */
  oldestAgeMs(nowMs: number): number {
    return Math.max(0, nowMs - (this.oldestEnteredAtMs ?? nowMs))
  }

  /** The payment at place `index` after the head. */
  at(index: number): { readonly row: number; readonly enteredAtMs: number } {
    return { row: small(this.#rows.at(index)), enteredAtMs: this.#enteredAtMs.at(index) }
  }

  push(row: number, enteredAtMs: number): void {
    this.#rows.push(row)
    this.#enteredAtMs.push(enteredAtMs)
  }

  /** Puts a payment back that was taken out: it goes before all others, which came after it. */
  putBack(row: number, enteredAtMs: number): void {
    this.#rows.unshift(row)
    this.#enteredAtMs.unshift(enteredAtMs)
  }

  take(): { readonly row: number; readonly enteredAtMs: number } | undefined {
    const row = this.#rows.shift()
    const enteredAtMs = this.#enteredAtMs.shift()
    return row === undefined || enteredAtMs === undefined ? undefined : { row: small(row), enteredAtMs }
  }

  clear(): void {
    this.#rows.clear()
    this.#enteredAtMs.clear()
  }
}

/** The same number, as an integer where V8 has a short form for it: one that comes out of an array of doubles is boxed otherwise. */
function small(row: number): number {
  const whole = row | 0
  return whole === row ? whole : row
}
