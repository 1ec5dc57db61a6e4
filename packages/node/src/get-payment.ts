import type { ChannelClient } from '@rinha/channel'
import { parseCorrelationId, printCorrelationId } from '@rinha/payment'
import { type Handler, lastSegment } from './http-call.ts'
import { printHeld, printReport } from './print-answer.ts'
import { coordinatorAway } from './problem.ts'

/**
 * `GET /payments/{id}`: where a payment stands.
 *
 * Two places may know it: this node, from the 202 until the coordinator's acknowledgement, and the coordinator from
 * then on. This node is looked at first and the coordinator's word counts more. In that order no payment falls between
 * the two: what is not held here before the question is at the coordinator when it answers.
 */
export function getPayment(channel: ChannelClient): Handler {
  return (call, request) => {
    const correlationId = parseCorrelationId(lastSegment(request))
    if (correlationId === undefined) return call.problem(notAnId)
    const id = printCorrelationId(correlationId)
    const isHeld = channel.holdsPayment(correlationId)
    channel.request('status', { correlationId }, report => {
      if (report.ok && report.value.state !== 'absent') call.json(printReport(id, report.value))
      else if (isHeld) call.json(printHeld(id))
      else if (report.ok) call.problem({ kind: 'not-found', detail: `No payment ${id} was accepted.` })
      else call.problem(coordinatorAway(report.error.reason))
    })
  }
}

const notAnId = {
  kind: 'bad-request',
  field: 'correlationId',
  detail: 'correlationId is not a UUID in the form 8-4-4-4-12.',
} as const
