import { assert } from '@rinha/base'
import {
  amountCentsMax,
  correlationIdBytes,
  type EarlierAttempt,
  isOpen,
  isRejected,
  type LedgerImage,
  type PaymentColumns,
  paymentState,
  readPaymentState,
  reasonCountMax,
  reasonLengthMax,
} from '@rinha/payment'
import { isInstant, isRequestedAt } from './entry-codec.ts'
import {
  chunkCrc,
  chunkHeaderBytes,
  chunkKind,
  chunkMagic,
  chunkSeed,
  decodeTexts,
  encodeTexts,
  viewOf,
} from './format.ts'
import { chunkRowCount, chunkRowCountMax, reasonBytesMax, rowCountMax } from './limits.ts'
import type { ChunkTaker } from './snapshot-reader.ts'

/**
 * An image as the chunks of a snapshot, and back; format.ts has the layout. Chunks are made one at a time, when the one
 * before is on disk: an image of a million payments is 39 MB, and nobody waits for all of them to be encoded.
 *
 * A snapshot replaces the history before it, so each row is checked when it is written and when it is read ({@link
 * columnsProblem}). An impossible row is a bug of ours when written, and damage when read.
 *
 * Columns are copied as they stand in memory: the layout is little-endian, as every machine is that this runs on.
 */
assert(new Uint8Array(Uint32Array.of(1).buffer)[0] === 1, 'the machine is little-endian')

const rowBytes = correlationIdBytes + 4 + 8 + 1 + 1 + 8 + 1
const earlierBytes = 13
const endBytes = 8

/** The chunks of an image, the end included, each with its header. */
export function* encodeImage(
  image: LedgerImage,
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
  yield chunk(chunkKind.reasons, encodeReasons(image.reasons))
  let paymentCount = 0
  for (const columns of image.columns) {
    paymentCount += columns.count
    assert(paymentCount <= rowCountMax, 'rows are 32 bits')
    for (let from = 0; from < columns.count; from += chunkRowCount) {
      const part = slice(columns, from, Math.min(columns.count, from + chunkRowCount))
      const problem = columnsProblem(part, processorCount, image.reasons.length)
      assert(problem === undefined, problem ?? '')
      yield chunk(chunkKind.rows, encodeRows(part))
    }
  }
  for (let from = 0; from < image.earlier.length; from += chunkRowCount) {
    const part = image.earlier.slice(from, from + chunkRowCount)
    yield chunk(chunkKind.earlier, encodeEarlier(part))
  }
  const end = new Uint8Array(chunkHeaderBytes + endBytes)
  viewOf(end).setUint32(chunkHeaderBytes, paymentCount, true)
  viewOf(end).setUint32(chunkHeaderBytes + 4, index, true)
  yield chunk(chunkKind.end, end)
}

function encodeReasons(reasons: readonly string[]): Uint8Array {
  const texts = encodeTexts(reasons)
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + texts.length)
  viewOf(bytes).setUint32(chunkHeaderBytes, reasons.length, true)
  bytes.set(texts, chunkHeaderBytes + 4)
  return bytes
}

function slice(columns: PaymentColumns, from: number, to: number): PaymentColumns {
  return {
    count: to - from,
    ids: columns.ids.subarray(from * correlationIdBytes, to * correlationIdBytes),
    amountCents: columns.amountCents.subarray(from, to),
    acceptedAtMs: columns.acceptedAtMs.subarray(from, to),
    states: columns.states.subarray(from, to),
    processors: columns.processors.subarray(from, to),
    requestedAtMs: columns.requestedAtMs.subarray(from, to),
    reasons: columns.reasons.subarray(from, to),
  }
}

function encodeRows(columns: PaymentColumns): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + columns.count * rowBytes)
  viewOf(bytes).setUint32(chunkHeaderBytes, columns.count, true)
  let at = chunkHeaderBytes + 4
  const { ids, amountCents, acceptedAtMs, states, processors, requestedAtMs, reasons } = columns
  for (const column of [ids, amountCents, acceptedAtMs, states, processors, requestedAtMs, reasons]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
    at += column.byteLength
  }
  return bytes
}

