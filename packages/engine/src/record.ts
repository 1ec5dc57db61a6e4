import { paymentRecordBytes } from '@rinha/channel'
import { correlationIdBytes } from '@rinha/payment'

/** Payments arrive as the channel carries them: 24 bytes each, the id and then the cents. */
export const recordBytes = paymentRecordBytes

/** The cents of the record at `offset`; exact, since an amount is far below 2⁵³. */
export function readRecordAmountCents(records: Uint8Array, offset: number): number {
  const view = new DataView(records.buffer, records.byteOffset + offset + correlationIdBytes, 8)
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4)
}
