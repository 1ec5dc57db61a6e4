import type { Engine } from '@rinha/engine'
import type { CheckersContext } from './checkers.ts'
import type { Posted } from './posted.ts'

/**
 * Compares the ledger with the processors' books, payment by payment. No id is recorded at two processors. A payment that the
 * ledger calls settled is recorded at that processor, with exactly that requestedAt and amount. A payment that it calls
 * rejected is recorded nowhere.
 */
export class BooksChecker {
  readonly #context: Pick<CheckersContext, 'processors' | 'posted' | 'trace'>
  readonly #scannedRows: number[]

  constructor(context: Pick<CheckersContext, 'processors' | 'posted' | 'trace'>) {
    this.#context = context
    this.#scannedRows = context.processors.map(() => 0)
  }

  /** Reads the records of the processors since the last check. */
  scan(): void {
    const { processors, posted, trace } = this.#context
    for (const [index, { books }] of processors.entries()) {
      for (let row = this.#scannedRows[index] ?? 0; row < books.count; row += 1) {
        const payment = posted.of(books.correlationId(row))
        if (payment.kind === 'foreign') continue
        if (payment.recordedBy >= 0 && payment.recordedBy !== index && !payment.excused)
          trace.blame('once', `payment ${payment.number} is recorded at two processors`)
        if (!payment.forgotten && books.rowAmountCents(row) !== payment.amountCents)
          trace.blame('conservation', `payment ${payment.number} is recorded with another amount`)
        payment.recordedBy = index
      }
      this.#scannedRows[index] = books.count
    }
  }

  /** If the ledger says that a payment has ended, the processors' books must agree. */
  verify(payment: Posted, engine: Pick<Engine, 'status'>): void {
    const { processors, trace } = this.#context
    const status = engine.status(payment.correlationId)
    const blame = (words: string): never => trace.blame('once', `payment ${payment.number} is ${words}`)
    if (status.state === 'settled') {
      const books = processors[status.processor]?.books
      const row = books?.find(payment.correlationId) ?? -1
      if (books === undefined || row < 0)
        return blame(`settled but processor ${status.processor} does not have it`)
      if (books.requestedAtMs(row) !== status.requestedAtMs)
        blame("settled under another requestedAt than the processor's")
      if (books.rowAmountCents(row) !== status.amountCents || status.amountCents !== payment.amountCents)
        blame("settled with another amount than the processor's")
      trace.note('settled', payment.number, status.processor, status.requestedAtMs)
      payment.ended = true
    } else if (status.state === 'rejected') {
      if (payment.kind === 'ordinary' || payment.kind === 'stubborn') blame(`rejected: ${status.reason}`)
      if (payment.recordedBy >= 0 && payment.kind === 'poison') blame('rejected and recorded')
      payment.ended = true
    }
  }
}
