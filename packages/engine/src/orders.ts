import { err, ok, type Result } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type Fact, instantMsMax, isRejected, paymentState } from '@rinha/payment'
import type { Lane } from '@rinha/routing'
import type { Stage } from './journey.ts'

/**
 * What a person may order of one payment, and when. The person answers for the truth of it: the engine takes the word as it
 * takes a processor's, and writes down that it was a person's (facts `confirmed` and `released`).
 *
 * - `resolve` as `recorded`: its processor has it. Settled there under the requestedAt of its attempt, or the one given. A
 *   refused payment has no requestedAt any more, a rejected one no processor either: the person gives what is missing.
 * - `resolve` as `notRecorded`: its processor does not have it and never will. Back to the queue, free to go anywhere.
 * - `resubmit`: a rejected payment goes back to the queue.
 * - `discard`: a rejected payment is given up. It stays rejected and counted, and no longer waits for a person; should its
 *   processor turn out to have it, `recorded` still settles it.
 *
 * A repeated order is allowed and changes nothing. While an attempt is under way its outcome is not known, so orders
 * are refused.
 */
export type Order =
  | {
      readonly kind: 'resolve'
      readonly correlationId: Uint8Array
      readonly ending: 'recorded'
      /** The processor's name. It is needed if the payment has no processor; otherwise it must be the payment's. */
      readonly processor?: string | undefined
      readonly requestedAtMs?: number | undefined
    }
  | { readonly kind: 'resolve'; readonly correlationId: Uint8Array; readonly ending: 'notRecorded' }
  | { readonly kind: 'resubmit' | 'discard'; readonly correlationId: Uint8Array }

export interface OrderProblem {
  /** `absent`: no such payment. `invalid`: what was given cannot be. `conflict`: not in its state now. */
  readonly kind: 'absent' | 'invalid' | 'conflict'
  readonly detail: string
}

export type OrderedFact = Extract<Fact, { kind: 'confirmed' | 'released' | 'discarded' }>
type Judgement = Result<OrderedFact | undefined, OrderProblem>

const done: Judgement = ok(undefined)
const conflict = (detail: string): Judgement => err({ kind: 'conflict', detail })
const invalid = (detail: string): Judgement => err({ kind: 'invalid', detail })
const { queued, settled, rejected, refused, discarded } = paymentState

export function judgeOrder(
  order: Order,
  ledger: Ledger,
  lanes: readonly Lane[],
  /** The attempt or look-up of a row; undefined if the row is in the queue or has ended. */
  stageOf: (row: number) => Stage['kind'] | undefined,
): Judgement {
  const row = ledger.find(order.correlationId, 0)
  if (row < 0)
    return err({ kind: 'absent', detail: 'The coordinator has no payment with this correlationId.' })
  const stage = stageOf(row)
  if (stage === 'sending')
    return conflict('An attempt of this payment is under way right now. Try again when it has ended.')
  const state = ledger.state(row)
  if (order.kind === 'resolve' && order.ending === 'recorded') {
    if (state === queued || (state === refused && stage === undefined))
      return conflict('This payment waits in the queue, and is sent or looked up by itself.')
    return judgeRecorded(order, row, ledger, lanes)
  }
  if (state === settled) return conflict('This payment is settled.')
  if (order.kind === 'discard') {
    if (state === rejected) return ok({ kind: 'discarded', row })
    return state === discarded
      ? done
      : conflict('This payment is not rejected: only a rejected one is discarded.')
  }
  if (state === queued) return done
  if (state === discarded)
    return conflict('This payment is rejected and was discarded: it is not sent again.')
  if (order.kind === 'resubmit')
    return state === rejected
      ? ok({ kind: 'released', row })
      : conflict('This payment is not rejected: resolve it, where it does not end by itself.')
  return state === rejected
    ? conflict('This payment is rejected: resubmit it.')
    : ok({ kind: 'released', row })
}

function judgeRecorded(
  { processor: name, requestedAtMs: given }: Extract<Order, { ending: 'recorded' }>,
  row: number,
  ledger: Ledger,
  lanes: readonly Lane[],
): Judgement {
  const state = ledger.state(row)
  const own = ledger.processor(row)
  const named = name === undefined ? own : lanes.findIndex(({ options }) => options.name === name)
  if (name !== undefined && named < 0)
    return invalid(`No processor is named ${name}: ${lanes.map(({ options }) => options.name).join(', ')}.`)
  const requestedAtMs = given ?? ledger.requestedAtMs(row)
  if (state === settled)
    return named === own && requestedAtMs === ledger.requestedAtMs(row)
      ? done
      : conflict('This payment is settled at another processor, or under another requestedAt.')
  if (!isRejected(state) && named !== own)
    return conflict(`This payment was sent to ${lanes[own]?.options.name}: resolve it there first.`)
  if (named < 0 || requestedAtMs === 0)
    return invalid(
      'The coordinator does not know under what it was recorded: give processor and requestedAt.',
    )
  if (!Number.isSafeInteger(requestedAtMs) || requestedAtMs < 1 || requestedAtMs > instantMsMax)
    return invalid('requestedAt is whole milliseconds after 1970.')
  return ok({ kind: 'confirmed', row, processor: named, requestedAtMs })
}
