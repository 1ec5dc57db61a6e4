import { assert } from '@rinha/base'
import { amountCentsMax, correlationIdBytes } from '@rinha/payment'
import type { JournalImage, PaymentColumns } from './entry.ts'
import { encodeReason, isInstant, isRequestedAt, readReason } from './entry-codec.ts'
import { chunkCrc, chunkHeaderBytes, chunkKind, chunkMagic, chunkSeed, viewOf } from './format.ts'
import { chunkRowCount, chunkRowCountMax, rowCountMax } from './limits.ts'
import { type OpenPayment, OpenPayments, openDoubts } from './open-payments.ts'
import { type RejectedPayment, RejectedPayments } from './rejected-payments.ts'

/**
 * An image as the chunks of a snapshot, and back; format.ts has the layout. Chunks are made one at a time, when the one
 * before is on disk: an image of a million payments is 30 MB, and nobody waits for all of them to be encoded.
 *
 * A snapshot is all that is left of the history before it, so an image is looked at before a byte of it is written: who is
 * open or rejected has to be what the states say ({@link assertImage}), as it has to be when it is read.
 */
const stateCount = 4
const settledState = 2
const rejectedState = 3
const columnRowBytes = correlationIdBytes + 4 + 1 + 1 + 8
const openRowBytes = 22
const rejectedHeadBytes = 6
const endBytes = 16

export interface ImageTotals {
  readonly paymentCount: number
  readonly openCount: number
  readonly rejectedCount: number
}

/** Asserts that an image makes sense: counts its states, and compares them with its lists. */
export function assertImage(image: JournalImage): void {
  const check = new ImageCheck()
  for (const columns of image.columns) {
    const { count, ids, amountCents, states, processors, requestedAtMs } = columns
    const isWhole =
      ids.length >= count * correlationIdBytes &&
      Math.min(amountCents.length, states.length, processors.length, requestedAtMs.length) >= count
    assert(isWhole, 'columns have a value for each row')
    check.columns(columns)
  }
  assert(check.paymentCount <= rowCountMax, 'rows are 32 bits')
  for (const open of image.open) check.open(open.row)
  for (const { row } of image.rejected) check.rejected(row)
  const problem = check.end()
  assert(problem === undefined, problem ?? '')
}

/** The chunks of an image, the end included, each with its header. */
export function* encodeImage(
  image: JournalImage,
  journalId: Uint8Array,
  number: number,
  processorCount: number,
): Generator<Uint8Array, void, void> {
  let index = 0
  const chunk = (kind: number, bytes: Uint8Array) => {
    const sealed = sealChunk(kind, bytes, chunkSeed(journalId, number, index))
    index += 1
    return sealed
  }
  let paymentCount = 0
  for (const columns of image.columns) {
    paymentCount += columns.count
    for (let from = 0; from < columns.count; from += chunkRowCount) {
      const to = Math.min(columns.count, from + chunkRowCount)
      const problem = columnsProblem(columns, processorCount, from, to)
      assert(problem === undefined, problem ?? '')
      yield chunk(chunkKind.columns, encodeColumns(columns, from, to))
    }
  }
  const open = image.open[Symbol.iterator]()
  for (let left = image.open.count; left > 0; left -= chunkRowCount)
    yield chunk(chunkKind.open, encodeOpen(open, Math.min(left, chunkRowCount), processorCount))
  const rejected = image.rejected[Symbol.iterator]()
  for (let left = image.rejected.count; left > 0; left -= chunkRowCount)
    yield chunk(chunkKind.rejected, encodeRejected(rejected, Math.min(left, chunkRowCount)))
  const end = new Uint8Array(chunkHeaderBytes + endBytes)
  const view = viewOf(end)
  view.setUint32(chunkHeaderBytes, paymentCount, true)
  view.setUint32(chunkHeaderBytes + 4, image.open.count, true)
  view.setUint32(chunkHeaderBytes + 8, image.rejected.count, true)
  view.setUint32(chunkHeaderBytes + 12, index, true)
  yield chunk(chunkKind.end, end)
}

