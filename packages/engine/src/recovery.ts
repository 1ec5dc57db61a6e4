import { assert, unreachable } from '@rinha/base'
import { paymentRecordBytes, readPaymentAmountCents } from '@rinha/channel'
import type { JournalEntry, JournalImage, OpenPayment } from '@rinha/journal'
import { Ledger, type LedgerOptions, paymentState } from '@rinha/ledger'
import { correlationIdBytes } from '@rinha/payment'
import type { Recovered } from './options.ts'

/**
 * Reads a journal into what an {@link Engine} goes on from: an image first, where there is one, then the entries after it.
 *
 * It believes nothing that the engine could not have written: an id accepted twice, an attempt for a payment that is
 * settled, a lost attempt repeated elsewhere (E3) or under another requestedAt (E4). Such a history fails an assertion, and
 * whoever reads the journal says where in it.
 */
export class Recovery {
  readonly #ledger: Ledger
  /** By row. What is open, and what is known of an attempt under way, the ledger has. */
  #acceptedAtMs = new Float64Array(1024)
  /** By row, of those that wait: the processor that has read and refused it. */
  readonly #refusedBy = new Map<number, number>()

  constructor(options: LedgerOptions) {
    this.#ledger = new Ledger(options)
  }

  /** The state a snapshot has. Called first, or not at all. */
  restore({ columns, open, rejected }: JournalImage): void {
    const ledger = this.#ledger
    assert(ledger.count === 0, 'an image comes before all entries')
    const rejections = rejected[Symbol.iterator]()
    for (const { count, ids, amountCents, states, processors, requestedAtMs } of columns) {
      for (let index = 0; index < count; index += 1) {
        const row = this.#insert(ids, index * correlationIdBytes, amountCents[index] ?? 0, 0)
        const [processor = -1, atMs = 0] = [processors[index], requestedAtMs[index]]
        if (states[index] === paymentState.settled) ledger.settle(row, processor, atMs)
        else if (states[index] === paymentState.inFlight) ledger.setInFlight(row, processor, atMs)
        else if (states[index] === paymentState.rejected) {
          const { value: rejection } = rejections.next()
          assert(rejection?.row === row, 'every rejected payment is told of, in order')
          ledger.reject(row, rejection.reason)
        } else assert(states[index] === paymentState.queued, 'a state is known')
      }
    }
    let lastRow = -1
    for (const { row, acceptedAtMs, doubt, processor } of open) {
      assert(row > lastRow && ledger.isOpen(row), 'what is told of as open is, and once')
      lastRow = row
      const isInFlight = ledger.state(row) === paymentState.inFlight
      assert(isInFlight === (doubt === 'recorded?'), 'an open payment and its row agree')
      this.#acceptedAtMs[row] = acceptedAtMs
      if (doubt === 'refused') this.#refusedBy.set(row, processor)
    }
    assert(open.count === ledger.openCount, 'every open payment is told of, and no other')
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
        return this.#refusedBy.clear()
      default:
        unreachable(entry)
    }
  }

  /** What was read, for the engine. Nothing is read any more then. */
  recovered(): Recovered {
    return { ledger: this.#ledger, open: this.#openPayments() }
  }

  *#openPayments(): Generator<OpenPayment, void, void> {
    const ledger = this.#ledger
    for (let row = 0; row < ledger.count; row += 1) {
      if (!ledger.isOpen(row)) continue
      const acceptedAtMs = this.#acceptedAtMs[row] ?? 0
      const refusedBy = this.#refusedBy.get(row)
      if (ledger.state(row) === paymentState.inFlight) {
        const [processor, requestedAtMs] = [ledger.processor(row), ledger.requestedAtMs(row)]
        yield { row, acceptedAtMs, doubt: 'recorded?', processor, requestedAtMs }
      } else if (refusedBy !== undefined) {
        yield { row, acceptedAtMs, doubt: 'refused', processor: refusedBy, requestedAtMs: 0 }
      } else yield { row, acceptedAtMs, doubt: 'none', processor: -1, requestedAtMs: 0 }
    }
    // The engine knows it now. 8 bytes of every payment would else be kept as long as the process lives.
    this.#acceptedAtMs = new Float64Array(0)
  }

  #accept(records: Uint8Array, acceptedAtMs: number): void {
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes)
      this.#insert(records, offset, readPaymentAmountCents(records, offset), acceptedAtMs)
  }

  #insert(ids: Uint8Array, offset: number, amountCents: number, acceptedAtMs: number): number {
    const { paymentCountMax } = this.#ledger
    assert(!this.#ledger.full, `the journal has more than ${paymentCountMax} payments (PAYMENT_COUNT_MAX)`)
    const row = this.#ledger.insert(ids, offset, amountCents)
    if (row === this.#acceptedAtMs.length) {
      const grown = new Float64Array(Math.min(row * 2, paymentCountMax))
      grown.set(this.#acceptedAtMs)
      this.#acceptedAtMs = grown
    }
    this.#acceptedAtMs[row] = acceptedAtMs
    return row
  }

  #send(row: number, processor: number, requestedAtMs: number): void {
    this.#assertOpen(row)
    const ledger = this.#ledger
    const isRepeat = ledger.state(row) === paymentState.inFlight
    const known = isRepeat ? ledger.processor(row) : this.#refusedBy.get(row)
    assert(known === undefined || known === processor, 'E3: what another processor may have is not sent')
    if (isRepeat) {
      const isSame = ledger.requestedAtMs(row) === requestedAtMs
      assert(isSame, 'E4: what follows a lost answer repeats its requestedAt')
      ledger.setQueued(row)
    }
    this.#refusedBy.delete(row)
    ledger.setInFlight(row, processor, requestedAtMs)
  }

  #requeue(row: number, doubt: 'none' | 'refused'): void {
    this.#assertOpen(row)
    const ledger = this.#ledger
    if (ledger.state(row) === paymentState.inFlight) {
      this.#refusedBy.set(row, ledger.processor(row))
      ledger.setQueued(row)
    }
    if (doubt === 'none') this.#refusedBy.delete(row)
    else assert(this.#refusedBy.has(row), 'what was refused had been sent')
  }

  #assertOpen(row: number): void {
    assert(row < this.#ledger.count && this.#ledger.isOpen(row), 'the payment is open')
  }

  /** It is open no more. */
  #take(row: number): void {
    this.#assertOpen(row)
    this.#refusedBy.delete(row)
  }
}
