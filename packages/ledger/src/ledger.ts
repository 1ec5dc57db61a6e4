import { assert, unreachable } from '@rinha/base'
import {
  amountCentsMax,
  correlationIdBytes,
  type Fact,
  isOpen,
  isRejected,
  type LedgerImage,
  type PaymentColumns,
  type PaymentState,
  type ProcessorTotal,
  paymentRecordBytes,
  paymentState,
  processorCountMax,
  readPaymentAmountCents,
  reasonLengthMax,
} from '@rinha/payment'
import { Columns, stateOf } from './columns.ts'
import { EarlierAttempts } from './earlier-attempts.ts'
import { IdIndex } from './id-index.ts'
import { indexRowCountMax } from './limits.ts'
import { RangeSums } from './range-sums.ts'
import { otherReason, ReasonTable } from './reason-table.ts'
import { recount } from './recount.ts'
import type { StateCounts } from './state-counts.ts'

export interface LedgerOptions {
  /** Processors are named by their index, 0 to processorCount − 1. */
  readonly processorCount: number
  /** Rows the ledger will hold. What to do with a payment that comes when it is {@link Ledger.full} is the caller's. */
  readonly paymentCountMax: number
  /** Key of the id index, unknown to clients: drawn at random by a shell, fixed in a simulation. */
  readonly hashSeed: number
}

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

/**
 * Every accepted payment, once, and the sums of what settled. There is no other record. A row is the whole state of its
 * payment, and {@link Ledger.apply} is the only way to change one: live, when a journal is read, and for a standby that
 * follows another coordinator's facts. So all three come to the same rows, and an image of the rows is an image of all.
 *
 * It trades a database's durability and its sharing between processes for answers within microseconds and one order of
 * events: the coordinator alone writes it, in one thread, so "find, then accept" needs no lock and no transaction.
 * (Erlang's ETS gives the original system the same shape, with a copy of the row for each read; durability is the
 * journal's part.) Its parts: {@link Columns} holds the fields, {@link IdIndex} finds a row by its id, {@link RangeSums}
 * answers summaries.
 *
 * States of a row, and the facts that lead from one to another:
 *   queued    accepted → sent, rejected
 *   inFlight  sent → settled, requeued (to queued, or to refused), rejected, or sent again: the same attempt, repeated
 *   refused   requeued with `refused` → sent (to the same processor), requeued with `none` (to queued), settled, rejected
 *   settled   final
 *   rejected  final, but for a person
 * And by a person's word, from inFlight, refused and rejected: confirmed → settled, released → queued; from rejected:
 * discarded, which is final but for confirmed.
 *
 * Invariants (checkInvariants recounts L1 to L4 and L7; apply asserts L5 and L6, so that a history that breaks them is not
 * believed either):
 *   L1. Conservation: count = queued + in flight + settled + rejected.
 *   L2. Once: a settled row is in the sums of its one processor exactly once, under its requestedAt, in whole cents.
 *   L3. A row is found by its id, and an id has one row.
 *   L4. A processor is set in flight, when refused and when settled, a requestedAt in flight and when settled, and only then.
 *   L5. A refused payment is sent only to the processor that refused it, and settles only there (E3 of the engine).
 *   L6. An attempt in flight is repeated at its processor under its requestedAt (E4), and settles only there.
 *   L7. Attempts that were read and refused are kept for as long as their payment is open, and no longer.
 */
export class Ledger {
  readonly paymentCountMax: number
  /** How often the ledger was purged, and the latest requestedAt of a purged payment. */
  forgotten = { count: 0, toMs: Number.NEGATIVE_INFINITY }
  latestSentMs = Number.NEGATIVE_INFINITY
  readonly #columns = new Columns()
  readonly #index: IdIndex
  readonly #sums: readonly RangeSums[]
  readonly #reasons = new ReasonTable()
  readonly #earlier = new EarlierAttempts()
  readonly #counts: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]

