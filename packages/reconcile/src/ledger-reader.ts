import { err, ok, type Time, type Timers } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import type {
  KnownPayment,
  LedgerAnswer,
  LedgerIds,
  LedgerIdsParams,
  LedgerSource,
  LedgerSpan,
  LedgerSpanParams,
  LedgerSum,
  LedgerSumParams,
  PaymentNow,
} from '@rinha/payment'
import { archivingMs, oldAttemptCountMax, youngMs } from './limits.ts'
import { rowsOpenAt, rowsSentAt, rowsSettled, rowsUnderWay } from './own-rows.ts'

interface Ports {
  readonly time: () => Time
  readonly timers: Pick<Timers, 'soon'>
}

/** Tells what the ledger of one coordinator has. Spans and sums are told at once, ids after a walk through the ledger. */
export class LedgerReader implements LedgerSource {
  readonly #ledger: Ledger
  readonly #names: readonly string[]
  readonly #ports: Ports
  /** A ledger that begins without a payment knows nothing of what was sent before, by another process. */
  readonly #beganMs: number | undefined

  /** `names` are those of the ledger's processors. It is made when the process starts. */
  constructor(ledger: Ledger, names: readonly string[], ports: Ports) {
    this.#ledger = ledger
    this.#names = names
    this.#ports = ports
    this.#beganMs = ledger.count === 0 ? ports.time().wallMs : undefined
  }

  span({ processor }: LedgerSpanParams, answer: LedgerAnswer<LedgerSpan>): void {
    const ledger = this.#ledger
    const { wallMs } = this.#ports.time()
    const [firstRow] = ledger.rows()
    const firstMs = firstRow === undefined ? null : Math.floor(ledger.acceptedAtMs(firstRow))
    const purgedMs = ledger.forgotten.toMs + 1
    const beganMs = this.#beganMs ?? firstMs ?? (Number.isFinite(purgedMs) ? purgedMs : wallMs)
    const knownMs = Math.max(beganMs, purgedMs)
    const sentAtMs = rowsUnderWay(ledger, this.#indexOf(processor)).map(row => ledger.requestedAtMs(row))
    const youngAtMs = sentAtMs.find((atMs, index) => atMs > wallMs - youngMs || index === oldAttemptCountMax)
    answer(
      ok({
        fromMs: ledger.archivedToMs === 0 ? knownMs : ledger.archivedToMs + archivingMs,
        firstMs,
        toMs: Math.min(wallMs, youngAtMs ?? wallMs) - 1,
      }),
    )
  }

  sum({ processor, fromMs, toMs, known }: LedgerSumParams, answer: LedgerAnswer<LedgerSum>): void {
    const ledger = this.#ledger
    // Of a processor that this ledger does not know, it has nothing.
    const total = ledger.summary(fromMs, toMs)[this.#indexOf(processor)] ?? { count: 0, amountCents: 0 }
    answer(
      ok({
        count: total.count,
        amountCents: total.amountCents,
        isCut: ledger.cutEnd(fromMs, toMs) !== undefined,
        known: known.map(each => this.#now(each)),
      }),
    )
  }

  ids(params: LedgerIdsParams, answer: LedgerAnswer<LedgerIds>): void {
    const ledger = this.#ledger
    const purgeCount = ledger.forgotten.count
    const walk = this.#walk(params)
    const step = () => {
      if (ledger.forgotten.count !== purgeCount) return answer(err('a purge came in between'))
      const { done, value } = walk.next()
      if (!done) return this.#ports.timers.soon(step)
      // Some may have left memory in the course of the walk.
      const ids = value.rows.filter(row => ledger.has(row)).map(row => ledger.correlationId(row))
      answer(ok({ ids, next: value.next }))
    }
    step()
  }

  *#walk(params: LedgerIdsParams): Generator<unknown, { rows: readonly number[]; next: number | null }> {
    const ledger = this.#ledger
    const processor = this.#indexOf(params.processor)
    const { kind, fromMs, toMs, countMax } = params
    if (kind === 'settled') return yield* rowsSettled(ledger, { ...params, processor })
    const isIn = (row: number) => {
      const atMs = ledger.requestedAtMs(row)
      return atMs >= fromMs && atMs <= toMs
    }
    const rows =
      kind === 'underWay'
        ? rowsUnderWay(ledger, processor).filter(isIn)
        : yield* kind === 'sentAt' ? rowsSentAt(ledger, toMs) : rowsOpenAt(ledger, toMs)
    return { rows: rows.slice(0, countMax), next: null }
  }

  #now({ correlationId, recordedAtMs }: KnownPayment): PaymentNow | null {
    const ledger = this.#ledger
    const row = ledger.find(correlationId, 0)
    if (row < 0) return null
    return {
      state: ledger.state(row),
      processor: this.#names[ledger.processor(row)] ?? null,
      amountCents: ledger.amountCents(row),
      requestedAtMs: ledger.requestedAtMs(row),
      wasSentThen: ledger.wasSent(row, recordedAtMs),
    }
  }

  #indexOf(processor: string): number {
    return this.#names.indexOf(processor)
  }
}
