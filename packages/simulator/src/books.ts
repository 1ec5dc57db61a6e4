import { assert } from '@rinha/base'
import { correlationIdBytes } from '@rinha/payment'

/**
 * What one simulated processor has recorded. On purpose none of the ledger's code is here: these books are what the
 * ledger is checked against, and two copies of one mistake would agree.
 *
 * Payments stand in the order they were recorded, in plain columns, with an open-addressing table over their ids. Sums of
 * a window go zone by zone (a zone map): a zone of 256 rows that lies inside or outside the window is taken or left as a
 * whole, and since requestedAt nearly follows the order of recording, few are read row by row.
 *
 * Invariants:
 *   B1. An id is recorded at most once, and never changes.
 *   B2. A zone's count, sum and bounds are those of its rows.
 */
export interface BooksTotal {
  readonly count: number
  readonly amountCents: number
}

const zoneRowCount = 256

export class Books {
  #ids = new Uint8Array(1024 * correlationIdBytes)
  #amounts = new Float64Array(1024)
  #requestedAts = new Float64Array(1024)
  /** Row + 1 of each slot, 0 where it is free; a power of two, at most half full. */
  #slots = new Int32Array(2048)
  #zones: { amountCents: number; count: number; earliestMs: number; latestMs: number }[] = []
  #count = 0
  #amountCents = 0

  get count(): number {
    return this.#count
  }

  get amountCents(): number {
    return this.#amountCents
  }

  /** False where the id is there already; nothing changes then. */
  record(correlationId: Uint8Array, amountCents: number, requestedAtMs: number): boolean {
    assert(correlationId.length === correlationIdBytes, 'a correlationId is 16 bytes')
    if (this.#count === this.#amounts.length) this.#grow()
    const slot = this.#slotOf(correlationId)
    if (this.#slots[slot] !== 0) return false
    const row = this.#count
    this.#ids.set(correlationId, row * correlationIdBytes)
    this.#amounts[row] = amountCents
    this.#requestedAts[row] = requestedAtMs
    this.#slots[slot] = row + 1
    this.#count += 1
    this.#amountCents += amountCents
    this.#addToZone(row, amountCents, requestedAtMs)
    return true
  }

  /** The row of an id, in the order of recording, or -1. */
  find(correlationId: Uint8Array): number {
    return (this.#slots[this.#slotOf(correlationId)] as number) - 1
  }

  correlationId(row: number): Uint8Array {
    assert(row >= 0 && row < this.#count, 'the row exists')
    return this.#ids.slice(row * correlationIdBytes, (row + 1) * correlationIdBytes)
  }

  requestedAtMs(row: number): number {
    assert(row >= 0 && row < this.#count, 'the row exists')
    return this.#requestedAts[row] as number
  }

  rowAmountCents(row: number): number {
    assert(row >= 0 && row < this.#count, 'the row exists')
    return this.#amounts[row] as number
  }

  /** What was requested in [fromMs, toMs], both ends included. */
  sum(fromMs: number, toMs: number): BooksTotal {
    let count = 0
    let amountCents = 0
    for (let index = 0; index < this.#zones.length; index += 1) {
      const zone = this.#zones[index]
      if (zone === undefined || zone.latestMs < fromMs || zone.earliestMs > toMs) continue
      if (zone.earliestMs >= fromMs && zone.latestMs <= toMs) {
        count += zone.count
        amountCents += zone.amountCents
        continue
      }
      const first = index * zoneRowCount
      for (let row = first; row < first + zone.count; row += 1) {
        const requestedAtMs = this.#requestedAts[row] as number
        if (requestedAtMs < fromMs || requestedAtMs > toMs) continue
        count += 1
        amountCents += this.#amounts[row] as number
      }
    }
    return { count, amountCents }
  }

  clear(): void {
    this.#slots.fill(0)
    this.#zones = []
    this.#count = 0
    this.#amountCents = 0
  }

  #addToZone(row: number, amountCents: number, requestedAtMs: number): void {
    const zone = this.#zones[Math.floor(row / zoneRowCount)]
    if (zone === undefined) {
      this.#zones.push({ count: 1, amountCents, earliestMs: requestedAtMs, latestMs: requestedAtMs })
      return
    }
    zone.count += 1
    zone.amountCents += amountCents
    if (requestedAtMs < zone.earliestMs) zone.earliestMs = requestedAtMs
    if (requestedAtMs > zone.latestMs) zone.latestMs = requestedAtMs
  }

  /** The slot that holds the id, or the free one where it would go (linear probing). */
  #slotOf(id: Uint8Array): number {
    const mask = this.#slots.length - 1
    for (let slot = idHash(id, 0) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] as number) - 1
      if (row < 0 || this.#isAt(row, id)) return slot
    }
  }

  #isAt(row: number, id: Uint8Array): boolean {
    const offset = row * correlationIdBytes
    for (let byte = correlationIdBytes - 1; byte >= 0; byte -= 1)
      if (this.#ids[offset + byte] !== id[byte]) return false
    return true
  }

  #grow(): void {
    const rowCount = this.#amounts.length * 2
    const ids = new Uint8Array(rowCount * correlationIdBytes)
    const amounts = new Float64Array(rowCount)
    const requestedAts = new Float64Array(rowCount)
    ids.set(this.#ids)
    amounts.set(this.#amounts)
    requestedAts.set(this.#requestedAts)
    this.#ids = ids
    this.#amounts = amounts
    this.#requestedAts = requestedAts
    this.#slots = new Int32Array(rowCount * 2)
    const mask = this.#slots.length - 1
    for (let row = 0; row < this.#count; row += 1) {
      let slot = idHash(ids, row * correlationIdBytes) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = row + 1
    }
  }
}

/** FNV-1a over the 16 bytes, finished so that the low bits depend on all of them. Ids here are ours: no flooding. */
function idHash(bytes: Uint8Array, offset: number): number {
  let hash = 0x811c9dc5
  for (let byte = offset; byte < offset + correlationIdBytes; byte += 1)
    hash = Math.imul(hash ^ (bytes[byte] as number), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