  constructor({ processorCount, paymentCountMax, hashSeed }: LedgerOptions) {
    assert(
      Number.isSafeInteger(processorCount) && processorCount > 0 && processorCount <= processorCountMax,
      'processorCount is within its limit',
    )
    assert(
      Number.isSafeInteger(paymentCountMax) && paymentCountMax > 0 && paymentCountMax <= indexRowCountMax,
      'paymentCountMax is within what the index can name',
    )
    assert(paymentCountMax * amountCentsMax <= 2 ** 53, 'the sum of all amounts stays an exact number')
    this.paymentCountMax = paymentCountMax
    this.#index = new IdIndex(this.#columns, hashSeed)
    this.#sums = Array.from({ length: processorCount }, () => new RangeSums())
  }

  /** Accepted payments: rows are numbered from 0 in the order they came. */
  get count(): number {
    return this.#columns.count
  }

  get full(): boolean {
    return this.count >= this.paymentCountMax
  }

  /** The row of the payment whose 16 bytes stand at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    return this.#index.find(ids, offset)
  }

  /** Makes one fact true. An assertion fails where it cannot be. */
  apply(fact: Fact): void {
    switch (fact.kind) {
      case 'accepted':
        return this.#accept(fact.records, fact.acceptedAtMs)
      case 'sent':
        return this.#send(fact.row, fact.processor, fact.requestedAtMs)
      case 'requeued':
        return this.#requeue(fact.row, fact.doubt)
      case 'settled':
        return this.#settle(fact.row, fact.processor, fact.requestedAtMs)
      case 'rejected':
        return this.#reject(fact.row, fact.reason)
      case 'confirmed':
        return this.#confirm(fact.row, fact.processor, fact.requestedAtMs)
      case 'released':
        return this.#release(fact.row)
      case 'discarded':
        return this.#discard(fact.row)
      case 'purged':
        return this.#clear()
      default:
        unreachable(fact)
    }
  }

  amountCents(row: number): number {
    return this.#columns.segment(row).amountCents[this.#columns.slot(row)] ?? 0
  }

