import { assert, unreachable } from '@rinha/base'
import {
  amountCentsMax,
  correlationIdBytes,
  type Fact,
  isOpen,
  isRejected,
  type LedgerImage,
  type LedgerPast,
  type NoteTopic,
  type PaymentColumns,
  type PaymentState,
  paymentRecordBytes,
  paymentState,
  readPaymentAmountCents,
  reasonLengthMax,
} from '@rinha/payment'
import { type LedgerPiece, stateOf } from './columns.ts'
import { LedgerRows } from './ledger-rows.ts'
import { centsMax, indexRowCountMax } from './limits.ts'
import { otherReason } from './reason-table.ts'
import { recount } from './recount.ts'
import type { Segment } from './segment.ts'

export interface LedgerOptions {
  /** Processors are named by their index, 0 to processorCount − 1. */
  readonly processorCount: number
  /** Payments that the ledger will hold at one time. What to do with a payment that comes when it is {@link Ledger.full} is the caller's. */
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
 * journal's part.) Its parts: {@link Columns} holds the fields, {@link IdIndex} finds a row by its id, {@link Settlements}
 * answers summaries.
 *
 * Memory is bounded because payments leave (fact `retired`), oldest first: those that were discarded, and those that have settled
 * in archived time, of which whole seconds are kept. Counts and sums include what has left.
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
 * Invariants (checkInvariants recounts L1 to L4, L7 and L8; apply asserts L5 and L6, so that a history that breaks them is not
 * believed either):
 *   L1. Conservation: count = queued + in flight + settled + rejected.
 *   L2. Once: a settled row is in the sums of its one processor exactly once, under its requestedAt, in whole cents.
 *   L3. A row is found by its id, and an id has one row.
 *   L4. A processor is set in flight, when refused and when settled, a requestedAt in flight and when settled, and only then.
 *   L5. A refused payment is sent only to the processor that refused it, and settles only there (E3 of the engine).
 *   L6. An attempt in flight is repeated at its processor under its requestedAt (E4), and settles only there.
 *   L7. Attempts that were read and refused are kept for as long as their payment is open, and no longer.
 *   L8. What is open, or rejected and not discarded, never leaves. What has left had settled in archived time, or was discarded.
 */
export class Ledger extends LedgerRows {
  readonly paymentCountMax: number
  /** How often the ledger was purged, and the latest requestedAt of a purged payment. */
  forgotten = { count: 0, toMs: Number.NEGATIVE_INFINITY }
  latestSentMs = Number.NEGATIVE_INFINITY
  /** What a person has set: the latest text of each topic. */
  readonly notes = new Map<NoteTopic, string>()
  /** The amounts of all payments accepted since the last purge. */
  #acceptedCents = 0
  #isNew = true

  constructor({ processorCount, paymentCountMax, hashSeed }: LedgerOptions) {
    super(processorCount, hashSeed)
    assert(
      Number.isSafeInteger(paymentCountMax) && paymentCountMax > 0 && paymentCountMax <= indexRowCountMax,
      'paymentCountMax is within what the index can name',
    )
    assert(paymentCountMax * amountCentsMax <= centsMax, 'the sum of all amounts stays an exact number')
    this.paymentCountMax = paymentCountMax
  }

  /** How many more payments it takes: in memory, and so that the sum of all amounts stays an exact number. */
  get roomCount(): number {
    return this.roomCountWithout(0)
  }

