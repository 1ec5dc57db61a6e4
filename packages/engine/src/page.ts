import { err, ok, type Result } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type PaymentState, parseCorrelationId, paymentState, printCorrelationId } from '@rinha/payment'
import { isInDoubt, type Journey } from './journey.ts'
import { pageLookedAtMax, pageRowsMax } from './limits.ts'

/**
 * Lists of payments by state, in pages, oldest first. A page looks at a part of the rows, so it may be short, or empty, and
 * still have a next one. A cursor is the row and the id of the payment that was looked at last: rows keep their numbers, in a
 * journal too, until a purge. After that another payment has the row, or none, and the cursor is refused. A list goes on behind a
 * payment that has left memory meanwhile.
 */
export interface PageQuery {
  readonly state: keyof typeof statesOf
  /** Of rejected and discarded payments: only those with exactly this reason. */
  readonly reason?: string | undefined
  /** Where the page before ended; none for the first. */
  readonly cursor?: string | undefined
  readonly limitCount: number
}

interface Page {
  readonly rows: readonly number[]
  /** Null where the list ends. */
  readonly nextCursor: string | null
}

const { queued, inFlight, settled, rejected, refused, discarded } = paymentState

/** `unknown` are those in flight that may have been recorded by an attempt whose answer was lost. */
const statesOf = {
  queued: [queued, refused],
  inFlight: [inFlight],
  unknown: [inFlight],
  settled: [settled],
  rejected: [rejected],
  discarded: [discarded],
} as const satisfies Record<string, readonly PaymentState[]>

export function pageOf(
  { state, reason, cursor, limitCount }: PageQuery,
  ledger: Ledger,
  journeyOf: (row: number) => Readonly<Journey> | undefined,
): Result<Page, 'stale'> {
  const last = cursor === undefined ? -1 : rowOf(cursor, ledger)
  if (last === undefined) return err('stale')
  const from = last + 1
  const to = Math.min(Math.max(from, ledger.firstRow) + pageRowsMax, ledger.count)
  const rows: number[] = []
  let lookedAtCount = 0
  for (const row of rowsIn(ledger, statesOf[state], from, to)) {
    const journey = state === 'unknown' ? journeyOf(row) : undefined
    const isListed =
      (state !== 'unknown' || (journey !== undefined && isInDoubt(journey))) &&
      (reason === undefined || ledger.rejectReason(row) === reason)
    if (isListed) rows.push(row)
    lookedAtCount += 1
    if (rows.length === limitCount || lookedAtCount === pageLookedAtMax)
      return ok({ rows, nextCursor: cursorOf(row, ledger) })
  }
  return ok({ rows, nextCursor: to < ledger.count ? cursorOf(to - 1, ledger) : null })
}

/** The rows in these states from one row to before another, in their order. */
export function* rowsIn(
  ledger: Ledger,
  states: readonly PaymentState[],
  from: number,
  to: number,
): Generator<number, void, void> {
  const find = (state: PaymentState, at: number) => {
    const row = ledger.findState(state, at, to)
    return row < 0 ? to : row
  }
  const next = states.map(state => find(state, from))
  for (let row = Math.min(...next); row < to; row = Math.min(...next)) {
    yield row
    for (const [index, state] of states.entries()) if (next[index] === row) next[index] = find(state, row + 1)
  }
}

export function cursorOf(row: number, ledger: Ledger): string {
  return `${row}_${printCorrelationId(ledger.correlationId(row))}`
}

/** The row that a cursor names; nothing where it does not have, and has not had, that payment. */
export function rowOf(cursor: string, ledger: Ledger): number | undefined {
  const [, digits = '', id = ''] = /^(\d{1,15})_(.{36})$/.exec(cursor) ?? []
  const correlationId = parseCorrelationId(id)
  if (correlationId === undefined) return undefined
  const [row, named] = [ledger.find(correlationId, 0), Number(digits)]
  const hasLeft = named < ledger.firstRow && !ledger.has(named)
  return row === named || hasLeft ? named : undefined
}
