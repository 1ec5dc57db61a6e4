import { type Fact, paymentRecordBytes } from '@rinha/payment'

export const batchCount = 500

/** The fact that {@link batchCount} payments are accepted, from this row on. They share their memory with those of the call before. */
export function acceptedBatch(first: number): Extract<Fact, { kind: 'accepted' }> {
  for (let index = 0; index < batchCount; index += 1) {
    // Ids that a hash has to scatter: a counter, multiplied.
    view.setUint32(index * paymentRecordBytes, Math.imul(first + index, 0x9e3779b1))
    view.setUint32(index * paymentRecordBytes + 12, first + index)
    view.setUint32(index * paymentRecordBytes + 20, 1990)
  }
  return { kind: 'accepted', acceptedAtMs: 1_754_774_396_000 + first, records }
}

const records = new Uint8Array(batchCount * paymentRecordBytes)
const view = new DataView(records.buffer)
