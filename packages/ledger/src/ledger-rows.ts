import { assert } from '@rinha/base'
import {
  correlationIdBytes,
  isOpen,
  isRejected,
  type PaymentState,
  type ProcessorTotal,
  paymentState,
  processorCountMax,
} from '@rinha/payment'
import { isWholeSecond } from './archived-sums.ts'
import { Columns, stateOf } from './columns.ts'
import { EarlierAttempts } from './earlier-attempts.ts'
import { IdIndex } from './id-index.ts'
import type { Left } from './left.ts'
import { indexNumberCount } from './limits.ts'
import { ReasonTable } from './reason-table.ts'
import { Settlements } from './settlements.ts'
import type { StateCounts } from './state-counts.ts'

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

/** The rows and sums of a ledger, for reading. A row is asked for only while it is in memory. */
export class LedgerRows {
  protected readonly columns: Columns
  protected readonly index: IdIndex
  protected readonly reasons = new ReasonTable()
  protected readonly earlier = new EarlierAttempts()

  /** Of payments by state, with those that have left. */
  protected readonly counts: [number, number, number, number, number, number] = [0, 0, 0, 0, 0, 0]

  protected readonly settlements: Settlements

  constructor(processorCount: number, hashSeed: number) {
    assert(
      Number.isSafeInteger(processorCount) && processorCount > 0 && processorCount <= processorCountMax,
      'processorCount is within its limit',
    )
    this.settlements = new Settlements(processorCount)
    this.columns = new Columns(hashSeed)
    this.index = new IdIndex(this.columns, hashSeed)
  }

  /** Accepted payments, those that have left memory included: rows are numbered from 0 in the order they came. */
  get count(): number {
    return this.columns.endRow
  }

  /** Payments in memory. */
  get keptCount(): number {
    return this.columns.count
  }

  /** Every row from here on is in memory. Of those before it, some may be. */
  get firstRow(): number {
    return this.columns.firstRow
  }

  get openCount(): number {
    return this.counts[queued] + this.counts[refused] + this.counts[inFlight]
  }

  /** Payments in memory that leave sooner or later: settled, or discarded. */
  get endedCount(): number {
    return this.keptCount - this.openCount - this.counts[rejected]
  }

  stateCounts(): StateCounts {
    const { counts } = this
    return {
      queued: counts[queued] + counts[refused],
      refused: counts[refused],
      inFlight: counts[inFlight],
      settled: counts[settled],
      rejected: counts[rejected] + counts[discarded],
      discarded: counts[discarded],
    }
  }

  /** Whether a payment is in memory. */
  has(row: number): boolean {
    return row >= this.firstRow ? row < this.count : this.columns.stragglers.has(row)
  }

  /** All rows in memory, in their order. */
  rows(): Iterable<number> {
    return this.columns.rows()
  }

  /** The row of the payment whose 16 bytes stand at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    const number = this.index.find(ids, offset)
    return number < 0 ? this.columns.stragglers.find(ids, offset) : this.columns.rowOf(number)
  }

  amountCents(row: number): number {
    return this.columns.segment(row).amountCents[this.columns.slot(row)] ?? 0
  }

  state(row: number): PaymentState {
    return stateOf(this.columns.segment(row).states[this.columns.slot(row)])
  }

  isOpen(row: number): boolean {
    return isOpen(this.state(row))
  }

  /** When it was accepted, by the wall clock. */
  acceptedAtMs(row: number): number {
    return this.columns.segment(row).acceptedAtMs[this.columns.slot(row)] ?? 0
  }

  /** Index of the processor that has the payment, may have it, or has refused it; -1 for none. */
  processor(row: number): number {
    return this.columns.segment(row).processors[this.columns.slot(row)] ?? -1
  }

  /** requestedAt of the attempt under way, or of the one that was recorded; 0 for none. */
  requestedAtMs(row: number): number {
    return this.columns.segment(row).requestedAtMs[this.columns.slot(row)] ?? 0
  }

