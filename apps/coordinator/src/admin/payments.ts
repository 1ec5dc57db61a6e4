import type { paymentOperations } from '@rinha/admin-api'
import type { PaymentReport } from '@rinha/channel'
import { type Coordinator, type OrderRefusal, type orderKinds, readOrder } from '@rinha/coordinator'
import type { Answer, Handlers } from '@rinha/openapi'
import { parseCorrelationId, printCorrelationId, printInstant } from '@rinha/payment'

type Payments = typeof paymentOperations

/** What the admin port shows and does of single payments. */
export function paymentHandlers(coordinator: Pick<Coordinator, 'report' | 'order'>): Handlers<Payments> {
  const order = (kind: (typeof orderKinds)[number], id: string, body: unknown) =>
    new Promise<Answer<Payments['resolvePayment']>>(resolve => {
      const read = readOrder(id, kind, body)
      if (!read.ok) return resolve(refusal(read.error))
      const { correlationId } = read.value
      coordinator.order(read.value, done =>
        resolve(done.ok ? shown(correlationId, done.value) : refusal(done.error)),
      )
    })
  return {
    getPayment: ({ params: { id } }) => {
      const correlationId = parseCorrelationId(id) as Uint8Array
      return shown(correlationId, coordinator.report(correlationId))
    },
    resolvePayment: ({ params: { id }, body }) => order('resolve', id, body),
    resubmitPayment: ({ params: { id }, body }) => order('resubmit', id, body),
  }
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

function shown(id: Uint8Array, report: PaymentReport): Answer<Payments['getPayment']> {
  const correlationId = printCorrelationId(id)
  if (report.state === 'absent')
    return { problem: 'not-found', detail: `The coordinator has no payment ${correlationId}.` }
  if (report.state === 'queued' || report.state === 'rejected')
    return { status: 200, body: { correlationId, ...report } }
  const { requestedAtMs, state, ...rest } = report
  return { status: 200, body: { correlationId, state, ...rest, requestedAt: printInstant(requestedAtMs) } }
}
