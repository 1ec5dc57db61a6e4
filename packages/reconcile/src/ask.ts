import type { LookupOutcome, SummaryOutcome } from '@rinha/payment'
import { lookUpTriesMax } from './limits.ts'

/**
 * A search is a generator: it yields one question at a time and continues with the answer. So its code reads from top
 * to bottom, and its driver decides when a call is made, and whether it is made at all.
 */
export type Ask =
  | { readonly kind: 'summary'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'lookUp'; readonly correlationId: Uint8Array }
  /** Enough has been computed in this turn of the event loop. */
  | { readonly kind: 'pause' }

export type Answer = SummaryOutcome | LookupOutcome | undefined

export type Asking<Result> = Generator<Ask, Result, Answer>

/** What the processor has of a payment; `untold` if several look-ups gave no usable answer. */
export type Told = Recorded | 'absent' | 'untold'

export interface Recorded {
  readonly amountCents: number
  readonly requestedAtMs: number
}

export interface Total {
  readonly count: number
  readonly amountCents: number
}

/** Nothing can be said of this processor now; the message says why. */
export class CannotCompare extends Error {
  override readonly name = 'CannotCompare'
}

export function* askSummary(fromMs: number, toMs: number): Asking<Total> {
  const answer = yield { kind: 'summary', fromMs, toMs }
  if (answer?.kind === 'summed') return { count: answer.count, amountCents: answer.amountCents }
  throw new CannotCompare(answer?.kind === 'unknown' ? answer.reason : 'no answer to a summary')
}

export function* askLookUp(correlationId: Uint8Array): Asking<Told> {
  for (let tries = 0; tries < lookUpTriesMax; tries += 1) {
    const answer = yield { kind: 'lookUp', correlationId }
    if (answer?.kind === 'found')
      return { amountCents: answer.amountCents, requestedAtMs: answer.requestedAtMs }
    if (answer?.kind === 'absent') return 'absent'
  }
  return 'untold'
}
