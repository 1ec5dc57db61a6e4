import type { Time } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import {
  type LookupOutcome,
  paymentRecordBytes,
  type SummaryOutcome,
  writePaymentRecord,
} from '@rinha/payment'
import type { ProcessorBooks } from '@rinha/processor'
import { Books } from '@rinha/processor-model'
import { VirtualTime } from '@rinha/testing'
import { Reconciler, type ReconcilerOptions } from './reconciler.ts'

/** A ledger, the books of two processors, and a reconciler between them, with a clock of its own. */

export const startMs = 1_754_774_396_000

/** 16 bytes that spell a number. */
export function idOf(number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(12, number)
  return id
}

export class Scene {
  readonly timers = new VirtualTime()
  readonly ledger = new Ledger({ processorCount: 2, paymentCountMax: 1_000_000, hashSeed: 7 })
  readonly books = [new Books(), new Books()] as const
  /** An answer that a processor's endpoint gives in place of the true one. */
  summaryInstead:
    | ((fromMs: number, toMs: number, processor: number) => SummaryOutcome | undefined)
    | undefined
  lookUpInstead: ((id: Uint8Array) => LookupOutcome | undefined) | undefined
  /** When calls began, at either processor. */
  readonly callsAtMs: number[] = []
  callMs = 1

  get nowMs(): number {
    return this.timers.nowMs
  }

  set nowMs(nowMs: number) {
    this.timers.nowMs = nowMs
  }

  get wallMs(): number {
    return startMs + Math.floor(this.nowMs)
  }

  readonly time = (): Time => ({ nowMs: this.nowMs, wallMs: this.wallMs })

  pass(spanMs: number): void {
    this.timers.pass(spanMs)
  }

  accept(number: number, amountCents = 1990): number {
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, idOf(number), amountCents)
    this.ledger.apply({ kind: 'accepted', acceptedAtMs: this.wallMs, records })
    return this.ledger.count - 1
  }

  send(row: number, processor = 0): number {
    const requestedAtMs = this.wallMs
    this.ledger.apply({ kind: 'sent', row, processor, requestedAtMs })
    return requestedAtMs
  }

  record(row: number, processor = 0, requestedAtMs = this.ledger.requestedAtMs(row)): void {
    this.books[processor]?.record(this.ledger.correlationId(row), this.ledger.amountCents(row), requestedAtMs)
  }

  settle(row: number): void {
    const [processor, requestedAtMs] = [this.ledger.processor(row), this.ledger.requestedAtMs(row)]
    this.ledger.apply({ kind: 'settled', row, processor, requestedAtMs })
  }

  /** Accepted, sent, recorded and settled, now. */
  pay(number: number, amountCents = 1990, processor = 0): number {
    const row = this.accept(number, amountCents)
    this.send(row, processor)
    this.record(row, processor)
    this.settle(row)
    return row
  }

  /** Pays `count` payments, `everyMs` apart. */
  payMany(count: number, everyMs = 10, first = 1): void {
    for (let number = first; number < first + count; number += 1) {
      this.pay(number, 1000 + number)
      this.nowMs += everyMs
    }
  }

  /** The books of a processor have it otherwise. */
  amend(number: number, change: { amountCents?: number; requestedAtMs?: number }, processor = 0): void {
    const books = this.books[processor] as Books
    const row = books.find(idOf(number))
    const [amountCents, requestedAtMs] = [books.rowAmountCents(row), books.requestedAtMs(row)]
    books.remove(idOf(number))
    books.record(idOf(number), change.amountCents ?? amountCents, change.requestedAtMs ?? requestedAtMs)
  }

  booksOf(processor: number): ProcessorBooks {
    const books = this.books[processor] as Books
    const tell = <Outcome>(done: (outcome: Outcome) => void, outcome: () => Outcome): void => {
      this.callsAtMs.push(this.nowMs)
      this.timers.after(this.callMs, () => done(outcome()))
    }
    return {
      summary: (fromMs, toMs, done) =>
        tell<SummaryOutcome>(
          done,
          () =>
            this.summaryInstead?.(fromMs, toMs, processor) ?? {
              kind: 'summed',
              ...books.sum(fromMs, toMs + 0.999),
            },
        ),
      lookUp: (id, done) =>
        tell<LookupOutcome>(done, () => {
          const instead = this.lookUpInstead?.(id)
          if (instead !== undefined) return instead
          const row = books.find(id)
          if (row < 0) return { kind: 'absent' }
          const requestedAtMs = Math.floor(books.requestedAtMs(row))
          return { kind: 'found', amountCents: books.rowAmountCents(row), requestedAtMs }
        }),
    }
  }

  /** What the reports list during one run, each time that a report lists something. */
  listedInRun(reconciler: Reconciler): readonly object[] {
    const listed: object[] = []
    this.nowMs += 1000
    reconciler.ask()
    while (reconciler.report().isRunning) {
      this.pass(1)
      for (const { differences, differenceCount } of reconciler.report().processors)
        if (differences.length > 0 || differenceCount !== 0) listed.push({ differences, differenceCount })
    }
    return listed
  }

  reconciler(options: Partial<ReconcilerOptions> = {}): Reconciler {
    const { ledger, time, timers } = this
    const names = ['default', 'fallback']
    return new Reconciler(
      { ledger, names, everyMs: 0, callsPerSecondMax: 1000, ...options },
      { books: names.map((_, index) => this.booksOf(index)), time, timers },
    )
  }

  /** Plays one whole run, a second later. */
  reconcile(reconciler = this.reconciler(), isEveryPayment = false) {
    this.nowMs += 1000
    reconciler.ask(isEveryPayment)
    this.pass(600_000)
    return reconciler.report()
  }

  /** The findings of a whole run in few words, and the state of each processor. */
  found(reconciler = this.reconciler(), isEveryPayment = false): readonly string[] {
    return this.reconcile(reconciler, isEveryPayment).processors.flatMap(
      ({ processor, differences, state, reason }) => [
        `${processor} ${state}${reason === null ? '' : `: ${reason}`}`,
        ...differences.map(({ kind, correlationId, theirs }) =>
          correlationId === null
            ? `${kind} ${theirs?.count} ${theirs?.amountCents} at ${(theirs?.requestedAtMs ?? 0) - startMs}`
            : `${kind} ${Number.parseInt(correlationId.slice(-8), 16)}`,
        ),
      ],
    )
  }
}
