import { assert, unreachable } from '@rinha/base'
import type { Fact } from '@rinha/payment'
import { amountCentsMax, correlationIdBytes, paymentRecordBytes, reasonLengthMax } from '@rinha/payment'
import { decodeText, viewOf } from './format.ts'
import { instantMsMax, reasonBytesMax, recordCountMax, rowCountMax } from './limits.ts'

/**
 * Entries as bytes; format.ts has the layout. What is wrong with an entry to be written is a bug of ours and asserted.
 * What is read is believed in nothing: each length, kind, row, processor and instant is looked at.
 */
const code = { accepted: 1, sent: 2, requeued: 3, settled: 4, rejected: 5, purged: 6 } as const

export const acceptedHeadBytes = 13
const attemptBytes = 14
const requeuedBytes = 6
const rejectedHeadBytes = 7

/** Whether an entry may be written, for a journal of so many processors. */
export function assertEntry(entry: Fact, processorCount: number): void {
  switch (entry.kind) {
    case 'accepted': {
      const { acceptedAtMs, records } = entry
      assert(isInstant(acceptedAtMs), 'acceptedAt is an instant')
      assert(
        records.length > 0 && records.length % paymentRecordBytes === 0,
        'records are whole, and there is one',
      )
      const view = viewOf(records)
      for (let at = 0; at < records.length; at += paymentRecordBytes)
        assert(isAmountAt(view, at), 'an amount is whole cents within its limit')
      return
    }
    case 'sent':
    case 'settled':
      assertRow(entry.row)
      assert(isProcessor(entry.processor, processorCount), 'the processor exists')
      assert(isRequestedAt(entry.requestedAtMs), 'requestedAt is whole milliseconds')
      return
    case 'requeued':
      return assertRow(entry.row)
    case 'rejected':
      assertRow(entry.row)
      return assert(entry.reason.length <= reasonLengthMax, 'a reason is clipped')
    case 'purged':
      return
    default:
      unreachable(entry)
  }
}

/** The bytes an entry takes, when its reason takes `reasonBytes`. */
export function entryBytes(entry: Fact, reasonBytes: number): number {
  switch (entry.kind) {
    case 'accepted':
      return acceptedHeadBytes + entry.records.length
    case 'sent':
    case 'settled':
      return attemptBytes
    case 'requeued':
      return requeuedBytes
    case 'rejected':
      return rejectedHeadBytes + reasonBytes
    case 'purged':
      return 1
    default:
      return unreachable(entry)
  }
}

/** Writes an entry that was {@link assertEntry asserted} and fits. `reason` is the UTF-8 of a rejected one's. */
export function writeEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  entry: Fact,
  reason: Uint8Array,
): void {
  bytes[at] = code[entry.kind]
  if (entry.kind === 'accepted') {
    view.setFloat64(at + 1, entry.acceptedAtMs, true)
    view.setUint32(at + 9, entry.records.length / paymentRecordBytes, true)
    bytes.set(entry.records, at + acceptedHeadBytes)
    return
  }
  if (entry.kind === 'purged') return
  view.setUint32(at + 1, entry.row, true)
  if (entry.kind === 'requeued') bytes[at + 5] = entry.doubt === 'refused' ? 1 : 0
  else if (entry.kind === 'rejected') {
    view.setUint16(at + 5, reason.length, true)
    bytes.set(reason, at + rejectedHeadBytes)
  } else {
    bytes[at + 5] = entry.processor
    view.setFloat64(at + 6, entry.requestedAtMs, true)
  }
}

/**
 * The entries of one payload, one after the other. `records` of an accepted entry are a view of the payload.
 *
 * Rows are checked when the caller keeps count of them: `rowCount` is what was accepted before the payload, and grows.
 */
export class EntryReader {
  readonly #payload: Uint8Array
  readonly #view: DataView
  readonly #processorCount: number
  #at = 0
  #entryAt = 0
  #problem: string | undefined
  /** Payments accepted so far; {@link rowCountMax} where nobody knows. */
  rowCount: number

  constructor(payload: Uint8Array, processorCount: number, rowCount: number) {
    this.#payload = payload
    this.#view = viewOf(payload)
    this.#processorCount = processorCount
    this.rowCount = rowCount
  }

  /** Where in the payload the entry begins that was read last, or that could not be. */
  get entryAt(): number {
    return this.#entryAt
  }

  /** Why there is no next entry, where that is not the payload's end. */
  get problem(): string | undefined {
    return this.#problem
  }