  state(row: number): PaymentState {
    return stateOf(this.#columns.segment(row).states[this.#columns.slot(row)])
  }

  isOpen(row: number): boolean {
    return isOpen(this.state(row))
  }

  get openCount(): number {
    return this.#counts[queued] + this.#counts[refused] + this.#counts[inFlight]
  }

  /** When it was accepted, by the wall clock. */
  acceptedAtMs(row: number): number {
    return this.#columns.segment(row).acceptedAtMs[this.#columns.slot(row)] ?? 0
  }

  /** Index of the processor that has the payment, may have it, or has refused it; -1 for none. */
  processor(row: number): number {
    return this.#columns.segment(row).processors[this.#columns.slot(row)] ?? -1
  }

  /** requestedAt of the attempt under way, or of the one that was recorded; 0 for none. */
  requestedAtMs(row: number): number {
    return this.#columns.segment(row).requestedAtMs[this.#columns.slot(row)] ?? 0
  }

  /** Whether an attempt at the processor that the row names was made under this instant, and may have been read. */
  wasSent(row: number, requestedAtMs: number): boolean {
    if (requestedAtMs > 0 && this.requestedAtMs(row) === requestedAtMs) return true
    const processor = this.processor(row)
    return this.#earlier
      .of(row)
      .some(each => each.processor === processor && each.requestedAtMs === requestedAtMs)
  }

  /** Whether the processor has read and refused an attempt at the payment, ever. */
  wasRefusedBy(row: number, processor: number): boolean {
    return this.#earlier.of(row).some(each => each.processor === processor)
  }

  /** Why a rejected payment was rejected. */
  rejectReason(row: number): string {
    assert(isRejected(this.state(row)), 'only a rejected payment has a reason')
    return this.#reasons.reasonOf(this.#columns.segment(row).reasons[this.#columns.slot(row)] ?? 0)
  }

  /** The first row in this state from one row to before another, or -1: some 0.1 ms for a million. */
  findState(state: PaymentState, from: number, to: number): number {
    return this.#columns.find(state, from, to)
  }

  /** A fresh copy of the 16 bytes. */
  correlationId(row: number): Uint8Array {
    const at = this.#columns.idOffset(row)
    return this.#columns.segment(row).ids.slice(at, at + correlationIdBytes)
  }

  /** For each processor, what settled with requestedAt in [fromMs, toMs], both included; null is an open end. */
  summary(fromMs: number | null, toMs: number | null): ProcessorTotal[] {
    return this.#sums.map(sums => sums.total(fromMs, toMs))
  }

  stateCounts(): StateCounts {
    const counts = this.#counts
    return {
      queued: counts[queued] + counts[refused],
      refused: counts[refused],
      inFlight: counts[inFlight],
      settled: counts[settled],
      rejected: counts[rejected] + counts[discarded],
      discarded: counts[discarded],
    }
  }

  /** A copy of everything: some 35 ms for a million payments. */
  image(): LedgerImage {
    return {
      columns: this.#columns.copy(),
      reasons: [...this.#reasons.reasons],
      earlier: this.#earlier.copy(),
    }
  }

  /** Views of the rows, one for each piece. They are valid until the next purge, and show later changes. */
  pieces(): readonly PaymentColumns[] {
    return this.#columns.views()
  }

  /** The attempts at open payments that were read and refused, those of each payment in their order. */
  earlierAttempts(): LedgerImage['earlier'] {
    return this.#earlier.copy()
  }

  /** Loads an image; called before anything else. Its rows are checked as strictly as facts are. */
  restore({ columns, reasons, earlier }: LedgerImage): void {
    assert(this.count === 0, 'an image comes before all facts')
    // The first stands for all others, in every table.
    for (const reason of reasons.slice(1)) this.#reasons.codeOf(reason)
    for (const piece of columns) this.#restorePiece(piece, reasons)
    for (const attempt of earlier) {
      assert(this.isOpen(attempt.row), 'L7: an attempt of a payment that is open')
      this.#assertAttempt(attempt.processor, attempt.requestedAtMs)
      this.#earlier.add(attempt)
    }
  }

  /** Recounts everything and asserts that it is equal. O(n): for tests and simulations. */
  checkInvariants(): void {
    recount(this, this.#counts, this.#sums)
    for (const row of this.#earlier.rows()) assert(this.isOpen(row), 'L7: attempts of an open payment')
    this.#index.checkInvariants()
  }

  #accept(records: Uint8Array, acceptedAtMs: number): void {
    assert(records.length % paymentRecordBytes === 0, 'records are whole')
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes)
      this.#insert(records, offset, readPaymentAmountCents(records, offset), acceptedAtMs)
  }

  #insert(ids: Uint8Array, offset: number, amountCents: number, acceptedAtMs: number): number {
    assert(!this.full, 'there are no more payments than PAYMENT_COUNT_MAX')
    assert(
      Number.isSafeInteger(amountCents) && amountCents > 0 && amountCents <= amountCentsMax,
      'an amount is whole cents within its limit',
    )
    this.#index.insert(ids, offset, this.count)
    const row = this.#columns.append(ids, offset)
    const segment = this.#columns.segment(row)
    const slot = this.#columns.slot(row)
    segment.amountCents[slot] = amountCents
    segment.acceptedAtMs[slot] = acceptedAtMs
    segment.processors[slot] = -1
    this.#counts[queued] += 1
    return row
  }

  #send(row: number, processor: number, requestedAtMs: number): void {
    const state = this.#openState(row)
    this.#assertAttempt(processor, requestedAtMs)
    assert(
      state === queued || this.processor(row) === processor,
      'E3: what another processor may have is not sent',
    )
    const isSame = state !== inFlight || this.requestedAtMs(row) === requestedAtMs
    assert(isSame, 'E4: what follows a lost answer repeats its requestedAt')
    if (requestedAtMs > this.latestSentMs) this.latestSentMs = requestedAtMs
    this.#move(row, inFlight, processor, requestedAtMs)
  }

