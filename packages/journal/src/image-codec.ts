import { assert } from '@rinha/base'
import {
  type EarlierAttempt,
  isOpen,
  type LedgerImage,
  type Note,
  noteTopics,
  type PaymentColumns,
  paymentState,
  reasonCountMax,
  reasonLengthMax,
} from '@rinha/payment'
import { isRequestedAt, readNote } from './entry-codec.ts'
import {
  chunkCrc,
  chunkHeaderBytes,
  chunkKind,
  chunkMagic,
  chunkSeed,
  decodeTexts,
  encodeText,
  encodeTexts,
  viewOf,
} from './format.ts'
import { columnsProblem, encodeRows, readColumns, rowBytes, slice } from './image-rows.ts'
import { chunkRowCount, chunkRowCountMax, reasonBytesMax, rowCountMax } from './limits.ts'
import { encodePast, PastReader } from './past-codec.ts'
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

/** Of an attempt, but for its row. */
const attemptBytes = 9
const narrowRowMax = 0xffff_ffff
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
  for (const note of image.notes ?? []) yield chunk(chunkKind.note, encodeNote(note))
  if (image.past !== undefined) {
    const problem = columnsProblem(image.past.stragglers.columns, processorCount, image.reasons.length)
    assert(problem === undefined, problem ?? '')
    for (const [kind, bytes] of encodePast(image.past)) yield chunk(kind, bytes)
  }
  let paymentCount = 0
  for (const columns of image.columns) {
    paymentCount += columns.count
    assert(paymentCount <= narrowRowMax, 'rows in memory are fewer than 32 bits can count')
    for (let from = 0; from < columns.count; from += chunkRowCount) {
      const part = slice(columns, from, Math.min(columns.count, from + chunkRowCount))
      const problem = columnsProblem(part, processorCount, image.reasons.length)
      assert(problem === undefined, problem ?? '')
      yield chunk(chunkKind.rows, encodeRows(part))
    }
  }
  const isWide = image.earlier.some(({ row }) => row > narrowRowMax)
  for (let from = 0; from < image.earlier.length; from += chunkRowCount) {
    const part = image.earlier.slice(from, from + chunkRowCount)
    yield chunk(isWide ? chunkKind.earlierWide : chunkKind.earlier, encodeEarlier(part, isWide ? 8 : 4))
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

function encodeNote({ topic, text }: Note): Uint8Array {
  const encoded = encodeText(text)
  const bytes = new Uint8Array(chunkHeaderBytes + 1 + encoded.length)
  bytes[chunkHeaderBytes] = noteTopics.indexOf(topic)
  bytes.set(encoded, chunkHeaderBytes + 1)
  return bytes
}

function encodeEarlier(attempts: readonly EarlierAttempt[], wordBytes: 4 | 8): Uint8Array {
  const eachBytes = wordBytes + attemptBytes
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + attempts.length * eachBytes)
  const view = viewOf(bytes)
  view.setUint32(chunkHeaderBytes, attempts.length, true)
  for (const [index, { row, processor, requestedAtMs }] of attempts.entries()) {
    const at = chunkHeaderBytes + 4 + index * eachBytes
    if (wordBytes === 8) view.setFloat64(at, row, true)
    else view.setUint32(at, row, true)
    view.setUint8(at + wordBytes, processor)
    view.setFloat64(at + wordBytes + 1, requestedAtMs, true)
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
  readonly #past: PastReader
  readonly #earlier: EarlierAttempt[] = []
  readonly #notes: Note[] = []
  #reasons: readonly string[] | undefined
  #paymentCount = 0
  #ended = false

  constructor(processorCount: number) {
    this.#processorCount = processorCount
    this.#past = new PastReader(processorCount)
  }

  get ended(): boolean {
    return this.#ended
  }

  /** With those that have left. */
  get paymentCount(): number {
    return this.#past.firstRow + this.#paymentCount
  }

  get image(): LedgerImage {
    const { past } = this.#past
    const image = {
      columns: this.#columns,
      reasons: this.#reasons ?? [],
      earlier: this.#earlier,
      ...(this.#notes.length > 0 && { notes: this.#notes }),
    }
    return past === undefined ? image : { ...image, past }
  }

  chunk(kind: number, payload: Uint8Array, index: number): string | undefined {
    const view = viewOf(payload)
    if (payload.length < (kind === chunkKind.note ? 1 : 4)) return 'a chunk is too short'
    if ((kind === chunkKind.reasons) !== (this.#reasons === undefined))
      return 'its chunks are not in their order'
    if (kind === chunkKind.reasons) return this.#readReasons(payload, view)
    if (kind === chunkKind.rows) return this.#readRows(payload, view)
    if (kind === chunkKind.earlier) return this.#readEarlier(payload, view, 4)
    if (kind === chunkKind.earlierWide) return this.#readEarlier(payload, view, 8)
    if (kind === chunkKind.note) return this.#readNote(payload)
    if (isPastKind(kind) && this.#columns.length > 0) return 'its chunks are not in their order'
    if (kind === chunkKind.past) return this.#past.readHead(payload)
    if (kind === chunkKind.stragglers) return this.#past.readStragglers(payload, this.#reasons?.length ?? 0)
    if (kind === chunkKind.seconds) return this.#past.readSeconds(payload)
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

  #readNote(payload: Uint8Array): string | undefined {
    const note = readNote(payload[0] ?? noteTopics.length, payload.subarray(1))
    if (note === undefined) return 'a note is no text of a topic within its limit'
    this.#notes.push(note)
    return undefined
  }

  #readRows(payload: Uint8Array, view: DataView): string | undefined {
    const count = view.getUint32(0, true)
    if (count === 0 || count > chunkRowCountMax) return `a chunk of ${count} rows`
    if (payload.length !== 4 + count * rowBytes) return 'a chunk of payments has a wrong length'
    if (this.#paymentCount + count > rowCountMax) return 'more payments than there are rows'
    const columns = readColumns(payload, count)
    this.#columns.push(columns)
    this.#paymentCount += count
    return columnsProblem(columns, this.#processorCount, this.#reasons?.length ?? 0)
  }

  #readEarlier(payload: Uint8Array, view: DataView, wordBytes: 4 | 8): string | undefined {
    const count = view.getUint32(0, true)
    const eachBytes = wordBytes + attemptBytes
    if (payload.length !== 4 + count * eachBytes) return 'a chunk of earlier attempts has a wrong length'
    for (let at = 4; at < payload.length; at += eachBytes) {
      const row = wordBytes === 8 ? view.getFloat64(at, true) : view.getUint32(at, true)
      const processor = view.getUint8(at + wordBytes)
      const requestedAtMs = view.getFloat64(at + wordBytes + 1, true)
      if (!this.#isOpenRow(row)) return 'an earlier attempt of a payment that is not open'
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

  #isOpenRow(row: number): boolean {
    let at = row - this.#past.firstRow
    if (at < 0) return isOpen(this.#past.stateOf(row) ?? paymentState.settled)
    for (const { count, states } of this.#columns) {
      if (at < count) return isOpen(states[at] ?? paymentState.settled)
      at -= count
    }
    return false
  }
}

function isPastKind(kind: number): boolean {
  return kind === chunkKind.past || kind === chunkKind.stragglers || kind === chunkKind.seconds
}
