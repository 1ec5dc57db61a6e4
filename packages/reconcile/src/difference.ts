import type { Ledger } from '@rinha/ledger'
import { type PaymentState, paymentState, paymentStateName, printCorrelationId } from '@rinha/payment'
import type { Recorded, Total } from './ask.ts'

/**
 * - `missing`: settled here, and the processor does not have it.
 * - `amount`, `requestedAt`: settled here, and the processor has it otherwise.
 * - `unsettled`: the processor has it; here it is queued, in flight, rejected or discarded.
 * - `twice`: the processor has it; here it is settled at another one.
 * - `notOurs`: the processor has payments in this millisecond that are none of ours, as far as can be known: it does not tell ids.
 * - `unexplained`: in this millisecond the sums differ, and no payment says why.
 */
type DifferenceKind = 'missing' | 'amount' | 'requestedAt' | 'unsettled' | 'twice' | 'notOurs' | 'unexplained'

/** A difference, with both sides. */
export interface Difference {
  readonly kind: DifferenceKind
  /** Null where it cannot be known. */
  readonly correlationId: string | null
  readonly ours: OurSide | null
  /** Null where the processor does not have the payment. Of `notOurs` and `unexplained`: its surplus in the millisecond. */
  readonly theirs: (Total & { readonly requestedAtMs: number }) | null
}

interface OurSide {
  readonly state: (typeof paymentStateName)[PaymentState]
  /** Index; null where none has it. */
  readonly processor: number | null
  readonly amountCents: number
  readonly requestedAtMs: number | null
}

/** The surplus of the processor's sums over ours, at an instant. */
export interface Surplus extends Total {
  readonly atMs: number
}

/** Where the two sides differ over a payment of ours that is in memory. `found`: what the processor has, if anything. */
export function differenceOf(
  ledger: Ledger,
  processor: number,
  row: number,
  found: Recorded | undefined,
): Difference | undefined {
  if (!ledger.has(row)) return undefined
  const ours = ourSide(ledger, row)
  const isHere = ours.state === 'settled' && ours.processor === processor
  const difference = (kind: DifferenceKind): Difference => ({
    kind,
    correlationId: printCorrelationId(ledger.correlationId(row)),
    ours,
    theirs: found === undefined ? null : { count: 1, ...found },
  })
  if (found === undefined) return isHere ? difference('missing') : undefined
  if (isHere) {
    if (found.amountCents !== ours.amountCents) return difference('amount')
    return found.requestedAtMs === ours.requestedAtMs ? undefined : difference('requestedAt')
  }
  if (ours.state === 'settled') return difference('twice')
  return isOurAttempt(ledger, processor, row, found) ? undefined : difference('unsettled')
}

/** Whether it is what an attempt under way may have recorded: its answer will say so. */
function isOurAttempt(ledger: Ledger, processor: number, row: number, found: Recorded): boolean {
  return (
    ledger.state(row) === paymentState.inFlight &&
    ledger.processor(row) === processor &&
    ledger.amountCents(row) === found.amountCents &&
    ledger.wasSent(row, found.requestedAtMs)
  )
}

function ourSide(ledger: Ledger, row: number): OurSide {
  const state = ledger.state(row)
  const [processor, requestedAtMs] = [ledger.processor(row), ledger.requestedAtMs(row)]
  return {
    state: paymentStateName[state],
    processor: processor < 0 ? null : processor,
    amountCents: ledger.amountCents(row),
    requestedAtMs: requestedAtMs === 0 ? null : requestedAtMs,
  }
}

/**
 * The surplus of the processor's sums over ours that one payment explains: its record there counts for it, and its row
 * here against it.
 */
export function surplusesOf(
  ledger: Ledger,
  processor: number,
  row: number,
  found: Recorded | undefined,
): readonly Surplus[] {
  if (!ledger.has(row)) return []
  const surpluses: Surplus[] = []
  if (found !== undefined)
    surpluses.push({ atMs: found.requestedAtMs, count: 1, amountCents: found.amountCents })
  if (ledger.state(row) === paymentState.settled && ledger.processor(row) === processor)
    surpluses.push({ atMs: ledger.requestedAtMs(row), count: -1, amountCents: -ledger.amountCents(row) })
  return surpluses
}

/** A surplus that no payment explains. */
export function namelessDifference({ atMs, count, amountCents }: Surplus): Difference {
  return {
    kind: count > 0 ? 'notOurs' : 'unexplained',
    correlationId: null,
    ours: null,
    theirs: { count, amountCents, requestedAtMs: atMs },
  }
}

/** Payments that a difference stands for. */
export function paymentCountOf({ correlationId, theirs }: Difference): number {
  return correlationId === null ? Math.max(1, Math.abs(theirs?.count ?? 0)) : 1
}