function encodeColumns(columns: PaymentColumns, from: number, to: number): Uint8Array {
  const count = to - from
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + count * columnRowBytes)
  const view = viewOf(bytes)
  let at = chunkHeaderBytes
  view.setUint32(at, count, true)
  at += 4
  bytes.set(columns.ids.subarray(from * correlationIdBytes, to * correlationIdBytes), at)
  at += count * correlationIdBytes
  for (let row = from; row < to; row += 1, at += 4) view.setUint32(at, columns.amountCents[row] ?? 0, true)
  bytes.set(columns.states.subarray(from, to), at)
  at += count
  for (let row = from; row < to; row += 1, at += 1) view.setInt8(at, columns.processors[row] ?? -1)
  for (let row = from; row < to; row += 1, at += 8) view.setFloat64(at, columns.requestedAtMs[row] ?? 0, true)
  return bytes
}

/** The next `count` of them. */
function encodeOpen(
  payments: Iterator<OpenPayment, void, void>,
  count: number,
  processorCount: number,
): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + count * openRowBytes)
  const view = viewOf(bytes)
  view.setUint32(chunkHeaderBytes, count, true)
  for (let at = chunkHeaderBytes + 4; at < bytes.length; at += openRowBytes) {
    const { value: open } = payments.next()
    assert(open !== undefined, 'there are as many as were counted')
    assert(isOpenFine(open, processorCount), 'the fields of an open payment are in their limits')
    view.setUint32(at, open.row, true)
    view.setFloat64(at + 4, open.acceptedAtMs, true)
    bytes[at + 12] = openDoubts.indexOf(open.doubt)
    view.setInt8(at + 13, open.processor)
    view.setFloat64(at + 14, open.requestedAtMs, true)
  }
  return bytes
}

/** The next `count` of them. */
function encodeRejected(payments: Iterator<RejectedPayment, void, void>, count: number): Uint8Array {
  const rows = new Uint32Array(count)
  const reasons: Uint8Array[] = []
  const encoded = new Map<string, Uint8Array>()
  let reasonBytes = 0
  for (let index = 0; index < count; index += 1) {
    const { value: payment } = payments.next()
    assert(payment !== undefined, 'there are as many as were counted')
    const reason = encoded.get(payment.reason) ?? encodeReason(payment.reason)
    encoded.set(payment.reason, reason)
    rows[index] = payment.row
    reasons.push(reason)
    reasonBytes += reason.length
  }
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + count * rejectedHeadBytes + reasonBytes)
  const view = viewOf(bytes)
  let at = chunkHeaderBytes
  view.setUint32(at, count, true)
  at += 4
  for (const [index, reason] of reasons.entries()) {
    view.setUint32(at, rows[index] ?? 0, true)
    view.setUint16(at + 4, reason.length, true)
    bytes.set(reason, at + rejectedHeadBytes)
    at += rejectedHeadBytes + reason.length
  }
  return bytes
}

function sealChunk(kind: number, bytes: Uint8Array, seed: number): Uint8Array {
  const view = viewOf(bytes)
  view.setUint32(0, chunkMagic, true)
  view.setUint32(4, kind, true)
  view.setUint32(8, bytes.length - chunkHeaderBytes, true)
  view.setUint32(12, chunkCrc(bytes, 0, bytes.length, seed), true)
  return bytes
}

/** Puts an image together from the payloads of chunks whose checksums are right. Every answer is a problem or undefined. */
export class ImageReader {
  readonly #processorCount: number
  readonly #check = new ImageCheck()
  readonly #columns: PaymentColumns[] = []
  readonly #open = new OpenPayments()
  readonly #rejected = new RejectedPayments()
  #chunkCount = 0
  #lastKind: number = chunkKind.columns
  #ended = false

  constructor(processorCount: number) {
    this.#processorCount = processorCount
  }

  get ended(): boolean {
    return this.#ended
  }

  get totals(): ImageTotals {
    return {
      paymentCount: this.#check.paymentCount,
      openCount: this.#open.count,
      rejectedCount: this.#rejected.count,
    }
  }

