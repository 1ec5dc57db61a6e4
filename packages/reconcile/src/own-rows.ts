import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import type { Asking } from './ask.ts'
import { openCountMax, rowsPerTurn, sentCountMax } from './limits.ts'

/**
 * Which of our payments are meant. The ledger has an index by id and sums by instant, and no rows by instant: that would cost
 * every payment some bytes, for a search that is rare. So the columns are read, a piece of 16,384 rows a turn: some 30 µs each.
 */

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

/** Rows with an attempt, at whichever processor, in this millisecond: under way, settled, or refused earlier. */
export function* rowsSentAt(ledger: Ledger, atMs: number): Asking<readonly number[]> {
  const rows: number[] = []
  for (const { count, requestedAtMs, rowAt } of ledger.pieces()) {
    for (
      let at = requestedAtMs.indexOf(atMs);
      at >= 0 && at < count;
      at = requestedAtMs.indexOf(atMs, at + 1)
    )
      if (rows.length < sentCountMax) rows.push(rowAt(at))
    yield { kind: 'pause' }
  }
  for (const attempt of ledger.earlierAttempts())
    if (attempt.requestedAtMs === atMs && rows.length < sentCountMax && !rows.includes(attempt.row))
      rows.push(attempt.row)
  return rows
}

/**
 * Rows of payments that were accepted by then and had not settled. One of them may have been sent at that instant under
 * a requestedAt that the ledger no longer has. The latest are the likeliest.
 */
export function* rowsOpenAt(ledger: Ledger, atMs: number): Asking<readonly number[]> {
  const rows: number[] = []
  for (const { count, acceptedAtMs, states, requestedAtMs, rowAt } of ledger.pieces().toReversed()) {
    for (let at = count - 1; at >= 0 && rows.length < openCountMax; at -= 1) {
      if ((acceptedAtMs[at] ?? 0) > atMs) continue
      if (states[at] !== settled || (requestedAtMs[at] ?? 0) > atMs) rows.push(rowAt(at))
    }
    if (rows.length === openCountMax) break
    yield { kind: 'pause' }
  }
  return rows
}

/** Rows whose attempt at this processor is under way, or has ended without an answer, by the attempt's instant. */
export function rowsUnderWay(ledger: Ledger, processor: number): readonly number[] {
  const rows: number[] = []
  for (const { count, states, processors, rowAt } of ledger.pieces()) {
    for (let at = states.indexOf(inFlight); at >= 0 && at < count; at = states.indexOf(inFlight, at + 1))
      if (processors[at] === processor) rows.push(rowAt(at))
  }
  return rows.sort((one, other) => ledger.requestedAtMs(one) - ledger.requestedAtMs(other))
}

interface Settled {
  readonly processor: number
  readonly fromMs: number
  readonly toMs: number
  readonly from: number
  readonly countMax: number
}

/** Rows from one on that settled at the processor with requestedAt in the window, and the row with which to go on. */
export function* rowsSettled(
  ledger: Ledger,
  { processor, fromMs, toMs, from, countMax }: Settled,
): Asking<{ readonly rows: readonly number[]; readonly next: number | null }> {
  const rows: number[] = []
  let row = Math.max(from, ledger.firstRow)
  for (let seenCount = 1; row < ledger.count && rows.length < countMax; seenCount += 1) {
    const atMs = ledger.requestedAtMs(row)
    const isHere = ledger.state(row) === settled && ledger.processor(row) === processor
    if (isHere && atMs >= fromMs && atMs <= toMs) rows.push(row)
    row += 1
    if (seenCount % rowsPerTurn !== 0) continue
    yield { kind: 'pause' }
    // Rows may have left meanwhile.
    row = Math.max(row, ledger.firstRow)
  }
  return { rows, next: row < ledger.count ? row : null }
}

export interface Conservation {
  readonly acceptedCount: number
  readonly queuedCount: number
  readonly inFlightCount: number
  readonly settledCount: number
  /** Includes discarded payments. */
  readonly rejectedCount: number
  /** Whether the counters and the sums of each processor equal a recount of the rows. */
  readonly isEqual: boolean
}

/** Counts every row and what has left, and holds the ledger's counters and sums to it as they were when it began. */
export function* recount(ledger: Ledger): Asking<Conservation> {
  const told = ledger.stateCounts()
  const toldSums = ledger.summary(null, null)
  // What is settled stays as it is; the states alone have to be those of one instant: a byte a payment, for a moment.
  const pieces = ledger.pieces().map(piece => ({ ...piece, states: piece.states.slice(0, piece.count) }))
  const { left } = ledger
  const counts = [0, 0, 0, 0, 0, 0]
  counts[settled] = left.settledCount
  counts[discarded] = left.discardedCount
  const sums = left.settled.map(total => ({ ...total }))
  const leftCount = left.count
  for (const { states, processors, amountCents } of pieces) {
    for (let at = 0; at < states.length; at += 1) {
      const state = states[at] ?? 0
      counts[state] = (counts[state] ?? 0) + 1
      const sum = sums[processors[at] ?? -1]
      if (state !== settled || sum === undefined) continue
      sum.count += 1
      sum.amountCents += amountCents[at] ?? 0
    }
    yield { kind: 'pause' }
  }
  const of = (state: number) => counts[state] ?? 0
  const counted = {
    queuedCount: of(queued) + of(refused),
    inFlightCount: of(inFlight),
    settledCount: of(settled),
    rejectedCount: of(rejected) + of(discarded),
  }
  return {
    acceptedCount: pieces.reduce((sum, { count }) => sum + count, leftCount),
    ...counted,
    isEqual:
      counted.queuedCount === told.queued &&
      counted.inFlightCount === told.inFlight &&
      counted.settledCount === told.settled &&
      counted.rejectedCount === told.rejected &&
      sums.every(({ count, amountCents }, index) => {
        const sum = toldSums[index]
        return sum?.count === count && sum.amountCents === amountCents
      }),
  }
}