  #requeue(row: number, doubt: 'none' | 'refused'): void {
    const state = this.#openState(row)
    if (doubt === 'none') return this.#move(row, queued, -1, 0)
    assert(state === inFlight, 'what was refused had been sent')
    this.#keepAttempt(row)
    this.#move(row, refused, this.processor(row), 0)
  }

  #keepAttempt(row: number): void {
    this.#earlier.add({ row, processor: this.processor(row), requestedAtMs: this.requestedAtMs(row) })
  }

  /** The payment is counted in the sums from now on. */
  #settle(row: number, processor: number, requestedAtMs: number): void {
    const state = this.#openState(row)
    this.#assertAttempt(processor, requestedAtMs)
    assert(state !== queued && this.processor(row) === processor, 'a payment settles where it was sent')
    this.#move(row, settled, processor, requestedAtMs)
    this.#earlier.drop(row)
    this.#sums[processor]?.insert(requestedAtMs, this.amountCents(row))
  }

  #confirm(row: number, processor: number, requestedAtMs: number): void {
    this.#assertAttempt(processor, requestedAtMs)
    // The ledger does not know where a rejected payment was sent, so the person has to say it.
    if (isRejected(this.state(row))) this.#move(row, inFlight, processor, requestedAtMs)
    this.#settle(row, processor, requestedAtMs)
  }

  #release(row: number): void {
    const state = this.state(row)
    assert(isOpen(state) ? state !== queued : state === rejected, 'what waits or has ended is not released')
    // The person may be wrong, so a record of this attempt still counts as ours. If a person says it a second time, it is
    // believed: a record found after that belongs to somebody else.
    const isSaidAgain = this.wasRefusedBy(row, this.processor(row))
    this.#earlier.drop(row)
    if (state === inFlight && !isSaidAgain) this.#keepAttempt(row)
    this.#move(row, queued, -1, 0)
  }

  #reject(row: number, reason: string): void {
    this.#openState(row)
    assert(reason.length <= reasonLengthMax, 'a reason is clipped')
    this.#move(row, rejected, -1, 0)
    this.#earlier.drop(row)
    this.#columns.segment(row).reasons[this.#columns.slot(row)] = this.#reasons.codeOf(reason)
  }

  #discard(row: number): void {
    assert(this.state(row) === rejected, 'only a rejected payment is discarded')
    this.#move(row, discarded, -1, 0)
  }

  /** Forgets every payment; row numbers start again at 0. */
  #clear(): void {
    this.forgotten = { count: this.forgotten.count + 1, toMs: this.latestSentMs }
    this.#columns.clear()
    this.#index.clear()
    for (const sums of this.#sums) sums.clear()
    this.#reasons.clear()
    this.#earlier.clear()
    this.#counts.fill(0)
  }

  #restorePiece(piece: PaymentColumns, reasons: readonly string[]): void {
    for (let index = 0; index < piece.count; index += 1) {
      const row = this.#insert(
        piece.ids,
        index * correlationIdBytes,
        piece.amountCents[index] ?? 0,
        piece.acceptedAtMs[index] ?? 0,
      )
      const state = stateOf(piece.states[index])
      if (isRejected(state)) {
        this.#reject(row, reasons[piece.reasons[index] ?? 0] ?? otherReason)
        if (state === discarded) this.#discard(row)
        continue
      }
      if (state === queued) continue
      const [processor = -1, requestedAtMs = 0] = [piece.processors[index], piece.requestedAtMs[index]]
      // Builds the row's state by the facts that lead to it. The earlier attempts tell whether it was refused.
      if (state === refused) {
        this.#assertAttempt(processor, 1)
        this.#move(row, refused, processor, 0)
        continue
      }
      this.#send(row, processor, requestedAtMs)
      if (state === settled) this.#settle(row, processor, requestedAtMs)
    }
  }

  #openState(row: number): PaymentState {
    const state = this.state(row)
    assert(isOpen(state), 'the payment is open')
    return state
  }

  #assertAttempt(processor: number, requestedAtMs: number): void {
    assert(this.#sums[processor] !== undefined, 'the processor exists')
    assert(Number.isSafeInteger(requestedAtMs) && requestedAtMs > 0, 'requestedAt is whole milliseconds')
  }

  #move(row: number, to: PaymentState, processor: number, requestedAtMs: number): void {
    const segment = this.#columns.segment(row)
    const slot = this.#columns.slot(row)
    this.#counts[stateOf(segment.states[slot])] -= 1
    this.#counts[to] += 1
    segment.states[slot] = to
    segment.processors[slot] = processor
    segment.requestedAtMs[slot] = requestedAtMs
  }
}
