import {
  amountCentsMax,
  correlationIdBytes,
  isRejected,
  type PaymentColumns,
  paymentState,
  readPaymentState,
} from '@rinha/payment'
import { isInstant, isRequestedAt } from './entry-codec.ts'
import { chunkHeaderBytes, viewOf } from './format.ts'

/** Rows of payments as bytes of a chunk, and back. */

export const rowBytes = correlationIdBytes + 4 + 8 + 1 + 1 + 8 + 1

/** Views of the rows from one to before another. */
export function slice(columns: PaymentColumns, from: number, to: number): PaymentColumns {
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

/** A chunk of rows, with room for its header; with their numbers, where they are not consecutive. */
export function encodeRows(columns: PaymentColumns, rows = new Float64Array(0)): Uint8Array {
  const bytes = new Uint8Array(chunkHeaderBytes + 4 + rows.byteLength + columns.count * rowBytes)
  viewOf(bytes).setUint32(chunkHeaderBytes, columns.count, true)
  let at = chunkHeaderBytes + 4
  const { ids, amountCents, acceptedAtMs, states, processors, requestedAtMs, reasons } = columns
  for (const column of [rows, ids, amountCents, acceptedAtMs, states, processors, requestedAtMs, reasons]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at)
    at += column.byteLength
  }
  return bytes
}

/** The columns of so many rows, from an offset of a payload on: copies. */
export function readColumns(payload: Uint8Array, count: number, offset = 4): PaymentColumns {
  const next = columnCutter(payload, count, offset)
  return {
    count,
    ids: new Uint8Array(next(correlationIdBytes)),
    amountCents: new Uint32Array(next(4)),
    acceptedAtMs: new Float64Array(next(8)),
    states: new Uint8Array(next(1)),
    processors: new Int8Array(next(1)),
    requestedAtMs: new Float64Array(next(8)),
    reasons: new Uint8Array(next(1)),
  }
}

/** Cuts the columns off a chunk of rows, one after the other: each call answers a copy of so many bytes a row. */
export function columnCutter(
  payload: Uint8Array,
  count: number,
  offset = 4,
): (bytesEach: number) => ArrayBuffer {
  let at = offset
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
