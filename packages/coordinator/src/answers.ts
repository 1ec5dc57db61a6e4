import { ok, type Result } from '@rinha/base'
import type { ChannelRequests, PaymentReport, ProcessorHealth, ProcessorSummary } from '@rinha/channel'
import type { Engine, PageQuery, PaymentRow } from '@rinha/engine'
import { printInstant } from '@rinha/payment'
import type { TimeLine, TimeLineEntry } from './time-line.ts'

/** Answers to API nodes about the engine's state, with processors by their names. */

/** Every requestedAt. */
export const allTime = { fromMs: null, toMs: null } as const

/** The first `liveCount` processors are there in any case, those of the books alone where the window has something of theirs. */
export function summaryOf(
  engine: Engine,
  processors: readonly string[],
  liveCount: number,
  { fromMs, toMs }: ChannelRequests['summary']['params'],
): readonly ProcessorSummary[] {
  const totals = engine.summary(fromMs, toMs)
  return processors
    .map((processor, index) => ({ processor, ...(totals[index] ?? { count: 0, amountCents: 0 }) }))
    .filter(({ count }, index) => index < liveCount || count > 0)
}

/** Why a window has no exact sum; it begins with the end that is too fine. Undefined where it has one. */
export function cutProblem(
  engine: Pick<Engine, 'cutEnd'>,
  { fromMs, toMs }: ChannelRequests['summary']['params'],
): string | undefined {
  const cut = engine.cutEnd(fromMs, toMs)
  if (cut === undefined) return undefined
  const { end, atMs } = cut
  const second = Math.floor(atMs / 1000) * 1000
  return `${end} is ${printInstant(atMs)}, within a second of time that is archived, of which whole seconds are known: ask with ${end}=${printInstant(second)} or ${end}=${printInstant(second + 1000)}.`
}

/** What the latest polls have said. */
export function healthOf(engine: Engine, nowMs: number): readonly ProcessorHealth[] {
  return engine.queueStatus(nowMs).processors.flatMap(lane => {
    const { name: processor, reportedFailing: failing, reportedMinResponseMs, polledAgeMs: ageMs } = lane
    if (failing === null || reportedMinResponseMs === null || ageMs === null) return []
    return { processor, failing, minResponseTimeMs: Math.round(reportedMinResponseMs), ageMs }
  })
}

export function reportOf(
  engine: Engine,
  processors: readonly string[],
  { correlationId }: ChannelRequests['status']['params'],
): PaymentReport {
  const status = engine.status(correlationId)
  if (status.state !== 'inFlight' && status.state !== 'settled') return status
  return { ...status, processor: processors[status.processor] ?? '' }
}

/** A payment of a list, with its processor by its name. */
export type ListedPayment = Omit<PaymentRow, 'processor'> & { readonly processor: string | null }

export function listOf(
  engine: Engine,
  processors: readonly string[],
  query: PageQuery,
): Result<{ readonly payments: readonly ListedPayment[]; readonly nextCursor: string | null }, 'stale'> {
  const page = engine.page(query)
  if (!page.ok) return page
  const { rows, nextCursor } = page.value
  return ok({ payments: rows.map(row => listed(engine.payment(row), processors)), nextCursor })
}

/** The time line of a payment, oldest entry first, with processors by their names. */
export interface PaymentTimeLine {
  readonly entries: readonly (Omit<TimeLineEntry, 'processor'> & { readonly processor: string | null })[]
  /** False if there may have been entries that are no longer in memory. */
  readonly isComplete: boolean
}

export function paymentOf(
  engine: Engine,
  processors: readonly string[],
  timeLine: TimeLine | undefined,
  correlationId: Uint8Array,
):
  | (ListedPayment & { readonly isArchived: boolean; readonly timeLine: PaymentTimeLine | undefined })
  | undefined {
  const known = engine.known.payment(correlationId)
  if (known === undefined) return undefined
  const { row } = known
  const isArchived = row < 0
  const payment = { ...listed(known.payment, processors), isArchived }
  if (isArchived) return { ...payment, timeLine: undefined }
  const found = timeLine?.of(row, payment.acceptedAtMs)
  const entries = found?.entries.map(entry => ({ ...entry, processor: processors[entry.processor] ?? null }))
  return { ...payment, timeLine: found && entries && { entries, isComplete: found.isComplete } }
}

function listed(payment: PaymentRow, processors: readonly string[]): ListedPayment {
  return { ...payment, processor: processors[payment.processor] ?? null }
}
