import { correlationIdBytes, paymentRecordBytes } from '@rinha/payment'

/** Records of a run that are compared one with another. */
const scannedCountMax = 64

/** Whether a record of a batch may have the id of one before it. */
export class BatchIds {
  /** The last four bytes of the ids of a long run. */
  readonly #tails = new Set<number>()

  begin(): void {
    this.#tails.clear()
  }

  /** Whether the record at an offset may have the id of one from `from` on, before it. A look at a few is quicker than a Set. */
  meets(records: Uint8Array, from: number, offset: number): boolean {
    const tail = tailOf(records, offset)
    if (records.length > scannedCountMax * paymentRecordBytes) {
      if (this.#tails.has(tail)) return true
      this.#tails.add(tail)
      return false
    }
    for (let at = from; at < offset; at += paymentRecordBytes) if (tailOf(records, at) === tail) return true
    return false
  }
}

function tailOf(records: Uint8Array, offset: number): number {
  const at = offset + correlationIdBytes - 4
  return (
    ((records[at] ?? 0) << 24) |
    ((records[at + 1] ?? 0) << 16) |
    ((records[at + 2] ?? 0) << 8) |
    (records[at + 3] ?? 0)
  )
}
