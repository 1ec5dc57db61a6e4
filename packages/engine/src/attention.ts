import { err, ok, type Result } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { paymentState, printCorrelationId } from '@rinha/payment'
import type { Lane } from '@rinha/routing'
import type { Journey } from './journey.ts'
import { attentionAgeMs, attentionCountMax } from './limits.ts'
import { cursorOf, rowOf, rowsIn } from './page.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * What only a person can end, for `GET /queue-status`; orders.ts says how. The lists hold the first {@link
 * attentionCountMax}. A payment stands in `attention` when it is not settled and
 * 1. its processor has said what asking again will not change (a repeat of a lost attempt was rejected), or
 * 2. it is in doubt for {@link attentionAgeMs}: its processor does not say whether it has the payment, or
 * 3. it is refused again and again, for {@link attentionAgeMs}, by a processor that has recorded others for as long, and what has
 *    waited since before then is sent: after an outage, what was refused in it gets its turn first.
 * A payment of the last two kinds may still end by itself.
 */
export interface Attention {
  readonly attentionCount: number
  readonly attention: readonly {
    readonly correlationId: string
    readonly state: 'queued' | 'inFlight'
    readonly processor: string
    readonly reason: string
    /** For how long the payment has been in this situation. */
    readonly ageMs: number
  }[]
  /** The first of the rejected ones that nobody has discarded; `rejectedCount` counts all, `discardedCount` those discarded. */
  readonly rejected: readonly { readonly correlationId: string; readonly reason: string }[]
}

/** What is looked at. */
export interface AttentionSources {
  readonly ledger: Ledger
  readonly lanes: readonly Lane[]
  readonly journeys: Iterable<Journey>
  readonly queue: PaymentQueue
  readonly nowMs: number
}

/** `queuedCountMax`: of the queue, the first so many are looked at. */
export function attention(sources: AttentionSources, queuedCountMax: number): Attention {
  const { count, entries } = troubled(sources, attentionCountMax, -1, queuedCountMax)
  const listed = entries.map(entry => listedOf(sources, entry))
  return { attentionCount: count, attention: listed, rejected: firstRejected(sources.ledger) }
}

export interface AttentionQuery {
  /** Where the page before ended, as of {@link PageQuery}; none for the first. */
  readonly cursor?: string | undefined
  readonly limitCount: number
}

/** The next of them: a payment that ends, before the cursor or after it, moves no other one to another page. */
export function attentionPage(
  sources: AttentionSources,
  { cursor, limitCount }: AttentionQuery,
): Result<Omit<Attention, 'rejected'> & { readonly nextCursor: string | null }, 'stale'> {
  const last = cursor === undefined ? -1 : rowOf(cursor, sources.ledger)
  if (last === undefined) return err('stale')
  const { count, entries } = troubled(sources, limitCount + 1, last, Number.POSITIVE_INFINITY)
  const page = entries.slice(0, limitCount)
  const lastRow = entries.length > limitCount ? page.at(-1)?.row : undefined
  return ok({
    attentionCount: count,
    attention: page.map(entry => listedOf(sources, entry)),
    nextCursor: lastRow === undefined ? null : cursorOf(lastRow, sources.ledger),
  })
}

interface Entry {
  readonly row: number
  readonly sinceMs: number
  readonly reason: string
}

/** How many there are, and of those past a row the first `limitCount`, oldest first. */
function troubled(
  { ledger, lanes, journeys, queue, nowMs }: AttentionSources,
  limitCount: number,
  afterRow: number,
  queuedCountMax: number,
): { readonly count: number; readonly entries: readonly Entry[] } {
  const entries: Entry[] = []
  let count = 0
  const add = (row: number, sinceMs: number, reason: string) => {
    count += 1
    if (row <= afterRow || (entries.length === limitCount && row > (entries.at(-1)?.row ?? 0))) return
    let at = entries.length
    while (at > 0 && (entries[at - 1]?.row ?? 0) > row) at -= 1
    entries.splice(at, 0, { row, sinceMs, reason })
    if (entries.length > limitCount) entries.pop()
  }
  const isOld = (sinceMs: number) => nowMs - sinceMs >= attentionAgeMs
  const queuedCount = Math.min(queue.count, queuedCountMax)
  const waitsSinceMs = firstUnrefusedMs(ledger, queue, queuedCount)
  const isRefusedAlone = (row: number, enteredAtMs: number) => {
    const lane = lanes[ledger.processor(row)]
    if (lane === undefined || isOld(lane.records.lastAtMs) || !isOld(enteredAtMs)) return false
    return isOld(lane.records.sinceMs) && waitsSinceMs >= lane.records.sinceMs
  }
  for (const { row, trouble, stage, enteredAtMs } of journeys) {
    if (trouble !== undefined && (trouble.isHopeless || isOld(trouble.sinceMs)))
      add(row, trouble.sinceMs, trouble.reason)
    else if (stage.kind === 'sending' && stage.earlier === 'refused' && isRefusedAlone(row, enteredAtMs))
      add(row, enteredAtMs, refusedAgain)
  }
  // A payment that was refused once goes to the front of the queue, one that was refused again to its end. So payments that
  // need attention can stand anywhere in it.
  const isAnyRefused = ledger.stateCounts().refused > 0
  for (let index = 0; isAnyRefused && index < queuedCount; index += 1) {
    const { row, enteredAtMs } = queue.at(index)
    if (ledger.state(row) === paymentState.refused && isRefusedAlone(row, enteredAtMs))
      add(row, enteredAtMs, refusedAgain)
  }
  return { count, entries }
}

/** Since when the first one waits that no processor has refused. */
function firstUnrefusedMs(ledger: Ledger, queue: PaymentQueue, queuedCount: number): number {
  for (let index = 0; index < queuedCount; index += 1) {
    const { row, enteredAtMs } = queue.at(index)
    if (ledger.state(row) !== paymentState.refused) return enteredAtMs
  }
  return Number.POSITIVE_INFINITY
}

function listedOf(
  { ledger, lanes, nowMs }: AttentionSources,
  { row, sinceMs, reason }: Entry,
): Attention['attention'][number] {
  return {
    correlationId: printCorrelationId(ledger.correlationId(row)),
    state: ledger.state(row) === paymentState.inFlight ? 'inFlight' : 'queued',
    processor: lanes[ledger.processor(row)]?.options.name ?? '',
    reason,
    ageMs: Math.round(nowMs - sinceMs),
  }
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
