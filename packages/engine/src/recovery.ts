import { assert, unreachable } from '@rinha/base'
import { paymentRecordBytes, readPaymentAmountCents } from '@rinha/channel'
import type { JournalEntry, JournalImage, OpenPayment } from '@rinha/journal'
import { Ledger, type LedgerOptions, paymentState } from '@rinha/ledger'
import { correlationIdBytes } from '@rinha/payment'
import type { Recovered } from './options.ts'

type Open = { -readonly [Field in keyof OpenPayment]: OpenPayment[Field] }

/**
 * Reads a journal into what an {@link Engine} goes on from: an image first, where there is one, then the entries after it.
 *
 * It believes nothing that the engine could not have written: an id accepted twice, an attempt for a payment that is
 * settled, a lost attempt repeated elsewhere (E3) or under another requestedAt (E4). Such a history fails an assertion, and
 * whoever reads the journal says where in it.
 */
export class Recovery {
  readonly #ledger: Ledger
  readonly #open = new Map<number, Open>()

  constructor(options: LedgerOptions) {
    this.#ledger = new Ledger(options)
  }

  /** The state a snapshot has. Called first, or not at all. */
  restore({ columns, open, rejected }: JournalImage): void {
    const ledger = this.#ledger
    assert(ledger.count === 0, 'an image comes before all entries')
    const reasons = new Map(rejected.map(({ row, reason }) => [row, reason]))
    for (const { count, ids, amountCents, states, processors, requestedAtMs } of columns) {
      for (let index = 0; index < count; index += 1) {
        const row = this.#insert(ids, index * correlationIdBytes, amountCents[index] ?? 0)
        const [processor = -1, atMs = 0] = [processors[index], requestedAtMs[index]]
        if (states[index] === paymentState.settled) ledger.settle(row, processor, atMs)
        else if (states[index] === paymentState.inFlight) ledger.setInFlight(row, processor, atMs)
        else if (states[index] === paymentState.rejected) ledger.reject(row, reasons.get(row) ?? '')
        else assert(states[index] === paymentState.queued, 'a state is known')
      }
    }
    for (const payment of open) {
      const isInFlight = ledger.state(payment.row) === paymentState.inFlight
      assert(isInFlight === (payment.doubt === 'recorded?'), 'an open payment and its row agree')
      this.#open.set(payment.row, { ...payment })
    }
    const { queued, inFlight } = ledger.stateCounts()
    assert(this.#open.size === queued + inFlight, 'every open payment is told of, and no other')
  }

  apply(entry: JournalEntry): void {
    switch (entry.kind) {
      case 'accepted':
        return this.#accept(entry.records, entry.acceptedAtMs)
      case 'sent':
        return this.#send(entry.row, entry.processor, entry.requestedAtMs)
      case 'requeued':
        return this.#requeue(entry.row, entry.doubt)
      case 'settled':
        this.#take(entry.row)
        return this.#ledger.settle(entry.row, entry.processor, entry.requestedAtMs)
      case 'rejected':
        this.#take(entry.row)
        return this.#ledger.reject(entry.row, entry.reason)
      case 'purged':
        this.#ledger.clear()
        return this.#open.clear()
      default:
        unreachable(entry)
    }
  }

  /** What was read, for the engine. Nothing is read any more then. */
  recovered(): Recovered {
    return { ledger: this.#ledger, open: [...this.#open.values()].sort((a, b) => a.row - b.row) }
  }

  #accept(records: Uint8Array, acceptedAtMs: number): void {
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
      const row = this.#insert(records, offset, readPaymentAmountCents(records, offset))
      this.#open.set(row, { row, acceptedAtMs, doubt: 'none', processor: -1, requestedAtMs: 0 })
    }
  }

  #insert(ids: Uint8Array, offset: number, amountCents: number): number {
    const { paymentCountMax } = this.#ledger
    assert(!this.#ledger.full, `the journal has more than ${paymentCountMax} payments (PAYMENT_COUNT_MAX)`)
    return this.#ledger.insert(ids, offset, amountCents)
  }

  #send(row: number, processor: number, requestedAtMs: number): void {
    const payment = this.#opened(row)
    if (payment.doubt !== 'none') {
      assert(payment.processor === processor, 'E3: what another processor may have is not sent')
    }
    if (payment.doubt === 'recorded?') {
      assert(
        payment.requestedAtMs === requestedAtMs,
        'E4: what follows a lost answer repeats its requestedAt',
      )
      this.#ledger.setQueued(row)
    }
    this.#ledger.setInFlight(row, processor, requestedAtMs)
    Object.assign(payment, { doubt: 'recorded?', processor, requestedAtMs })
  }

  #requeue(row: number, doubt: 'none' | 'refused'): void {
    const payment = this.#opened(row)
    if (payment.doubt === 'recorded?') this.#ledger.setQueued(row)
    Object.assign(payment, { doubt, requestedAtMs: 0 })
    if (doubt === 'none') payment.processor = -1
  }

  #opened(row: number): Open {
    const payment = this.#open.get(row)
    assert(payment !== undefined, 'the payment is open')
    return payment
  }

  #take(row: number): void {
    this.#opened(row)
    this.#open.delete(row)
  }
}
