import {
  type PaymentNow,
  type PaymentState,
  paymentState,
  paymentStateName,
  printCorrelationId,
} from '@rinha/payment'
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
  /** Null where none has it. */
  readonly processor: string | null
  readonly amountCents: number
  readonly requestedAtMs: number | null
}

/** The surplus of the processor's sums over ours, at an instant. */
export interface Surplus extends Total {
  readonly atMs: number
}

/** A payment of ours, and what the processor has of it, if anything. Our side is as it was when it was last asked for. */
export interface Known {
  readonly correlationId: Uint8Array
  readonly found: Recorded | undefined
  now: PaymentNow | null
}

/** Where the two sides differ over a payment of ours that is in memory. */
export function differenceOf(
  processor: string,
  { correlationId, found, now }: Known,
): Difference | undefined {
  if (now === null) return undefined
  const isHere = now.state === paymentState.settled && now.processor === processor
  const difference = (kind: DifferenceKind): Difference => ({
    kind,
    correlationId: printCorrelationId(correlationId),
    ours: ourSide(now),
    theirs: found === undefined ? null : { count: 1, ...found },
  })
  if (found === undefined) return isHere ? difference('missing') : undefined
  if (isHere) {
    if (found.amountCents !== now.amountCents) return difference('amount')
    return found.requestedAtMs === now.requestedAtMs ? undefined : difference('requestedAt')
  }
  if (now.state === paymentState.settled) return difference('twice')
  return isOurAttempt(processor, now, found) ? undefined : difference('unsettled')
}

/** Whether it is what an attempt under way may have recorded: its answer will say so. */
function isOurAttempt(processor: string, now: PaymentNow, found: Recorded): boolean {
  return (
    now.state === paymentState.inFlight &&
    now.processor === processor &&
    now.amountCents === found.amountCents &&
    now.wasSentThen
  )
}

function ourSide({ state, processor, amountCents, requestedAtMs }: PaymentNow): OurSide {
  return {
    state: paymentStateName[state],
    processor,
    amountCents,
    requestedAtMs: requestedAtMs === 0 ? null : requestedAtMs,
  }
}

/**
 * The surplus of the processor's sums over ours that one payment explains: its record there counts for it, and its row
 * here against it.
 */
export function surplusesOf(processor: string, { found, now }: Known): readonly Surplus[] {
  if (now === null) return []
  const surpluses: Surplus[] = []
  if (found !== undefined)
    surpluses.push({ atMs: found.requestedAtMs, count: 1, amountCents: found.amountCents })
  if (now.state === paymentState.settled && now.processor === processor)
    surpluses.push({ atMs: now.requestedAtMs, count: -1, amountCents: -now.amountCents })
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