  get image(): JournalImage {
    return { columns: this.#columns, open: this.#open, rejected: this.#rejected }
  }

  chunk(kind: number, payload: Uint8Array): string | undefined {
    if (kind < this.#lastKind) return 'its chunks are not in their order'
    this.#lastKind = kind
    const problem = this.#read(kind, payload)
    this.#chunkCount += 1
    return problem
  }

  #read(kind: number, payload: Uint8Array): string | undefined {
    const view = viewOf(payload)
    if (kind === chunkKind.end) return this.#end(view)
    if (payload.length < 4) return 'a chunk is too short'
    const count = view.getUint32(0, true)
    if (count === 0 || count > chunkRowCountMax) return `a chunk of ${count} rows`
    if (kind === chunkKind.columns) return this.#readColumns(payload, view, count)
    if (kind === chunkKind.open) return this.#readOpen(view, count)
    if (kind === chunkKind.rejected) return this.#readRejected(payload, view, count)
    return `a chunk of the unknown kind ${kind}`
  }

  #readColumns(payload: Uint8Array, view: DataView, count: number): string | undefined {
    if (payload.length !== 4 + count * columnRowBytes) return 'a chunk of payments has a wrong length'
    const amountsAt = 4 + count * correlationIdBytes
    const statesAt = amountsAt + count * 4
    const processorsAt = statesAt + count
    const requestedAt = processorsAt + count
    const columns: PaymentColumns = {
      count,
      ids: payload.slice(4, amountsAt),
      amountCents: new Uint32Array(count),
      states: payload.slice(statesAt, processorsAt),
      processors: new Int8Array(count),
      requestedAtMs: new Float64Array(count),
    }
    for (let row = 0; row < count; row += 1) {
      columns.amountCents[row] = view.getUint32(amountsAt + row * 4, true)
      columns.processors[row] = view.getInt8(processorsAt + row)
      columns.requestedAtMs[row] = view.getFloat64(requestedAt + row * 8, true)
    }
    const problem = columnsProblem(columns, this.#processorCount, 0, count)
    if (problem !== undefined) return problem
    if (this.#check.paymentCount + count > rowCountMax) return 'more payments than there are rows'
    this.#columns.push(columns)
    this.#check.columns(columns)
    return undefined
  }

  #readOpen(view: DataView, count: number): string | undefined {
    if (view.byteLength !== 4 + count * openRowBytes) return 'a chunk of open payments has a wrong length'
    for (let at = 4; at < view.byteLength; at += openRowBytes) {
      const open = {
        row: view.getUint32(at, true),
        acceptedAtMs: view.getFloat64(at + 4, true),
        doubt: openDoubts[view.getUint8(at + 12)],
        processor: view.getInt8(at + 13),
        requestedAtMs: view.getFloat64(at + 14, true),
      }
      const { doubt } = open
      if (doubt === undefined || !isOpenFine(open, this.#processorCount))
        return `the open payment of row ${open.row} has a field out of its limits`
      this.#check.open(open.row)
      this.#open.push({ ...open, doubt })
    }
    return this.#check.problem
  }

  #readRejected(payload: Uint8Array, view: DataView, count: number): string | undefined {
    let at = 4
    for (let index = 0; index < count; index += 1) {
      if (at + rejectedHeadBytes > payload.length) return 'a chunk of rejected payments is too short'
      const row = view.getUint32(at, true)
      const end = at + rejectedHeadBytes + view.getUint16(at + 4, true)
      if (end > payload.length) return 'a chunk of rejected payments is too short'
      const reason = readReason(payload.subarray(at + rejectedHeadBytes, end))
      if (reason === undefined) return 'a reason that is no text within its limit'
      this.#check.rejected(row)
      this.#rejected.push({ row, reason })
      at = end
    }
    return at === payload.length ? this.#check.problem : 'a chunk of rejected payments is too long'
  }

  #end(view: DataView): string | undefined {
    if (view.byteLength !== endBytes) return 'its end has a wrong length'
    const { paymentCount, openCount, rejectedCount } = this.totals
    const expected = [paymentCount, openCount, rejectedCount, this.#chunkCount]
    if (expected.some((count, index) => count !== view.getUint32(index * 4, true)))
      return 'its totals are not those of its chunks'
    this.#ended = true
    return this.#check.end()
  }
}

/** That the lists of open and rejected payments are what the states say: ascending, each once, none left out. */
class ImageCheck {
  readonly #pieces: PaymentColumns[] = []
  readonly #counts = [0, 0, 0, 0]
  paymentCount = 0
  problem: string | undefined
  #openCount = 0
  #rejectedCount = 0
  #lastOpen = -1
  #lastRejected = -1
  /** The piece that the last row looked for is in, and its first row: rows are asked for in ascending order. */
  #piece = 0
  #pieceRow = 0

  columns(columns: PaymentColumns): void {
    this.#pieces.push(columns)
    this.paymentCount += columns.count
    for (let row = 0; row < columns.count; row += 1) {
      const state = columns.states[row] ?? stateCount
      if (state >= stateCount) this.problem ??= `an unknown state ${state}`
      else this.#counts[state] = (this.#counts[state] ?? 0) + 1
    }
  }

  open(row: number): void {
    if (row <= this.#lastOpen) this.problem ??= 'its open payments are not in their order'
    if ((this.#stateOf(row) ?? settledState) >= settledState)
      this.problem ??= `row ${row} is listed as open and is not`
    this.#lastOpen = row
    this.#openCount += 1
  }

  rejected(row: number): void {
    if (row <= this.#lastRejected) this.problem ??= 'its rejected payments are not in their order'
    if (this.#rejectedCount === 0) this.#rewind()
    if (this.#stateOf(row) !== rejectedState) this.problem ??= `row ${row} is listed as rejected and is not`
    this.#lastRejected = row
    this.#rejectedCount += 1
  }

  end(): string | undefined {
    const [queued = 0, inFlight = 0, , rejected = 0] = this.#counts
    if (queued + inFlight !== this.#openCount) this.problem ??= 'an open payment is not listed'
    if (rejected !== this.#rejectedCount) this.problem ??= 'a rejected payment is not listed'
    return this.problem
  }

  #stateOf(row: number): number | undefined {
    for (;;) {
      const piece = this.#pieces[this.#piece]
      if (piece === undefined || row < this.#pieceRow) return undefined
      if (row < this.#pieceRow + piece.count) return piece.states[row - this.#pieceRow]
      this.#pieceRow += piece.count
      this.#piece += 1
    }
  }

  #rewind(): void {
    this.#piece = 0
    this.#pieceRow = 0
  }
}

function columnsProblem(
  columns: PaymentColumns,
  processorCount: number,
  from: number,
  to: number,
): string | undefined {
  for (let row = from; row < to; row += 1) {
    const amountCents = columns.amountCents[row] ?? 0
    const processor = columns.processors[row] ?? -1
    const requestedAtMs = columns.requestedAtMs[row] ?? 0
    if (amountCents === 0 || amountCents > amountCentsMax)
      return 'a payment whose amount is out of its limits'
    if (!isProcessorOrNone(processor, processorCount)) return `processor ${processor} of ${processorCount}`
    if (!isRequestedAtOrNone(requestedAtMs)) return `a requestedAt of ${requestedAtMs}`
    if (columns.states[row] === settledState && (processor < 0 || requestedAtMs === 0))
      return 'a settled payment without its processor or requestedAt'
  }
  return undefined
}

function isOpenFine(open: Omit<OpenPayment, 'doubt'>, processorCount: number): boolean {
  return (
    isInstant(open.acceptedAtMs) &&
    isProcessorOrNone(open.processor, processorCount) &&
    isRequestedAtOrNone(open.requestedAtMs)
  )
}

function isProcessorOrNone(processor: number, processorCount: number): boolean {
  return processor >= -1 && processor < processorCount
}

function isRequestedAtOrNone(ms: number): boolean {
  return ms === 0 || isRequestedAt(ms)
}