function encodeEarlier(attempts: readonly EarlierAttempt[]): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + attempts.length * earlierBytes)
  const view = viewOf(bytes)
  view.setUint32(chunkHeaderBytes, attempts.length, true)
  for (const [index, { row, processor, requestedAtMs }] of attempts.entries()) {
    const at = chunkHeaderBytes + 4 + index * earlierBytes
    view.setUint32(at, row, true)
    view.setUint8(at + 4, processor)
    view.setFloat64(at + 5, requestedAtMs, true)
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
export class ImageReader implements ChunkTaker {
  readonly #processorCount: number
  readonly #columns: PaymentColumns[] = []
  readonly #earlier: EarlierAttempt[] = []
  #reasons: readonly string[] | undefined
  #paymentCount = 0
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
    return { columns: this.#columns, reasons: this.#reasons ?? [], earlier: this.#earlier }
  }

  chunk(kind: number, payload: Uint8Array, index: number): string | undefined {
    const view = viewOf(payload)
    if (payload.length < 4) return 'a chunk is too short'
    if ((kind === chunkKind.reasons) !== (this.#reasons === undefined))
      return 'its chunks are not in their order'
    if (kind === chunkKind.reasons) return this.#readReasons(payload, view)
    if (kind === chunkKind.rows) return this.#readRows(payload, view)
    if (kind === chunkKind.earlier) return this.#readEarlier(payload, view)
    if (kind === chunkKind.end) return this.#readEnd(view, index)
    return `a chunk of the unknown kind ${kind}`
  }

  #readReasons(payload: Uint8Array, view: DataView): string | undefined {
    const count = view.getUint32(0, true)
    if (count > reasonCountMax + 1) return `${count} reasons, and at most ${reasonCountMax} are kept`
    const reasons = decodeTexts(payload.subarray(4), count, reasonBytesMax)
    if (reasons === undefined || reasons.some(({ length }) => length > reasonLengthMax))
      return 'its reasons are no texts within their limit'
    this.#reasons = reasons
    return undefined
  }

  #readRows(payload: Uint8Array, view: DataView): string | undefined {
    const count = view.getUint32(0, true)
    if (count === 0 || count > chunkRowCountMax) return `a chunk of ${count} rows`
    if (payload.length !== 4 + count * rowBytes) return 'a chunk of payments has a wrong length'
    if (this.#paymentCount + count > rowCountMax) return 'more payments than there are rows'
    const next = columnCutter(payload, count)
    const columns: PaymentColumns = {
      count,
      ids: new Uint8Array(next(correlationIdBytes)),
      amountCents: new Uint32Array(next(4)),
      acceptedAtMs: new Float64Array(next(8)),
      states: new Uint8Array(next(1)),
      processors: new Int8Array(next(1)),
      requestedAtMs: new Float64Array(next(8)),
      reasons: new Uint8Array(next(1)),
    }
    this.#columns.push(columns)
    this.#paymentCount += count
    return columnsProblem(columns, this.#processorCount, this.#reasons?.length ?? 0)
  }

  #readEarlier(payload: Uint8Array, view: DataView): string | undefined {
    const count = view.getUint32(0, true)
    if (payload.length !== 4 + count * earlierBytes) return 'a chunk of earlier attempts has a wrong length'
    for (let at = 4; at < payload.length; at += earlierBytes) {
      const row = view.getUint32(at, true)
      const processor = view.getUint8(at + 4)
      const requestedAtMs = view.getFloat64(at + 5, true)
      if (!isOpenRow(this.#columns, row)) return 'an earlier attempt of a payment that is not open'
      if (processor >= this.#processorCount || !isRequestedAt(requestedAtMs))
        return `an earlier attempt at processor ${processor} of ${this.#processorCount}, requestedAt ${requestedAtMs}`
      this.#earlier.push({ row, processor, requestedAtMs })
    }
    return undefined
  }

  #readEnd(view: DataView, index: number): string | undefined {
    const isRight =
      view.byteLength === endBytes &&
      view.getUint32(0, true) === this.#paymentCount &&
      view.getUint32(4, true) === index
    if (!isRight) return 'its totals are not those of its chunks'
    this.#ended = true
    return undefined
  }
}

function isOpenRow(pieces: readonly PaymentColumns[], row: number): boolean {
  let at = row
  for (const { count, states } of pieces) {
    if (at < count) return isOpen(states[at])
    at -= count
  }
  return false
}

/** Cuts the columns off a chunk of rows, one after the other: each call answers a copy of so many bytes a row. */
export function columnCutter(payload: Uint8Array, count: number): (bytesEach: number) => ArrayBuffer {
  let at = 4
  return bytesEach => {
    const from = at
    at += count * bytesEach
    return Uint8Array.from(payload.subarray(from, at)).buffer
  }
}

/** The problem with the first wrong row: a field outside its limits, or one that does not fit its state. */
export function columnsProblem(
  columns: PaymentColumns,
  processorCount: number,
  reasonCount: number,
): string | undefined {
  for (let row = 0; row < columns.count; row += 1) {
    const amountCents = columns.amountCents[row] ?? 0
    const state = readPaymentState(columns.states[row])
    const processor = columns.processors[row] ?? -1
    const requestedAtMs = columns.requestedAtMs[row] ?? 0
    if (amountCents === 0 || amountCents > amountCentsMax)
      return 'a payment whose amount is out of its limits'
    if (!isInstant(columns.acceptedAtMs[row] ?? 0)) return 'a payment that was accepted at no instant'
    if (state === undefined) return `an unknown state ${columns.states[row]}`
    const isRequested = state === paymentState.inFlight || state === paymentState.settled
    const isPlaced = isRequested || state === paymentState.refused
    if (isPlaced ? processor < 0 || processor >= processorCount : processor !== -1)
      return `processor ${processor} of ${processorCount} in state ${state}`
    if (isRequested ? !isRequestedAt(requestedAtMs) : requestedAtMs !== 0)
      return `a requestedAt of ${requestedAtMs} in state ${state}`
    if (isRejected(state) && (columns.reasons[row] ?? 0) >= reasonCount)
      return 'a rejected payment without a reason'
  }
  return undefined
}
