import { unreachable } from '@rinha/base'
import {
  type Fact,
  instantMsMax,
  type Note,
  noteBytesMax,
  noteTopics,
  paymentRecordBytes,
  paymentRecordsProblem,
  reasonLengthMax,
} from '@rinha/payment'
import { decodeText, encodeText, viewOf } from './format.ts'
import { reasonBytesMax, recordCountMax, rowCountMax } from './limits.ts'

/**
 * Facts as entries, the bytes of a frame; format.ts has the layout. Each fact is checked when it is written and when it
 * is read ({@link factProblem}). An impossible fact is a bug of ours when written, and damage when read.
 */
const kinds = [
  undefined,
  'accepted',
  'sent',
  'requeued',
  'settled',
  'rejected',
  'purged',
  'confirmed',
  'released',
  'discarded',
  'retired',
  'polled',
  'noted',
] as const
const rowless: readonly string[] = [
  'accepted',
  'purged',
  'retired',
  'polled',
  'noted',
] satisfies Fact['kind'][]
const doubts = ['none', 'refused'] as const

/** In the kind of an entry: its row is a double, because it does not fit 32 bits. */
const wideRow = 0x80
const narrowRowMax = 0xffff_ffff

/** Bytes of an entry, with a row of 32 bits, but for the records of an accepted one and the reason of a rejected one. */
export const headBytes = {
  accepted: 13,
  sent: 14,
  requeued: 6,
  settled: 14,
  rejected: 7,
  purged: 1,
  confirmed: 14,
  released: 5,
  discarded: 5,
  retired: 17,
  polled: 2,
  noted: 6,
} as const

/** Bytes of a fact's entry but for the records and the reason. */
export function headBytesOf(fact: Fact): number {
  return headBytes[fact.kind] + ('row' in fact && fact.row > narrowRowMax ? 4 : 0)
}

/** Why a fact cannot be one of a journal of so many processors, in which so many payments came before it. */
export function factProblem(fact: Fact, processorCount: number, rowCount: number): string | undefined {
  switch (fact.kind) {
    case 'accepted':
      if (!isInstant(fact.acceptedAtMs))
        return `payments accepted at ${fact.acceptedAtMs}, which is no instant`
      return paymentRecordsProblem(fact.records)
    case 'sent':
    case 'settled':
    case 'confirmed': {
      const { row, processor, requestedAtMs } = fact
      if (!isIndex(processor, processorCount)) return `processor ${processor} of ${processorCount}`
      if (!isRequestedAt(requestedAtMs)) return `a requestedAt of ${requestedAtMs}`
      return rowProblem(row, rowCount)
    }
    case 'requeued':
    case 'released':
    case 'discarded':
      return rowProblem(fact.row, rowCount)
    case 'rejected':
      if (fact.reason.length > reasonLengthMax) return 'a reason that is past its limit'
      return rowProblem(fact.row, rowCount)
    case 'retired': {
      const { firstRow, archivedToMs } = fact
      if (archivedToMs % 1000 !== 0 || !isInstant(archivedToMs))
        return `time archived to ${archivedToMs}, which is no whole second`
      return rowProblem(firstRow, rowCount + 1)
    }
    case 'polled':
      return isIndex(fact.processor, processorCount)
        ? undefined
        : `processor ${fact.processor} of ${processorCount}`
    case 'noted':
      return encodeText(fact.text).length > noteBytesMax ? 'a note that is past its limit' : undefined
    case 'purged':
      return undefined
    default:
      return unreachable(fact)
  }
}

/** Writes the entry of a fact that has no problem, and fits. `text` is the UTF-8 of its reason or note. */
export function writeEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  fact: Fact,
  text: Uint8Array,
): void {
  bytes[at] = kinds.indexOf(fact.kind)
  if (fact.kind === 'accepted') {
    view.setFloat64(at + 1, fact.acceptedAtMs, true)
    view.setUint32(at + 9, fact.records.length / paymentRecordBytes, true)
    bytes.set(fact.records, at + headBytes.accepted)
    return
  }
  if (fact.kind === 'purged') return
  if (fact.kind === 'polled') {
    bytes[at + 1] = fact.processor
    return
  }
  if (fact.kind === 'noted') {
    bytes[at + 1] = noteTopics.indexOf(fact.topic)
    view.setUint32(at + 2, text.length, true)
    bytes.set(text, at + headBytes.noted)
    return
  }
  if (fact.kind === 'retired') {
    view.setFloat64(at + 1, fact.firstRow, true)
    view.setFloat64(at + 9, fact.archivedToMs, true)
    return
  }
  const isWide = fact.row > narrowRowMax
  if (isWide) {
    bytes[at] = kinds.indexOf(fact.kind) | wideRow
    view.setFloat64(at + 1, fact.row, true)
  } else view.setUint32(at + 1, fact.row, true)
  const rest = at + (isWide ? 9 : 5)
  if (fact.kind === 'released' || fact.kind === 'discarded') return
  if (fact.kind === 'requeued') bytes[rest] = fact.doubt === 'refused' ? 1 : 0
  else if (fact.kind === 'rejected') {
    view.setUint16(rest, text.length, true)
    bytes.set(text, rest + 2)
  } else {
    bytes[rest] = fact.processor
    view.setFloat64(rest + 1, fact.requestedAtMs, true)
  }
}

/**
 * The facts of one payload, one after the other. `records` of an accepted one are a view of the payload. Everything
 * that is read is checked. `rowCount` is the number of payments accepted before the payload; it grows.
 */
