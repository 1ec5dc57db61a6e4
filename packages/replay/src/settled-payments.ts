import type { ArchivedPayment, ArchiveReader } from '@rinha/archive'
import type { Ledger } from '@rinha/ledger'
import { correlationIdBytes, type PaymentColumns, paymentState } from '@rinha/payment'

export type SettledPayment = Pick<
  ArchivedPayment,
  'correlationId' | 'amountCents' | 'acceptedAtMs' | 'processor' | 'requestedAtMs'
>

const pieceCount = 1000

/**
 * What settled with requestedAt in [fromMs, toMs], both included, in the order of requestedAt, some at a time: from the archive
 * and from the ledger. A payment that is in both is the ledger's: it was on its way to the archive when a process died, or when the
 * ledger was read. Of the archive only a piece is in memory.
 */
export async function* settledPayments(
  ledger: Ledger,
  archive: ArchiveReader | undefined,
  fromMs: number,
  toMs: number,
): AsyncIterable<readonly SettledPayment[]> {
  const rows = new LedgerRows(ledger.pieces(), fromMs, toMs)
  for await (const piece of archive?.settled(fromMs, toMs) ?? []) {
    const merged: SettledPayment[] = []
    for (const payment of piece) {
      merged.push(...rows.takeBefore(payment.requestedAtMs, Number.POSITIVE_INFINITY))
      if (ledger.find(payment.correlationId, 0) < 0) merged.push(payment)
    }
    yield merged
  }
  for (;;) {
    const rest = rows.takeBefore(Number.POSITIVE_INFINITY, pieceCount)
    if (rest.length === 0) return
    yield rest
  }
}

/** The ledger's part, in order. It has a number for each payment, and makes the payment when it is taken. */
class LedgerRows {
  readonly #pieces: readonly PaymentColumns[]
  /** Piece × {@link placeCount} + index in it, by requestedAt. */
  readonly #places: Float64Array
  #nextIndex = 0

  constructor(pieces: readonly PaymentColumns[], fromMs: number, toMs: number) {
    this.#pieces = pieces
    const found: number[] = []
    for (const [number, { count, states, requestedAtMs }] of pieces.entries())
      for (let index = 0; index < count; index += 1) {
        const atMs = requestedAtMs[index] ?? 0
        if (states[index] === paymentState.settled && atMs >= fromMs && atMs <= toMs)
          found.push(number * placeCount + index)
      }
    this.#places = Float64Array.from(found).sort((a, b) => this.#atMs(a) - this.#atMs(b))
  }

  takeBefore(endMs: number, countMax: number): SettledPayment[] {
    const taken: SettledPayment[] = []
    for (; taken.length < countMax && this.#nextIndex < this.#places.length; this.#nextIndex += 1) {
      const place = this.#places[this.#nextIndex] ?? 0
      if (this.#atMs(place) >= endMs) break
      taken.push(this.#payment(place))
    }
    return taken
  }

  #atMs(place: number): number {
    return this.#pieces[Math.floor(place / placeCount)]?.requestedAtMs[place % placeCount] ?? 0
  }

  #payment(place: number): SettledPayment {
    const piece = this.#pieces[Math.floor(place / placeCount)] as PaymentColumns
    const index = place % placeCount
    return {
      correlationId: piece.ids.slice(index * correlationIdBytes, (index + 1) * correlationIdBytes),
      amountCents: piece.amountCents[index] ?? 0,
      acceptedAtMs: piece.acceptedAtMs[index] ?? 0,
      processor: piece.processors[index] ?? -1,
      requestedAtMs: piece.requestedAtMs[index] ?? 0,
    }
  }
}

const placeCount = 2 ** 26
