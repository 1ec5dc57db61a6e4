import type { PaymentReport } from '@rinha/channel'
import { type Coordinator, type OrderRefusal, orderKinds, readOrder } from '@rinha/coordinator'
import { parseCorrelationId, printCorrelationId, printInstant } from '@rinha/payment'
import { type AdminAnswer, type AdminRoutes, problem } from './admin.ts'

/** What the admin port shows and does of single payments. */
export function paymentRoutes(
  coordinator: Pick<Coordinator, 'report' | 'order'>,
): Pick<AdminRoutes, 'show' | 'orders'> {
  const order =
    (kind: (typeof orderKinds)[number]): AdminRoutes['orders'][string] =>
    (id, body, answer) => {
      const read = readOrder(id, kind, body)
      if (!read.ok) return answer(refusal(read.error))
      const { correlationId } = read.value
      coordinator.order(read.value, done =>
        answer(done.ok ? shown(correlationId, done.value) : refusal(done.error)),
      )
    }
  return {
    show: id => {
      const correlationId = parseCorrelationId(id)
      const report = correlationId && coordinator.report(correlationId)
      if (report === undefined || report.state === 'absent')
        return problem(404, 'Not Found', `The coordinator has no payment ${id.slice(0, 40)}.`)
      return shown(correlationId as Uint8Array, report)
    },
    orders: Object.fromEntries(orderKinds.map(kind => [kind, order(kind)])),
  }
}

const refusals = {
  absent: [404, 'Not Found'],
  invalid: [400, 'Bad Request'],
  conflict: [409, 'Conflict'],
  unavailable: [503, 'Service Unavailable'],
} as const

function refusal({ kind, detail }: OrderRefusal): AdminAnswer {
  const [status, title] = refusals[kind]
  return problem(status, title, detail)
}

function shown(correlationId: Uint8Array, report: PaymentReport): AdminAnswer {
  const { requestedAtMs, ...rest } = { requestedAtMs: undefined, ...report }
  const requestedAt = requestedAtMs === undefined ? undefined : printInstant(requestedAtMs)
  return { status: 200, body: { correlationId: printCorrelationId(correlationId), ...rest, requestedAt } }
}