export class EntryReader {
  readonly #payload: Uint8Array
  readonly #view: DataView
  readonly #processorCount: number
  #at = 0
  #entryAt = 0
  #problem: string | undefined
  /** Payments accepted so far. */
  rowCount: number

  constructor(payload: Uint8Array, processorCount: number, rowCount: number) {
    this.#payload = payload
    this.#view = viewOf(payload)
    this.#processorCount = processorCount
    this.rowCount = rowCount
  }

  /** The offset of the entry that was read last, or that could not be read. */
  get entryAt(): number {
    return this.#entryAt
  }

  /** The problem with the next entry, unless the payload has simply ended. */
  get problem(): string | undefined {
    return this.#problem
  }

  next(): Fact | undefined {
    if (this.#problem !== undefined || this.#at === this.#payload.length) return undefined
    this.#entryAt = this.#at
    const fact = this.#decode()
    if (fact === undefined) return undefined
    const problem = factProblem(fact, this.#processorCount, this.rowCount)
    if (problem !== undefined) return this.#fail(problem)
    if (fact.kind === 'purged') this.rowCount = 0
    if (fact.kind === 'accepted') this.rowCount += fact.records.length / paymentRecordBytes
    return this.rowCount > rowCountMax ? this.#fail('more payments than there are rows') : fact
  }

  #decode(): Fact | undefined {
    const [at, payload, view] = [this.#at, this.#payload, this.#view]
    const code = payload[at] ?? 0
    const isWide = (code & wideRow) !== 0
    const kind = kinds[code & ~wideRow]
    const hasRow = kind !== undefined && !rowless.includes(kind)
    if (kind === undefined || (isWide && !hasRow)) return this.#fail(`an entry of the unknown kind ${code}`)
    if (!this.#take(headBytes[kind] + (isWide ? 4 : 0))) return undefined
    if (kind === 'purged') return { kind }
    if (kind === 'polled') return { kind, processor: view.getUint8(at + 1) }
    if (kind === 'noted') return this.#readNote(view.getUint8(at + 1), view.getUint32(at + 2, true))
    if (kind === 'retired')
      return { kind, firstRow: view.getFloat64(at + 1, true), archivedToMs: view.getFloat64(at + 9, true) }
    if (kind === 'accepted') {
      const count = view.getUint32(at + 9, true)
      if (count === 0 || count > recordCountMax) return this.#fail(`an entry of ${count} accepted payments`)
      if (!this.#take(count * paymentRecordBytes)) return undefined
      const records = payload.subarray(at + headBytes.accepted, this.#at)
      return { kind, acceptedAtMs: view.getFloat64(at + 1, true), records }
    }
    const row = isWide ? view.getFloat64(at + 1, true) : view.getUint32(at + 1, true)
    const rest = at + (isWide ? 9 : 5)
    if (kind === 'released' || kind === 'discarded') return { kind, row }
    if (kind === 'requeued') {
      const doubt = doubts[view.getUint8(rest)]
      return doubt === undefined
        ? this.#fail(`the unknown doubt ${view.getUint8(rest)}`)
        : { kind, row, doubt }
    }
    if (kind === 'rejected') {
      if (!this.#take(view.getUint16(rest, true))) return undefined
      const reason = readReason(payload.subarray(rest + 2, this.#at))
      if (reason === undefined) return this.#fail('a reason that is no text within its limit')
      return { kind, row, reason }
    }
    return { kind, row, processor: view.getUint8(rest), requestedAtMs: view.getFloat64(rest + 1, true) }
  }

  #readNote(code: number, bytesCount: number): Fact | undefined {
    const textAt = this.#at
    if (!this.#take(bytesCount)) return undefined
    const note = readNote(code, this.#payload.subarray(textAt, this.#at))
    return note === undefined
      ? this.#fail('a note that is no text of a topic within its limit')
      : { kind: 'noted', ...note }
  }

  /** Skips so many bytes, if there are as many. */
  #take(bytesCount: number): boolean {
    this.#at += bytesCount
    if (this.#at <= this.#payload.length) return true
    this.#fail('an entry that is longer than its frame')
    return false
  }

  #fail(problem: string): undefined {
    this.#problem = problem
    return undefined
  }
}

/** A reason read back, or undefined where the bytes cannot be one. */
export function readReason(bytes: Uint8Array): string | undefined {
  if (bytes.length > reasonBytesMax) return undefined
  const reason = decodeText(bytes)
  return reason === undefined || reason.length > reasonLengthMax ? undefined : reason
}

/** A note read back, or undefined where the bytes cannot be one. */
export function readNote(code: number, bytes: Uint8Array): Note | undefined {
  const [topic, text] = [noteTopics[code], bytes.length > noteBytesMax ? undefined : decodeText(bytes)]
  return topic === undefined || text === undefined ? undefined : { topic, text }
}

/** Finite, not negative, within what a date can hold. A simulated clock has fractions. */
export function isInstant(ms: number): boolean {
  return ms >= 0 && ms <= instantMsMax
}

export function isRequestedAt(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms > 0 && ms <= instantMsMax
}

function rowProblem(row: number, rowCount: number): string | undefined {
  return isIndex(row, rowCount) ? undefined : `row ${row}, and only ${rowCount} payments before it`
}

function isIndex(index: number, count: number): boolean {
  return Number.isSafeInteger(index) && index >= 0 && index < count
}
