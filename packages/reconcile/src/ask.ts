import type { Result } from '@rinha/base'
import type {
  LedgerIds,
  LedgerIdsParams,
  LedgerSource,
  LedgerSpan,
  LedgerSpanParams,
  LedgerSum,
  LedgerSumParams,
  LookupOutcome,
  SummaryOutcome,
} from '@rinha/payment'
import { lookUpTriesMax } from './limits.ts'

/**
 * A search is a generator: it yields one question at a time and continues with the answer. So its code reads from top
 * to bottom, and its driver decides when a call is made, and whether it is made at all.
 */
export type Ask =
  | { readonly kind: 'summary'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'lookUp'; readonly correlationId: Uint8Array }
  /** Of our side. */
  | { readonly kind: 'ours'; readonly ask: (source: LedgerSource, answer: (told: OurAnswer) => void) => void }
  /** Enough has been computed in this turn of the event loop. */
  | { readonly kind: 'pause' }

export type OurAnswer = Result<LedgerSpan | LedgerSum | LedgerIds, string>
export type Answer = SummaryOutcome | LookupOutcome | OurAnswer | undefined

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
  if (answer === undefined || 'ok' in answer) throw new CannotCompare('no answer to a summary')
  if (answer.kind === 'summed') return { count: answer.count, amountCents: answer.amountCents }
  throw new CannotCompare(answer.kind === 'unknown' ? answer.reason : 'no answer to a summary')
}

export function askSpan(params: LedgerSpanParams): Asking<LedgerSpan> {
  return askOurs<LedgerSpan>((source, answer) => source.span(params, answer))
}

export function askSum(params: LedgerSumParams): Asking<LedgerSum> {
  return askOurs<LedgerSum>((source, answer) => source.sum(params, answer))
}

export function askIds(params: LedgerIdsParams): Asking<LedgerIds> {
  return askOurs<LedgerIds>((source, answer) => source.ids(params, answer))
}

function* askOurs<Ours>(ask: Extract<Ask, { kind: 'ours' }>['ask']): Asking<Ours> {
  const answer = yield { kind: 'ours', ask }
  if (answer === undefined || !('ok' in answer)) throw new CannotCompare('no answer of the ledger')
  if (!answer.ok) throw new CannotCompare(answer.error)
  // Whoever drives this hands on the answer to what was asked.
  return answer.value as Ours
}

export function* askLookUp(correlationId: Uint8Array): Asking<Told> {
  for (let tries = 0; tries < lookUpTriesMax; tries += 1) {
    const answer = yield { kind: 'lookUp', correlationId }
    if (answer === undefined || 'ok' in answer) continue
    if (answer.kind === 'found')
      return { amountCents: answer.amountCents, requestedAtMs: answer.requestedAtMs }
    if (answer.kind === 'absent') return 'absent'
  }
  return 'untold'
}
