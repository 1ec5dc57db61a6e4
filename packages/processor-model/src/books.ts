import { assert } from '@rinha/base'
import { correlationIdBytes } from '@rinha/payment'

/**
 * What one processor has recorded, in memory, in place of the original's PostgreSQL table. On purpose none of the
 * ledger's code is here: in simulations these books are what the ledger is checked against, and two copies of one mistake
 * would agree.
 *
 * Payments stand in the order they were recorded, with an open-addressing table over their ids: at most 64 bytes each.
 * Sums of a window go zone by zone (a *zone map*; PostgreSQL calls it a BRIN index): a zone of 256 rows that lies inside
 * or outside the window is taken or left as a whole. Since requestedAt nearly follows the order of recording, few are
 * read row by row; were it pure chance, all of them would be. A sorted array would have to move rows whenever a late one
 * comes.
 *
 * Invariants:
 *   B1. An id is recorded at most once, and never changes; only {@link Books.remove} takes one out.
 *   B2. A zone's count, sum and bounds are those of its rows.
 *   B3. Sums are exact: the absolute amounts together stay below 2⁵³ cents, or the books are full.
 */
export class Books {
  readonly #countMax: number
  #zones: Zone[] = []
  /** Row + 1 of each slot, 0 where it is free; a power of two, at most half full. */
  #slots = new Int32Array(slotCountMin)
  #count = 0
  #amountCents = 0
  #absoluteCents = 0

  constructor(countMax = Number.POSITIVE_INFINITY) {
    assert(countMax > 0, 'countMax is positive')
    this.#countMax = countMax
  }

  get count(): number {
    return this.#count
  }

  get total(): BooksTotal {
    return { count: this.#count, amountCents: this.#amountCents }
  }

  record(
    correlationId: Uint8Array,
    amountCents: number,
    requestedAtMs: number,
  ): 'recorded' | 'duplicate' | 'full' {
    assert(correlationId.length === correlationIdBytes, 'a correlationId is 16 bytes')
    const slot = this.#slotOf(correlationId)
    if (this.#slots[slot] !== 0) return 'duplicate'
    const absoluteCents = this.#absoluteCents + Math.abs(amountCents)
    if (this.#count >= this.#countMax || absoluteCents > Number.MAX_SAFE_INTEGER) return 'full'
    assert(Number.isSafeInteger(amountCents), 'an amount that fits the sum is a whole number of cents')
    if (this.#count % zoneRowCount === 0) this.#zones.push(new Zone())
    this.#zoneOf(this.#count).add(correlationId, amountCents, requestedAtMs)
    this.#count += 1
    this.#amountCents += amountCents
    this.#absoluteCents = absoluteCents
    this.#slots[slot] = this.#count
    if (this.#count * 2 > this.#slots.length) this.#growSlots()
    return 'recorded'
  }

  /** Falsifies the books: what was recorded under the id is gone. False where nothing was. O(n). */
  remove(correlationId: Uint8Array): boolean {
    const removed = this.find(correlationId)
    if (removed < 0) return false
    const zones = this.#zones
    this.clear()
    for (const zone of zones)
      for (let at = 0; at < zone.count; at += 1) {
        const id = zone.ids.subarray(idOffset(at), idOffset(at) + correlationIdBytes)
        if (zones[Math.floor(removed / zoneRowCount)] !== zone || at !== removed % zoneRowCount)
          this.record(id, zone.amounts[at] as number, zone.requestedAts[at] as number)
      }
    return true
  }

  /** The row of an id, in the order of recording, or -1. */
  find(correlationId: Uint8Array): number {
    return (this.#slots[this.#slotOf(correlationId)] as number) - 1
  }

  correlationId(row: number): Uint8Array {
    return this.#zoneOf(row).ids.slice(idOffset(row), idOffset(row) + correlationIdBytes)
  }

  requestedAtMs(row: number): number {
    return this.#zoneOf(row).requestedAts[row % zoneRowCount] as number
  }

  rowAmountCents(row: number): number {
    return this.#zoneOf(row).amounts[row % zoneRowCount] as number
  }

  /** The sums of payments with a requestedAt in [fromMs, toMs], both ends included. */
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
      for (let row = 0; row < zone.count; row += 1) {
        const requestedAtMs = zone.requestedAts[row] as number
        if (requestedAtMs < fromMs || requestedAtMs > toMs) continue
        count += 1
        amountCents += zone.amounts[row] as number
      }
    }
    return { count, amountCents }
  }

  clear(): void {
    this.#zones = []
    this.#slots = new Int32Array(slotCountMin)
    this.#count = 0
    this.#amountCents = 0
    this.#absoluteCents = 0
  }

  #zoneOf(row: number): Zone {
    const zone = this.#zones[Math.floor(row / zoneRowCount)]
    assert(zone !== undefined, 'the row exists')
    return zone
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
    const { ids } = this.#zoneOf(row)
    const offset = idOffset(row)
    for (let byte = correlationIdBytes - 1; byte >= 0; byte -= 1)
      if (ids[offset + byte] !== id[byte]) return false
    return true
  }

  #growSlots(): void {
    this.#slots = new Int32Array(this.#slots.length * 2)
    const mask = this.#slots.length - 1
    for (let row = 0; row < this.#count; row += 1) {
      let slot = idHash(this.#zoneOf(row).ids, idOffset(row)) & mask
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
      this.#slots[slot] = row + 1
    }
  }
}

export interface BooksTotal {
  readonly count: number
  readonly amountCents: number
}

const zoneRowCount = 256
const slotCountMin = 2048

/** Rows in plain columns, with their sums. */
class Zone {
  readonly ids = new Uint8Array(zoneRowCount * correlationIdBytes)
  readonly amounts = new Float64Array(zoneRowCount)
  readonly requestedAts = new Float64Array(zoneRowCount)
  count = 0
  amountCents = 0
  earliestMs = Number.POSITIVE_INFINITY
  latestMs = Number.NEGATIVE_INFINITY

  add(correlationId: Uint8Array, amountCents: number, requestedAtMs: number): void {
    this.ids.set(correlationId, idOffset(this.count))
    this.amounts[this.count] = amountCents
    this.requestedAts[this.count] = requestedAtMs
    this.count += 1
    this.amountCents += amountCents
    if (requestedAtMs < this.earliestMs) this.earliestMs = requestedAtMs
    if (requestedAtMs > this.latestMs) this.latestMs = requestedAtMs
  }
}

/** The offset of a row's id in its zone. */
function idOffset(row: number): number {
  return (row % zoneRowCount) * correlationIdBytes
}

/** FNV-1a over the 16 bytes, finished so that the low bits depend on all of them. Ids here are ours: no flooding. */
function idHash(bytes: Uint8Array, offset: number): number {
  let hash = 0x811c9dc5
  for (let byte = offset; byte < offset + correlationIdBytes; byte += 1)
    hash = Math.imul(hash ^ (bytes[byte] as number), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}
