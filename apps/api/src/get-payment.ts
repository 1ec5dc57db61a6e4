import type { ChannelClient } from '@rinha/channel'
import { parseCorrelationId, printCorrelationId } from '@rinha/payment'
import type { Handler } from './exchange.ts'
import { printAccepted, printReport } from './print-answer.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `GET /payments/{correlationId}`: where a payment stands.
 *
 * Two places may know it: this node, from the 202 until the coordinator's acknowledgement, and the coordinator from
 * then on. This node is looked at first and the coordinator's word counts more. In that order no payment falls between
 * the two: what is not held here before the question is at the coordinator when it answers.
 */
export function getPayment(channel: ChannelClient): Handler {
  return async (exchange, request) => {
    const correlationId = parseCorrelationId(request.getParameter(0))
    if (correlationId === undefined) return exchange.problem(notAnId)
    const id = printCorrelationId(correlationId)
    const isHeld = channel.holdsPayment(correlationId)
    const report = await channel.request('status', { correlationId })
    if (report.ok && report.value.state !== 'absent') exchange.json('200 OK', printReport(id, report.value))
    else if (isHeld) exchange.json('200 OK', printAccepted(id))
    else if (report.ok) exchange.problem({ kind: 'not-found', detail: `No payment ${id} was accepted.` })
    else exchange.problem(coordinatorAway(report.error.reason))
  }
}

const notAnId = {
  kind: 'bad-request',
  field: 'correlationId',
  detail: 'correlationId is not a UUID in the form 8-4-4-4-12.',
} as const