  /** Whether an attempt at the processor that the row names was made under this instant, and may have been read. */
  wasSent(row: number, requestedAtMs: number): boolean {
    if (requestedAtMs > 0 && this.requestedAtMs(row) === requestedAtMs) return true
    const processor = this.processor(row)
    return this.earlier
      .of(row)
      .some(each => each.processor === processor && each.requestedAtMs === requestedAtMs)
  }

  /** Whether the processor has read and refused an attempt at the payment, ever. */
  wasRefusedBy(row: number, processor: number): boolean {
    return this.earlier.of(row).some(each => each.processor === processor)
  }

  /** No attempt that was read and refused, at a payment that is open, was made before this instant; Infinity without any. */
  get earliestRefusedMs(): number {
    return this.earlier.earliestMs
  }

  /** Why a rejected payment was rejected. */
  rejectReason(row: number): string {
    assert(isRejected(this.state(row)), 'only a rejected payment has a reason')
    return this.reasons.reasonOf(this.columns.segment(row).reasons[this.columns.slot(row)] ?? 0)
  }

  /** The first row in this state from one row to before another, or -1: some 0.1 ms for a million. */
  findState(state: PaymentState, from: number, to: number): number {
    return this.columns.find(state, from, to)
  }

  /** The rows that are open, in their order. It does not look at each of the others: where few are open, a million take some 0.3 ms. */
  *openRows(): Generator<number, void, void> {
    const states = [queued, inFlight, refused]
    const next = states.map(state => this.findState(state, 0, this.count))
    for (;;) {
      let first = -1
      for (const [index, row] of next.entries())
        if (row >= 0 && (first < 0 || row < (next[first] ?? 0))) first = index
      const [state, row] = [states[first], next[first]]
      if (state === undefined || row === undefined) return
      yield row
      next[first] = this.findState(state, row + 1, this.count)
    }
  }

  /** A fresh copy of the 16 bytes. */
  correlationId(row: number): Uint8Array {
    const at = this.columns.idOffset(row)
    return this.columns.segment(row).ids.slice(at, at + correlationIdBytes)
  }

  /** Settlements before this whole second are kept by seconds; 0 where all are kept one by one. */
  get archivedToMs(): number {
    return this.settlements.archivedToMs
  }

  /** What has left memory. */
  get left(): Left {
    return this.settlements.left
  }

  /** A payment may leave when time past this instant is archived; Infinity where it has not ended. */
  leavesAfterMs(row: number): number {
    return this.columns.segment(row).leavesAfterMs(this.columns.slot(row))
  }

  /** The rows that leave with the fact `retired`, in their order. */
  leaving(firstRow: number, archivedToMs: number): Iterable<number> {
    return this.columns.leaving(firstRow, archivedToMs)
  }

  /** Of rows before {@link firstRow}, some may leave when time past this instant is archived, and none before. */
  get stragglersLeaveAfterMs(): number {
    return this.columns.stragglers.leaveAfterMs
  }

  /**
   * For each processor, what settled with requestedAt in [fromMs, toMs], both included; null is an open end. In archived time an
   * end is exact only at a whole second: {@link cutEnd}.
   */
  summary(fromMs: number | null, toMs: number | null): ProcessorTotal[] {
    return this.settlements.total(fromMs, toMs)
  }

  /** The end of a window that lies within a second of archived time, if one does: before this millisecond. */
  cutEnd(
    fromMs: number | null,
    toMs: number | null,
  ): { readonly end: 'from' | 'to'; readonly atMs: number } | undefined {
    const isCut = (atMs: number) => atMs < this.archivedToMs && !isWholeSecond(atMs)
    if (fromMs !== null && isCut(fromMs)) return { end: 'from', atMs: fromMs }
    return toMs !== null && isCut(toMs + 1) ? { end: 'to', atMs: toMs } : undefined
  }

  protected checkIndex(): void {
    const { columns, index } = this
    columns.stragglers.checkInvariants()
    const number = (row: number) => row % indexNumberCount
    const rows = Array.from({ length: columns.endRow - columns.firstRow }, (_, at) => columns.firstRow + at)
    index.checkInvariants(rows.map(number), at => {
      const row = columns.rowOf(at)
      return [columns.segment(row).ids, columns.idOffset(row)]
    })
  }
}
