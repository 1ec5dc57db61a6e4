import type { Ledger } from '@rinha/ledger'
import { paymentState, printCorrelationId } from '@rinha/payment'
import type { Lane } from '@rinha/routing'
import type { Journey } from './journey.ts'
import { attentionAgeMs, attentionCountMax } from './limits.ts'
import { rowsIn } from './page.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * What only a person can end, for `GET /queue-status`; orders.ts says how. The lists hold the first {@link
 * attentionCountMax}. A payment stands in `attention` when it is not settled and
 * 1. its processor has said what asking again will not change (a repeat of a lost attempt was rejected), or
 * 2. it is in doubt for {@link attentionAgeMs}: its processor does not say whether it has the payment, or
 * 3. it is refused again and again, for {@link attentionAgeMs}, while other payments are recorded.
 * A payment of the last two kinds may still end by itself.
 */
export interface Attention {
  readonly attentionCount: number
  readonly attention: readonly {
    readonly correlationId: string
    readonly state: 'queued' | 'inFlight'
    readonly processor: string
    readonly reason: string
    /** For so long it has been so. */
    readonly ageMs: number
  }[]
  /** The first of the rejected ones that nobody has discarded; `rejectedCount` counts all, `discardedCount` those discarded. */
  readonly rejected: readonly { readonly correlationId: string; readonly reason: string }[]
}

export function attention(
  ledger: Ledger,
  lanes: readonly Lane[],
  journeys: Iterable<Journey>,
  queue: PaymentQueue,
  nowMs: number,
  queuedCountMax: number,
): Attention {
  const listed: Attention['attention'][number][] = []
  let attentionCount = 0
  const add = (row: number, sinceMs: number, reason: string) => {
    attentionCount += 1
    if (listed.length >= attentionCountMax) return
    listed.push({
      correlationId: printCorrelationId(ledger.correlationId(row)),
      state: ledger.state(row) === paymentState.inFlight ? 'inFlight' : 'queued',
      processor: lanes[ledger.processor(row)]?.options.name ?? '',
      reason,
      ageMs: Math.round(nowMs - sinceMs),
    })
  }
  const isOld = (sinceMs: number) => nowMs - sinceMs >= attentionAgeMs
  const othersAreRecorded = lanes.some(lane => !isOld(lane.lastRecordedAtMs))
  for (const { row, trouble, stage, enteredAtMs } of journeys) {
    if (trouble !== undefined && (trouble.isHopeless || isOld(trouble.sinceMs)))
      add(row, trouble.sinceMs, trouble.reason)
    else if (
      stage.kind === 'sending' &&
      stage.earlier === 'refused' &&
      othersAreRecorded &&
      isOld(enteredAtMs)
    )
      add(row, enteredAtMs, refusedAgain)
  }
  // What was refused once goes back to the front of the queue, what was refused again to its end: others stand between.
  const queuedCount = Math.min(queue.count, queuedCountMax)
  const isAnyRefused = othersAreRecorded && ledger.findState(paymentState.refused, 0, ledger.count) >= 0
  for (let index = 0; isAnyRefused && index < queuedCount; index += 1) {
    const { row, enteredAtMs } = queue.at(index)
    if (ledger.state(row) === paymentState.refused && isOld(enteredAtMs)) add(row, enteredAtMs, refusedAgain)
  }
  return { attentionCount, attention: listed, rejected: firstRejected(ledger) }
}

function firstRejected(ledger: Ledger): Attention['rejected'] {
  const counts = ledger.stateCounts()
  const waitingCount = Math.min(attentionCountMax, counts.rejected - counts.discarded)
  if (waitingCount === 0) return []
  const rows = rowsIn(ledger, [paymentState.rejected], 0, ledger.count)
  const first: Attention['rejected'][number][] = []
  for (const row of rows) {
    first.push({
      correlationId: printCorrelationId(ledger.correlationId(row)),
      reason: ledger.rejectReason(row),
    })
    if (first.length === waitingCount) break
  }
  return first
}

const refusedAgain = 'its processor refuses it each time, and takes others'
