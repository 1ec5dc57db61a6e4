import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import type { Decisions } from './decisions.ts'
import type { Holding } from './holding.ts'
import { firstLookUpCountMax, lookUpLagMsMax } from './limits.ts'
import type { EngineOptions } from './options.ts'
import { PaymentQueue } from './payment-queue.ts'

/**
 * New payments that a coordinator before this one may have sent, in the order in which they came: each is looked up at
 * every processor before it is sent (E8). A payment is a newcomer if a predecessor was heard of within `spanMs`, and if
 * the ledger was new at the start: another one is that of the predecessor, and knows what was sent. Without a predecessor there are no newcomers.
 *
 * While there may be newcomers the ledger has a note of it. A start that finds the note goes on as if it had heard of the
 * predecessor: what waits in the ledger may be a newcomer, and for `spanMs` what is new.
 *
 * The predecessor sent nothing after this coordinator's start, but what it had sent may be recorded within an attempt's
 * timeout, and then be hidden from look-ups for a while. Until all that is over an absence proves nothing, so no look-up
 * begins. With a single processor nothing can be charged twice, and nothing waits.
 */
export class Newcomers {
  readonly #spanMs: number
  /** Monotonic: from then on, "absent" is believed. */
  readonly #believedFromMs: number
  readonly #queue: PaymentQueue
  #untilMs = Number.NEGATIVE_INFINITY
  /** Of the latest; all before them that came since the first. */
  #endRow = 0
  #firstRow = Number.POSITIVE_INFINITY
  #askedCount = 0
  #isNoted: boolean

  constructor({ ledger, lanes, predecessor, startedAt }: EngineOptions) {
    const { spanMs, attemptTimeoutMs } = predecessor ?? { spanMs: 0, attemptTimeoutMs: 0 }
    this.#isNoted = (ledger.notes.get('predecessor') ?? '') !== ''
    this.#spanMs = ledger.isNew || this.#isNoted ? spanMs : 0
    const hiddenMs = lanes.length > 1 ? attemptTimeoutMs + lookUpLagMsMax : 0
    this.#believedFromMs = startedAt.nowMs + hiddenMs
    this.#queue = new PaymentQueue(ledger.paymentCountMax)
  }

  /** Whether the ledger has the note. */
  get isNoted(): boolean {
    return this.#isNoted
  }

  /** Decides the note that the ledger has to have now, where it has another one. */
  note(nowMs: number, decisions: Decisions): void {
    const isExpected = this.count > 0 || this.isExpecting(nowMs)
    if (isExpected === this.#isNoted) return
    this.#isNoted = isExpected
    decisions.decide({ kind: 'noted', topic: 'predecessor', text: isExpected ? 'heard' : '' })
  }

  /** The count includes those that are being looked up. */
  get count(): number {
    return this.#queue.count + this.#askedCount
  }

  holding(nowMs: number): Holding | null {
    if (this.count === 0) return null
    return {
      reason: 'lookedUpFirst',
      count: this.count,
      beginsInMs: Math.max(0, this.#believedFromMs - nowMs),
    }
  }

  /** When the next one may be asked about, where that is not now. */
  get wakeAtMs(): number {
    const isAny = this.waitingCount > 0 && this.#askedCount < firstLookUpCountMax
    return isAny ? this.#believedFromMs : Number.POSITIVE_INFINITY
  }

  /** Newcomers whose look-up has not begun. */
  get waitingCount(): number {
    return this.#queue.count
  }

  /** An API node has reported a predecessor. Payments in `queue` that were never sent are newcomers, too. */
  begin(queue: PaymentQueue, ledger: Ledger, nowMs: number): void {
    if (this.#spanMs === 0) return
    this.#untilMs = Math.max(nowMs + this.#spanMs, this.#believedFromMs)
    for (let { count } = queue; count > 0; count -= 1) {
      const payment = queue.take()
      if (payment === undefined) return
      const isNew = ledger.state(payment.row) === paymentState.queued
      if (isNew) this.#push(payment.row, payment.enteredAtMs)
      else queue.push(payment.row, payment.enteredAtMs)
    }
  }

  /** Whether a new payment may have been sent before. */
  isExpecting(nowMs: number): boolean {
    return nowMs < this.#untilMs
  }

  /** Takes a new payment in, where it may have been sent before. */
  offer(row: number, nowMs: number): boolean {
    if (!this.isExpecting(nowMs)) return false
    this.#push(row, nowMs)
    return true
  }

  /** Whether a payment was looked up first: an attempt of the predecessor may have been on its way even so. */
  has(row: number): boolean {
    return row >= this.#firstRow && row < this.#endRow
  }

  /** Whether a payment may still be booked as the predecessor has sent it: under an instant that the ledger does not know. */
  mayBeBooked(ledger: Ledger, nowMs: number): boolean {
    if (this.isExpecting(nowMs)) return true
    if (this.#firstRow >= this.#endRow) return false
    const { queued, inFlight, refused } = paymentState
    return [queued, inFlight, refused].some(
      state => ledger.findState(state, this.#firstRow, this.#endRow) >= 0,
    )
  }

  /** The next one to be asked about, where answers are believed, while not too many are. */
  next(nowMs: number): { readonly row: number; readonly enteredAtMs: number } | undefined {
    if (nowMs < this.#believedFromMs || this.#askedCount >= firstLookUpCountMax) return undefined
    return this.#queue.take()
  }

  asked(): void {
    this.#askedCount += 1
  }

  answered(): void {
    this.#askedCount -= 1
  }

  /** A purge: payments that were sent before it no longer matter. */
  clear(): void {
    this.#untilMs = Number.NEGATIVE_INFINITY
    this.#queue.clear()
    this.#askedCount = 0
    this.#firstRow = Number.POSITIVE_INFINITY
    this.#endRow = 0
  }

  #push(row: number, enteredAtMs: number): void {
    this.#queue.push(row, enteredAtMs)
    this.#firstRow = Math.min(this.#firstRow, row)
    this.#endRow = Math.max(this.#endRow, row + 1)
  }
}