  next(): Fact | undefined {
    if (this.#problem !== undefined || this.#at === this.#payload.length) return undefined
    this.#entryAt = this.#at
    switch (this.#payload[this.#at]) {
      case code.accepted:
        return this.#accepted()
      case code.sent:
        return this.#attempt('sent')
      case code.requeued:
        return this.#requeued()
      case code.settled:
        return this.#attempt('settled')
      case code.rejected:
        return this.#rejected()
      case code.purged:
        this.#at += 1
        this.rowCount = 0
        return { kind: 'purged' }
      default:
        return this.#fail(`an entry of the unknown kind ${this.#payload[this.#at]}`)
    }
  }

  #accepted(): Fact | undefined {
    const at = this.#at
    if (!this.#has(acceptedHeadBytes)) return undefined
    const acceptedAtMs = this.#view.getFloat64(at + 1, true)
    const count = this.#view.getUint32(at + 9, true)
    if (!isInstant(acceptedAtMs))
      return this.#fail(`payments accepted at ${acceptedAtMs}, which is no instant`)
    if (count === 0 || count > recordCountMax) return this.#fail(`an entry of ${count} accepted payments`)
    if (!this.#has(acceptedHeadBytes + count * paymentRecordBytes)) return undefined
    const end = at + acceptedHeadBytes + count * paymentRecordBytes
    for (let record = at + acceptedHeadBytes; record < end; record += paymentRecordBytes) {
      if (!isAmountAt(this.#view, record)) return this.#fail('a payment whose amount is out of its limits')
    }
    if (this.rowCount + count > rowCountMax && this.rowCount !== rowCountMax)
      return this.#fail('more payments than there are rows')
    if (this.rowCount !== rowCountMax) this.rowCount += count
    this.#at = end
    return { kind: 'accepted', acceptedAtMs, records: this.#payload.subarray(at + acceptedHeadBytes, end) }
  }

  #attempt(kind: 'sent' | 'settled'): Fact | undefined {
    if (!this.#has(attemptBytes)) return undefined
    const row = this.#row()
    if (row === undefined) return undefined
    const processor = this.#payload[this.#at + 5] ?? 0
    const requestedAtMs = this.#view.getFloat64(this.#at + 6, true)
    if (!isProcessor(processor, this.#processorCount))
      return this.#fail(`processor ${processor} of ${this.#processorCount}`)
    if (!isRequestedAt(requestedAtMs)) return this.#fail(`a requestedAt of ${requestedAtMs}`)
    this.#at += attemptBytes
    return { kind, row, processor, requestedAtMs }
  }

  #requeued(): Fact | undefined {
    if (!this.#has(requeuedBytes)) return undefined
    const row = this.#row()
    if (row === undefined) return undefined
    const doubt = this.#payload[this.#at + 5]
    if (doubt !== 0 && doubt !== 1) return this.#fail(`the unknown doubt ${doubt}`)
    this.#at += requeuedBytes
    return { kind: 'requeued', row, doubt: doubt === 1 ? 'refused' : 'none' }
  }

  #rejected(): Fact | undefined {
    if (!this.#has(rejectedHeadBytes)) return undefined
    const row = this.#row()
    if (row === undefined) return undefined
    const reasonBytes = this.#view.getUint16(this.#at + 5, true)
    if (!this.#has(rejectedHeadBytes + reasonBytes)) return undefined
    const start = this.#at + rejectedHeadBytes
    const reason = readReason(this.#payload.subarray(start, start + reasonBytes))
    if (reason === undefined) return this.#fail('a reason that is no text within its limit')
    this.#at = start + reasonBytes
    return { kind: 'rejected', row, reason }
  }

  #row(): number | undefined {
    const row = this.#view.getUint32(this.#at + 1, true)
    return row < this.rowCount ? row : this.#fail(`row ${row}, and only ${this.rowCount} payments before it`)
  }

  #has(bytesCount: number): boolean {
    if (this.#at + bytesCount <= this.#payload.length) return true
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

/** Finite, not negative, within what a date can hold. A simulated clock has fractions. */
export function isInstant(ms: number): boolean {
  return ms >= 0 && ms <= instantMsMax
}

export function isRequestedAt(ms: number): boolean {
  return Number.isSafeInteger(ms) && ms > 0 && ms <= instantMsMax
}

function assertRow(row: number): void {
  assert(Number.isSafeInteger(row) && row >= 0 && row < rowCountMax, 'a row is a whole number of 32 bits')
}

function isProcessor(processor: number, processorCount: number): boolean {
  return Number.isSafeInteger(processor) && processor >= 0 && processor < processorCount
}

function isAmountAt(view: DataView, at: number): boolean {
  const amountCents = view.getUint32(at + correlationIdBytes + 4)
  return view.getUint32(at + correlationIdBytes) === 0 && amountCents > 0 && amountCents <= amountCentsMax
}
