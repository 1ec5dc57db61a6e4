import { type Cancel, err, ok } from '@rinha/base'
import type {
  ChannelHandlers,
  ChannelRequestKind,
  ChannelRequests,
  PaymentReport,
  RequestAnswer,
  Summary,
  Term,
} from '@rinha/channel'
import {
  paymentRecordBytes,
  printCorrelationId,
  type RecordConflict,
  readPaymentAmountCents,
} from '@rinha/payment'

/** A coordinator that records the messages that reach it, and answers as it is told. */
export class Coordinator implements ChannelHandlers {
  readonly payments: string[] = []
  readonly requests: { readonly kind: ChannelRequestKind; readonly params: unknown }[] = []
  /** The conflicts of the payments that come next. */
  readonly conflicts: RecordConflict[] = []
  readonly reports = new Map<string, PaymentReport>()
  /** Requests that wait for the end of a payment. Calling one answers it with the payment's report. */
  readonly waits = new Set<() => void>()
  readonly whenJournaled?: (run: () => void) => void
  readonly term?: Term
  readonly #unsynced: (() => void)[] = []
  roomLeft = 1000
  lastingRoomLeft = 1000
  secondsToWait = 0
  summary: Summary = {
    totals: [
      { processor: 'default', count: 2, amountCents: 3990 },
      { processor: 'fallback', count: 0, amountCents: 0 },
    ],
    completeUpToMs: null,
  }
  /** If set, every request is refused with this reason. */
  refusal: string | undefined

  constructor(writes: 'a journal' | 'a replicated log' | 'nothing' = 'nothing') {
    if (writes === 'a replicated log') this.term = { epoch: 1, isReplicated: true }
    if (writes !== 'nothing') this.whenJournaled = run => this.#unsynced.push(run)
  }

  /** The payments that were handed over so far are in the journal now. */
  sync(): void {
    for (const run of this.#unsynced.splice(0)) run()
  }

  roomCount(): number {
    return this.roomLeft
  }

  lastingRoomCount(): number {
    return this.lastingRoomLeft
  }

  retryAfterSeconds(): number {
    return this.secondsToWait
  }

  onPayments(records: Uint8Array, count: number): readonly RecordConflict[] {
    for (let at = 0; at < count * paymentRecordBytes; at += paymentRecordBytes) {
      this.payments.push(`${printCorrelationId(records, at)} ${readPaymentAmountCents(records, at)}`)
    }
    return this.conflicts.splice(0)
  }

  onRequest<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    _: string,
    answer: RequestAnswer<Kind>,
  ): Cancel | undefined {
    this.requests.push({ kind, params })
    if (kind === 'ending') {
      const wait = () =>
        (answer as RequestAnswer<'ending'>)(ok(this.#reportOf(params as ChannelRequests['status']['params'])))
      this.waits.add(wait)
      return () => this.waits.delete(wait)
    }
    answer(this.refusal === undefined ? ok(this.#resultOf(kind, params)) : err(this.refusal))
    return undefined
  }

  /** Ends all waits. */
  end(): void {
    for (const wait of this.waits) wait()
    this.waits.clear()
  }

  #reportOf({ correlationId }: ChannelRequests['status']['params']): PaymentReport {
    return this.reports.get(printCorrelationId(correlationId)) ?? { state: 'absent' }
  }

  #resultOf<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
  ): ChannelRequests[Kind]['result'] {
    const asked = params as ChannelRequests['status']['params']
    const answers: { [K in ChannelRequestKind]: () => ChannelRequests[K]['result'] } = {
      summary: () => this.summary,
      status: () => this.#reportOf(asked),
      ending: () => this.#reportOf(asked),
      health: () => [],
      ledgerSpan: () => ({ fromMs: 0, firstMs: null, toMs: 0 }),
      ledgerSum: () => ({ count: 0, amountCents: 0, isCut: false, known: [] }),
      ledgerIds: () => ({ ids: [], next: null }),
      purge: () => ({ purged: true }),
    }
    return answers[kind]()
  }
}
