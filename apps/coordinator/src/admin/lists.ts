import { type listOperations, pageLimitDefault } from '@rinha/admin-api'
import type { BulkOrder, Coordinator } from '@rinha/coordinator'
import type { Answer, Handlers } from '@rinha/openapi'
import { parseCorrelationId, printInstant } from '@rinha/payment'
import type { AdminSources } from './handlers.ts'

type Lists = typeof listOperations

/** Payments by state, and orders about many. */
export function listHandlers({
  coordinator,
  audit,
}: Pick<AdminSources, 'coordinator' | 'audit'>): Handlers<Lists> {
  const order = async (order: BulkOrder, who: string): Promise<Answer<Lists['discardRejected']>> => {
    // A payment to which the order was applied before is not a change.
    if (hasWork(coordinator, order)) {
      const after = { ordered: order.kind, ...order.which }
      await audit.record({ who, what: 'payments', before: waiting(coordinator), after })
    }
    return new Promise(resolve =>
      coordinator.orderMany(order, done =>
        resolve(
          done.ok ? { status: 200, body: done.value } : { problem: 'unavailable', detail: done.error.detail },
        ),
      ),
    )
  }
  return {
    listPayments: ({ query: { state, cursor, limit = pageLimitDefault } }) => {
      const page = pageOf(coordinator, { state, cursor, limitCount: limit })
      return page === undefined ? staleCursor : { status: 200, body: page }
    },
    listRejected: ({ query: { reason, cursor, limit = pageLimitDefault } }) => {
      const page = pageOf(coordinator, { state: 'rejected', reason, cursor, limitCount: limit })
      return page === undefined ? staleCursor : { status: 200, body: { ...waiting(coordinator), ...page } }
    },
    resubmitRejected: ({ body: which, who }) => order({ kind: 'resubmit', which }, who),
    discardRejected: ({ body: which, who }) => order({ kind: 'discard', which }, who),
  }
}

export const staleCursor = {
  problem: 'bad-request',
  detail:
    'The cursor refers to no payment here: there was a purge, or this is another coordinator. Begin without a cursor.',
} as const

function waiting(coordinator: Coordinator): { readonly waitingCount: number } {
  const { rejectedCount, discardedCount } = coordinator.status()
  return { waitingCount: rejectedCount - discardedCount }
}

function hasWork(coordinator: Coordinator, { kind, which }: BulkOrder): boolean {
  if (!('ids' in which)) return waiting(coordinator).waitingCount > 0
  return which.ids.some(id => {
    const judged = coordinator.judge({ kind, correlationId: parseCorrelationId(id) as Uint8Array })
    return judged.ok && judged.value !== undefined
  })
}

function pageOf(coordinator: Coordinator, query: Parameters<Coordinator['page']>[0]) {
  const page = coordinator.page(query)
  if (!page.ok) return undefined
  const { payments, nextCursor } = page.value
  return {
    payments: payments.map(({ acceptedAtMs, requestedAtMs, ...rest }) => ({
      ...rest,
      acceptedAt: printInstant(Math.floor(acceptedAtMs)),
      requestedAt: requestedAtMs === null ? null : printInstant(requestedAtMs),
    })),
    nextCursor,
  }
}
