import { assert } from '@rinha/base'
import { amountCentsMax } from './cents.ts'
import { correlationIdBytes } from './correlation-id.ts'

/**
 * One payment as it travels, waits in a send buffer and stands in the journal: 16 bytes of correlationId, then 8 bytes
 * of amountCents, unsigned and big-endian. The size is fixed, so a batch is one copy and record n begins at n × 24.
 */
export const paymentRecordBytes = correlationIdBytes + 8

/** Writes one record at `offset`. Allocates nothing: this runs for every payment. */
export function writePaymentRecord(
  into: Uint8Array,
  offset: number,
  correlationId: Uint8Array,
  amountCents: number,
): void {
  assert(correlationId.length === correlationIdBytes, 'a correlationId is 16 bytes')
  assert(isAmount(amountCents), 'an amount is a whole number of cents from 1 to amountCentsMax')
  into.set(correlationId, offset)
  const high = Math.floor(amountCents / 2 ** 32)
  for (let byte = 0; byte < 4; byte += 1) {
    into[offset + correlationIdBytes + byte] = high >>> (24 - byte * 8)
    into[offset + correlationIdBytes + 4 + byte] = amountCents >>> (24 - byte * 8)
  }
}

/** The amount of the record at `offset`. */
export function readPaymentAmountCents(records: Uint8Array, offset: number): number {
  const at = offset + correlationIdBytes
  return readUint32(records, at) * 2 ** 32 + readUint32(records, at + 4)
}

/** The problem in a batch of records that a peer has sent, or `undefined`. */
export function paymentRecordsProblem(records: Uint8Array): string | undefined {
  if (records.length === 0) return 'no payment'
  if (records.length % paymentRecordBytes !== 0) return `not a multiple of ${paymentRecordBytes} bytes`
  for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
    if (!isAmount(readPaymentAmountCents(records, offset))) {
      return `amountCents of payment ${offset / paymentRecordBytes} is not from 1 to ${amountCentsMax}`
    }
  }
  return undefined
}

function isAmount(amountCents: number): boolean {
  return Number.isSafeInteger(amountCents) && amountCents >= 1 && amountCents <= amountCentsMax
}

function readUint32(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let byte = at; byte < at + 4; byte += 1) value = (value << 8) | (bytes[byte] ?? 0)
  return value >>> 0
}