  /** The same, once so many have left memory. */
  roomCountWithout(leftCount: number): number {
    const countMax = Math.floor((centsMax - this.#acceptedCents) / amountCentsMax)
    return Math.min(this.paymentCountMax - this.keptCount + leftCount, countMax)
  }

  get full(): boolean {
    return this.roomCount <= 0
  }

  /** Nothing was ever applied to it: it is not that of a coordinator which ran before. */
  get isNew(): boolean {
    return this.#isNew
  }

  /** Makes one fact true. An assertion fails where it cannot be. */
  apply(fact: Fact): void {
    this.#isNew = false
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
      case 'retired':
        return this.#retire(fact.firstRow, fact.archivedToMs)
      case 'polled':
        return
      case 'noted':
        this.notes.set(fact.topic, fact.text)
        return
      case 'purged':
        return this.#clear()
      default:
        unreachable(fact)
    }
  }

  /** A copy of everything: some 35 ms for a million payments. */
  image(): LedgerImage {
    const image = {
      columns: this.columns.copy(),
      reasons: [...this.reasons.reasons],
      earlier: this.earlier.copy(),
      ...(this.notes.size > 0 && { notes: [...this.notes].map(([topic, text]) => ({ topic, text })) }),
    }
    if (this.forgotten.count === 0 && this.firstRow === 0 && this.archivedToMs === 0) return image
    const { stragglers } = this.columns
    const past = {
      purgeCount: this.forgotten.count,
      firstRow: this.firstRow,
      acceptedCents: this.#acceptedCents,
      stragglers: { rows: Float64Array.from(stragglers.rows), columns: stragglers.copy() },
      ...this.settlements.image(),
    }
    return { ...image, past }
  }

  /** Views of the rows, one for each piece. They are valid until the next fact `purged` or `retired`, and show later changes. */
  pieces(): readonly LedgerPiece[] {
    return this.columns.views()
  }

  /** The attempts at open payments that were read and refused, those of each payment in their order. */
  earlierAttempts(): LedgerImage['earlier'] {
    return this.earlier.copy()
  }

  /** Loads an image; called before anything else. Its rows are checked as strictly as facts are. */
  restore({ columns, reasons, earlier, past, notes = [] }: LedgerImage): void {
    assert(this.count === 0, 'an image comes before all facts')
    this.#isNew = false
    for (const { topic, text } of notes) this.notes.set(topic, text)
    // The first stands for all others, in every table.
    for (const reason of reasons.slice(1)) this.reasons.codeOf(reason)
    if (past !== undefined) this.#restorePast(past, reasons)
    for (const piece of columns)
      for (let index = 0; index < piece.count; index += 1) {
        const [amountCents = 0, acceptedAtMs = 0] = [piece.amountCents[index], piece.acceptedAtMs[index]]
        const row = this.#append(piece.ids, index * correlationIdBytes, amountCents, acceptedAtMs)
        this.#restoreRow(row, piece, index, reasons)
      }
    if (past !== undefined) this.#acceptedCents = past.acceptedCents
    for (const attempt of earlier) {
      assert(this.isOpen(attempt.row), 'L7: an attempt of a payment that is open')
      this.#assertAttempt(attempt.processor, attempt.requestedAtMs)
      this.earlier.add(attempt)
    }
  }

  /** Recounts everything and asserts that it is equal. O(n): for tests and simulations. */
  checkInvariants(): void {
    recount(this, this.counts, this.settlements.all)
    for (const row of this.earlier.rows()) assert(this.isOpen(row), 'L7: attempts of an open payment')
    this.checkIndex()
  }

  #accept(records: Uint8Array, acceptedAtMs: number): void {
    assert(records.length % paymentRecordBytes === 0, 'records are whole')
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes)
      this.#append(records, offset, readPaymentAmountCents(records, offset), acceptedAtMs)
  }

