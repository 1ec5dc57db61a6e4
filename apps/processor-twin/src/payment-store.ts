import { assert } from '@rinha/base'

/**
 * Every payment the processor recorded, in memory, in place of the original's PostgreSQL table.
 *
 * It trades a sorted index for a *zone map* (PostgreSQL calls it a BRIN index): payments stay in the order they came,
 * in zones of 1024 rows of plain columns, and each zone knows its count, its sum and its earliest and latest
 * requestedAt. A range sum skips the zones that lie outside, takes those that lie inside by their sum, and reads row
 * by row only those that straddle an end. Because requestedAt nearly follows the order of arrival, few do: over 100,000
 * payments an auditor's query reads about 100 zone heads and 2 to 4 zones, some 20 µs. Were requestedAt pure chance,
 * every row would be read: about 0.3 ms for 100,000, since columns of doubles are read in the order of memory.
 * Inserting is O(1); a sorted array would have to move rows whenever a late one comes.
 *
 * Invariants:
 *  1. An id is stored at most once, and never changes after.
 *  2. A zone's count, sum and bounds are those of its rows; the totals are those of the zones.
 *  3. Sums are exact: the absolute amounts together stay below 2⁵³ cents, or the insert is refused as `full`.
 */
export interface StoredPayment {
  /** A UUID as lower case text. */
  readonly id: string
  readonly amountCents: number
  readonly requestedAtUs: number
}

export interface Total {
  count: number
  amountCents: number
}

const zoneRowCount = 1024

interface Zone extends Total {
  readonly amountsCents: Float64Array
  readonly requestedAtsUs: Float64Array
  earliestUs: number
  latestUs: number
}

export class PaymentStore {
  readonly #countMax: number
  #rowById = new Map<string, number>()
  #zones: Zone[] = []
  #total: Total = { count: 0, amountCents: 0 }
  #absoluteCents = 0

  constructor(countMax: number) {
    assert(Number.isSafeInteger(countMax) && countMax > 0, 'countMax is a positive integer')
    this.#countMax = countMax
  }

  insert(payment: StoredPayment): 'inserted' | 'duplicate' | 'full' {
    const { id, amountCents, requestedAtUs } = payment
    if (this.#rowById.has(id)) return 'duplicate'
    const absoluteCents = this.#absoluteCents + Math.abs(amountCents)
    if (this.#total.count >= this.#countMax || absoluteCents > Number.MAX_SAFE_INTEGER) return 'full'
    assert(Number.isSafeInteger(amountCents), 'an amount that fits the sum is a whole number of cents')
    const row = this.#total.count
    const zone = this.#zones[Math.floor(row / zoneRowCount)] ?? this.#openZone()
    zone.amountsCents[zone.count] = amountCents
    zone.requestedAtsUs[zone.count] = requestedAtUs
    zone.earliestUs = Math.min(zone.earliestUs, requestedAtUs)
    zone.latestUs = Math.max(zone.latestUs, requestedAtUs)
    add(zone, 1, amountCents)
    add(this.#total, 1, amountCents)
    this.#absoluteCents = absoluteCents
    this.#rowById.set(id, row)
    return 'inserted'
  }

  find(id: string): StoredPayment | undefined {
    const row = this.#rowById.get(id)
    if (row === undefined) return undefined
    const zone = this.#zones[Math.floor(row / zoneRowCount)]
    const amountCents = zone?.amountsCents[row % zoneRowCount]
    const requestedAtUs = zone?.requestedAtsUs[row % zoneRowCount]
    assert(amountCents !== undefined && requestedAtUs !== undefined, 'an indexed row is in a zone')
    return { id, amountCents, requestedAtUs }
  }

  total(): Readonly<Total> {
    return this.#total
  }

  /** What was requested in [fromUs, toUs], both ends included. */
  sum(fromUs: number, toUs: number): Readonly<Total> {
    const total: Total = { count: 0, amountCents: 0 }
    for (const zone of this.#zones) {
      if (zone.latestUs < fromUs || zone.earliestUs > toUs) continue
      if (zone.earliestUs >= fromUs && zone.latestUs <= toUs) add(total, zone.count, zone.amountCents)
      else addRows(total, zone, fromUs, toUs)
    }
    return total
  }

  purge(): void {
    this.#rowById = new Map()
    this.#zones = []
    this.#total = { count: 0, amountCents: 0 }
    this.#absoluteCents = 0
  }

  #openZone(): Zone {
    const zone: Zone = {
      count: 0,
      amountCents: 0,
      amountsCents: new Float64Array(zoneRowCount),
      requestedAtsUs: new Float64Array(zoneRowCount),
      earliestUs: Number.POSITIVE_INFINITY,
      latestUs: Number.NEGATIVE_INFINITY,
    }
    this.#zones.push(zone)
    return zone
  }
}

function add(total: Total, count: number, amountCents: number): void {
  total.count += count
  total.amountCents += amountCents
}

function addRows(total: Total, zone: Zone, fromUs: number, toUs: number): void {
  for (let row = 0; row < zone.count; row += 1) {
    const requestedAtUs = zone.requestedAtsUs[row] ?? Number.NaN
    if (requestedAtUs >= fromUs && requestedAtUs <= toUs) add(total, 1, zone.amountsCents[row] ?? 0)
  }
}
