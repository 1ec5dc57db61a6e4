import type { paymentOperations } from '@rinha/admin-api'
import type { Result } from '@rinha/base'
import type { PaymentReport } from '@rinha/channel'
import {
  type Coordinator,
  type ListedPayment,
  type OrderRefusal,
  type orderKinds,
  readOrder,
} from '@rinha/coordinator'
import type { Answer, Handlers } from '@rinha/openapi'
import { parseCorrelationId, printCorrelationId, printInstant, type Shard, shardOf } from '@rinha/payment'
import { ownShard } from '../shards/shard-settings.ts'
import type { Change } from './audit-log.ts'
import type { AdminSources } from './handlers.ts'

type Payments = typeof paymentOperations

/** Carries out a person's order about one payment, and records it. */
export function orderer({ coordinator, audit }: Pick<AdminSources, 'coordinator' | 'audit'>) {
  return async (
    kind: (typeof orderKinds)[number],
    id: string,
    body: object,
    who: string,
  ): Promise<Answer<Payments['resolvePayment']>> => {
    const read = readOrder(id, kind, body)
    if (!read.ok) return refusal(read.error)
    const judged = coordinator.judge(read.value)
    if (!judged.ok) return refusal(judged.error)
    const { correlationId } = read.value
    const payment = coordinator.payment(correlationId)
    const change =
      // An order that was carried out before is not a change.
      judged.value !== undefined && payment !== undefined
        ? changeOf(who, correlationId, plain(payment), { ordered: kind, ...body })
        : undefined
    if (change !== undefined) await audit.record(change)
    const done = await new Promise<Result<PaymentReport, OrderRefusal>>(resolve =>
      coordinator.order(read.value, resolve),
    )
    // Since the order was judged, an attempt has begun or the disk has failed.
    if (!done.ok && change !== undefined)
      await audit.record({ ...change, before: change.after, after: { refused: done.error.detail } })
    return done.ok ? shown(correlationId, coordinator.payment(correlationId)) : refusal(done.error)
  }
}

function changeOf(who: string, correlationId: Uint8Array, before: object, after: object): Change {
  return { who, what: 'payment', which: printCorrelationId(correlationId), before, after }
}

/** Shows single payments, and carries out orders about them. */
export function paymentHandlers(
  sources: Pick<AdminSources, 'coordinator' | 'audit' | 'settings'>,
): Handlers<Payments> {
  const { coordinator } = sources
  const order = orderer(sources)
  const shard = ownShard(sources.settings)
  return {
    getPayment: ({ params: { id } }) => {
      const other = elsewhere(id, shard)
      if (other !== undefined) return other
      const correlationId = parseCorrelationId(id) as Uint8Array
      const payment = coordinator.payment(correlationId)
      return shown(correlationId, payment, payment && historyOf(payment))
    },
    resolvePayment: ({ params: { id }, body, who }) =>
      elsewhere(id, shard) ?? order('resolve', id, body, who),
    resubmitPayment: ({ params: { id }, body, who }) =>
      elsewhere(id, shard) ?? order('resubmit', id, body, who),
  }
}

/** An operator may not know whose payment it is. */
function elsewhere(id: string, { index, count }: Shard) {
  const its = shardOf(parseCorrelationId(id) as Uint8Array, count)
  if (its === index) return undefined
  const detail = `This is shard ${index} of ${count}, and the payment belongs to shard ${its}: ask at the admin port of that one.`
  return { problem: 'not-found', detail } as const
}

const refusals = {
  absent: 'not-found',
  invalid: 'bad-request',
  conflict: 'wrong-state',
  unavailable: 'unavailable',
} as const

function refusal({ kind, detail }: OrderRefusal) {
  return { problem: refusals[kind], detail } as const
}

function shown(
  id: Uint8Array,
  payment: ListedPayment | undefined,
  history: ReturnType<typeof historyOf> | undefined = undefined,
): Answer<Payments['getPayment']> {
  const correlationId = printCorrelationId(id)
  if (payment === undefined)
    return { problem: 'not-found', detail: `The coordinator has no payment ${correlationId}.` }
  return { status: 200, body: { correlationId, ...plain(payment), ...history } }
}

function historyOf({ acceptedAtMs, isArchived, timeLine }: NonNullable<ReturnType<Coordinator['payment']>>) {
  // Without a time line, nothing of it is in memory.
  const { entries, isComplete } = timeLine ?? { entries: [], isComplete: false }
  const printed = entries.map(({ atMs, endedAtMs, requestedAtMs, ...rest }) => ({
    ...rest,
    at: printInstant(Math.floor(atMs)),
    endedAt: endedAtMs === null ? null : printInstant(Math.floor(endedAtMs)),
    requestedAt: requestedAtMs === null ? null : printInstant(requestedAtMs),
  }))
  return {
    acceptedAt: printInstant(Math.floor(acceptedAtMs)),
    ...(isArchived && { archived: true }),
    timeLine: { isComplete, entries: printed },
  }
}

/** The fields of the payment's state, with its instant as people write it. */
function plain({ state, amountCents, processor, requestedAtMs, reason }: ListedPayment) {
  if (state === 'queued') return { state, amountCents }
  if (state === 'rejected' || state === 'discarded') return { state, amountCents, reason: reason ?? '' }
  return { state, amountCents, processor: processor ?? '', requestedAt: printInstant(requestedAtMs ?? 0) }
}
