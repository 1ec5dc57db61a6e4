import {
  correlationIdBytes,
  type LedgerImage,
  type PaymentColumns,
  paymentState,
  reasonCountMax,
} from '@rinha/payment'
import { readReason } from './entry-codec.ts'
import { chunkKindV1, viewOf } from './format.ts'
import { columnCutter, columnsProblem } from './image-rows.ts'
import { chunkRowCountMax, rowCountMax } from './limits.ts'
import type { ChunkTaker } from './snapshot-reader.ts'

const rowBytes = correlationIdBytes + 4 + 1 + 1 + 8
const openRowBytes = 22
const rejectedHeadBytes = 6
const endBytes = 16
const doubtRefused = 1
/** The states that a payment in a list of open payments may have. */
const openStates: readonly number[] = [paymentState.queued, paymentState.inFlight]

/**
 * Reads a snapshot of version 1 into rows. That version kept acceptance times, refusals and reasons in lists after the
 * rows. A snapshot is read in this version at most once, because the next one is written in the version that {@link
 * ImageReader} reads.
 */
export class ImageReaderV1 implements ChunkTaker {
  readonly #processorCount: number
  readonly #columns: PaymentColumns[] = []
  readonly #firstRows: number[] = []
  /** The first stands for all that do not fit. */
  readonly #reasons: string[] = ['another reason']
  #paymentCount = 0
  #unsettledCount = 0
  #openCount = 0
  #rejectedCount = 0
  #lastKind: number = chunkKindV1.columns
  #lastRow = -1
  #ended = false

  constructor(processorCount: number) {
    this.#processorCount = processorCount
  }

  get ended(): boolean {
    return this.#ended
  }

  get paymentCount(): number {
    return this.#paymentCount
  }

  get image(): LedgerImage {
    return { columns: this.#columns, reasons: this.#reasons, earlier: [] }
  }

  chunk(kind: number, payload: Uint8Array, index: number): string | undefined {
    if (kind < this.#lastKind) return 'its chunks are not in their order'
    if (kind > this.#lastKind) this.#lastRow = -1
    this.#lastKind = kind
    const view = viewOf(payload)
    if (kind === chunkKindV1.end) return this.#readEnd(view, index)
    if (payload.length < 4) return 'a chunk is too short'
    const count = view.getUint32(0, true)
    if (count === 0 || count > chunkRowCountMax) return `a chunk of ${count} rows`
    if (kind === chunkKindV1.columns) return this.#readColumns(payload, count)
    if (kind === chunkKindV1.open) return this.#readOpen(view, count)
    if (kind === chunkKindV1.rejected) return this.#readRejected(payload, view, count)
    return `a chunk of the unknown kind ${kind}`
  }

  #readColumns(payload: Uint8Array, count: number): string | undefined {
    if (payload.length !== 4 + count * rowBytes) return 'a chunk of payments has a wrong length'
    if (this.#paymentCount + count > rowCountMax) return 'more payments than there are rows'
    this.#firstRows.push(this.#paymentCount)
    this.#paymentCount += count
    const next = columnCutter(payload, count)
    const told = {
      ids: new Uint8Array(next(correlationIdBytes)),
      amountCents: new Uint32Array(next(4)),
      states: new Uint8Array(next(1)),
      processors: new Int8Array(next(1)),
      requestedAtMs: new Float64Array(next(8)),
    }
    this.#unsettledCount += told.states.filter(state => state !== paymentState.settled).length
    this.#columns.push({
      count,
      ...told,
      acceptedAtMs: new Float64Array(count),
      reasons: new Uint8Array(count),
    })
    return undefined
  }

  #readOpen(view: DataView, count: number): string | undefined {
    if (view.byteLength !== 4 + count * openRowBytes) return 'a chunk of open payments has a wrong length'
    for (let at = 4; at < view.byteLength; at += openRowBytes) {
      const place = this.#listed(view.getUint32(at, true), openStates)
      if (place === undefined) return 'a payment is listed as open and is not'
      const [columns, index] = place
      columns.acceptedAtMs[index] = view.getFloat64(at + 4, true)
      if (view.getUint8(at + 12) === doubtRefused) {
        columns.states[index] = paymentState.refused
        columns.processors[index] = view.getInt8(at + 13)
      }
      this.#openCount += 1
    }
    return undefined
  }

  #readRejected(payload: Uint8Array, view: DataView, count: number): string | undefined {
    let at = 4
    for (let index = 0; index < count; index += 1) {
      if (at + rejectedHeadBytes > payload.length) return 'a chunk of rejected payments is too short'
      const place = this.#listed(view.getUint32(at, true), [paymentState.rejected])
      if (place === undefined) return 'a payment is listed as rejected and is not'
      const end = at + rejectedHeadBytes + view.getUint16(at + 4, true)
      if (end > payload.length) return 'a chunk of rejected payments is too short'
      const reason = readReason(payload.subarray(at + rejectedHeadBytes, end))
      if (reason === undefined) return 'a reason that is no text within its limit'
      const [columns, slot] = place
      columns.reasons[slot] = this.#codeOf(reason)
      this.#rejectedCount += 1
      at = end
    }
    return at === payload.length ? undefined : 'a chunk of rejected payments is too long'
  }

  /**
   * The row of a list entry. Undefined if its state is not allowed in the list, or the row does not come after the one
   * before.
   */
  #listed(
    row: number,
    states: readonly number[],
  ): readonly [columns: PaymentColumns, index: number] | undefined {
    const piece = this.#firstRows.findLastIndex(firstRow => firstRow <= row)
    const columns = this.#columns[piece]
    const index = row - (this.#firstRows[piece] ?? 0)
    if (columns === undefined || index >= columns.count || row <= this.#lastRow) return undefined
    this.#lastRow = row
    return states.includes(columns.states[index] ?? -1) ? [columns, index] : undefined
  }

  #codeOf(reason: string): number {
    const known = this.#reasons.indexOf(reason)
    if (known >= 0) return known
    return this.#reasons.length > reasonCountMax ? 0 : this.#reasons.push(reason) - 1
  }

  #readEnd(view: DataView, index: number): string | undefined {
    const expected = [this.#paymentCount, this.#openCount, this.#rejectedCount, index]
    if (view.byteLength !== endBytes || expected.some((count, at) => count !== view.getUint32(at * 4, true)))
      return 'its totals are not those of its chunks'
    this.#ended = true
    for (const columns of this.#columns) {
      const problem = columnsProblem(columns, this.#processorCount, this.#reasons.length)
      if (problem !== undefined) return problem
    }
    const isListed = this.#openCount + this.#rejectedCount === this.#unsettledCount
    return isListed ? undefined : 'a payment that is not settled is not listed'
  }
}