  #append(ids: Uint8Array, offset: number, amountCents: number, acceptedAtMs: number): number {
    assert(!this.full, 'there are no more payments than PAYMENT_COUNT_MAX')
    assertAmount(amountCents)
    this.index.insert(ids, offset, this.count)
    const row = this.columns.append(ids, offset)
    this.#begin(row, amountCents, acceptedAtMs)
    return row
  }

  /** Makes a new row that of a queued payment. */
  #begin(row: number, amountCents: number, acceptedAtMs: number): void {
    const segment = this.columns.segment(row)
    const slot = this.columns.slot(row)
    segment.amountCents[slot] = amountCents
    segment.acceptedAtMs[slot] = acceptedAtMs
    segment.processors[slot] = -1
    this.counts[queued] += 1
    this.#acceptedCents += amountCents
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
    this.earlier.add({ row, processor: this.processor(row), requestedAtMs: this.requestedAtMs(row) })
  }

  /** The payment is counted in the sums from now on. */
  #settle(row: number, processor: number, requestedAtMs: number): void {
    const state = this.#openState(row)
    this.#assertAttempt(processor, requestedAtMs)
    assert(state !== queued && this.processor(row) === processor, 'a payment settles where it was sent')
    this.#move(row, settled, processor, requestedAtMs)
    this.earlier.drop(row)
    this.settlements.of(processor).insert(requestedAtMs, this.amountCents(row))
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
    this.earlier.drop(row)
    if (state === inFlight && !isSaidAgain) this.#keepAttempt(row)
    this.#move(row, queued, -1, 0)
  }

  #reject(row: number, reason: string): void {
    this.#openState(row)
    assert(reason.length <= reasonLengthMax, 'a reason is clipped')
    this.#move(row, rejected, -1, 0)
    this.earlier.drop(row)
    this.columns.segment(row).reasons[this.columns.slot(row)] = this.reasons.codeOf(reason)
  }

  #discard(row: number): void {
    assert(this.state(row) === rejected, 'only a rejected payment is discarded')
    this.#move(row, discarded, -1, 0)
  }

  #retire(firstRow: number, archivedToMs: number): void {
    assert(
      Number.isSafeInteger(firstRow) && firstRow >= this.firstRow && firstRow <= this.count,
      'L8: rows leave in their order',
    )
    this.settlements.archiveTo(archivedToMs)
    this.#sentBefore(archivedToMs)
    const goes = ({ states, processors, amountCents }: Segment, slot: number) =>
      this.left.add(states[slot] === settled ? (processors[slot] ?? -1) : -1, amountCents[slot] ?? 0)
    this.columns.stragglers.remove(archivedToMs, goes)
    this.columns.retire(firstRow, archivedToMs, (segment, slot, leaves) => {
      this.index.remove(segment.ids, slot * correlationIdBytes)
      if (leaves) goes(segment, slot)
    })
  }

  /** So that a ledger that is restored without what has left knows as much of the latest attempt as one that is not. */
  #sentBefore(archivedToMs: number): void {
    this.latestSentMs = Math.max(this.latestSentMs, archivedToMs - 1)
  }

  /** Forgets every payment; row numbers start again at 0. */
  #clear(): void {
    this.forgotten = { count: this.forgotten.count + 1, toMs: this.latestSentMs }
    this.columns.clear()
    this.index.clear()
    this.settlements.clear()
    this.reasons.clear()
    this.earlier.clear()
    this.counts.fill(0)
    this.#acceptedCents = 0
  }

  #restorePast(past: LedgerPast, reasons: readonly string[]): void {
    this.forgotten.count = past.purgeCount
    this.columns.begin(past.firstRow)
    this.settlements.restore(past)
    this.#sentBefore(past.archivedToMs)
    this.counts[settled] += this.left.settledCount
    this.counts[discarded] += past.discardedCount
    const { rows, columns } = past.stragglers
    for (const [index, row] of rows.entries()) {
      const [amountCents = 0, acceptedAtMs = 0] = [columns.amountCents[index], columns.acceptedAtMs[index]]
      assertAmount(amountCents)
      this.columns.stragglers.add(row, columns.ids, index * correlationIdBytes)
      this.#begin(row, amountCents, acceptedAtMs)
      this.#restoreRow(row, columns, index, reasons)
    }
  }

  /** Builds a new row's state by the facts that lead to it. */
  #restoreRow(row: number, piece: PaymentColumns, index: number, reasons: readonly string[]): void {
    const state = stateOf(piece.states[index])
    if (isRejected(state)) {
      this.#reject(row, reasons[piece.reasons[index] ?? 0] ?? otherReason)
      if (state === discarded) this.#discard(row)
    } else if (state !== queued) {
      const [processor = -1, requestedAtMs = 0] = [piece.processors[index], piece.requestedAtMs[index]]
      this.#assertAttempt(processor, state === refused ? 1 : requestedAtMs)
      // The earlier attempts tell whether it was refused.
      if (state === refused) return this.#move(row, refused, processor, 0)
      this.#send(row, processor, requestedAtMs)
      if (state !== settled) return
      if (requestedAtMs < this.archivedToMs) this.#move(row, settled, processor, requestedAtMs)
      else this.#settle(row, processor, requestedAtMs)
    }
  }

  #openState(row: number): PaymentState {
    const state = this.state(row)
    assert(isOpen(state), 'the payment is open')
    return state
  }

  #assertAttempt(processor: number, requestedAtMs: number): void {
    this.settlements.of(processor)
    assert(Number.isSafeInteger(requestedAtMs) && requestedAtMs > 0, 'requestedAt is whole milliseconds')
  }

  #move(row: number, to: PaymentState, processor: number, requestedAtMs: number): void {
    const segment = this.columns.segment(row)
    const slot = this.columns.slot(row)
    this.counts[stateOf(segment.states[slot])] -= 1
    this.counts[to] += 1
    segment.states[slot] = to
    segment.processors[slot] = processor
    segment.requestedAtMs[slot] = requestedAtMs
    if (row < this.firstRow) this.columns.stragglers.changed(row)
  }
}

function assertAmount(amountCents: number): void {
  const isAmount = Number.isSafeInteger(amountCents) && amountCents > 0 && amountCents <= amountCentsMax
  assert(isAmount, 'an amount is whole cents within its limit')
}
