import { literal, object, oneOf, operations, optional, text, union } from '@rinha/openapi'
import { correlationId, count, instant, processorName } from '../schemas.ts'

const params = object({ id: correlationId })

/** Where a payment stands. */
const paymentReport = union([
  object({ correlationId, state: literal('queued'), amountCents: count }),
  object({
    correlationId,
    state: literal('inFlight'),
    amountCents: count,
    processor: text(),
    requestedAt: text(),
  }),
  object({
    correlationId,
    state: literal('settled'),
    amountCents: count,
    processor: text(),
    requestedAt: text(),
  }),
  object({ correlationId, state: literal('rejected'), amountCents: count, reason: text() }),
  object({ correlationId, state: literal('discarded'), amountCents: count, reason: text() }),
])

/** What is said of a payment; see the description of the body of resolvePayment. */
export const ending = {
  outcome: oneOf(['recorded', 'notRecorded']),
  processor: optional(processorName),
  requestedAt: optional(instant),
}

const answers = { 200: { description: 'Where the payment stands.', json: paymentReport } }

export const paymentOperations = operations({
  getPayment: {
    method: 'GET',
    path: '/payments/{id}',
    role: 'viewer',
    tag: 'payments',
    summary: 'Where a payment stands',
    params,
    answers,
    problems: ['not-found'],
  },
  resolvePayment: {
    method: 'POST',
    path: '/payments/{id}/resolve',
    role: 'operator',
    tag: 'payments',
    summary: 'Say whether its processor has a payment that nobody else can end',
    params,
    body: union(
      [
        object({
          outcome: literal('recorded'),
          processor: optional(processorName),
          requestedAt: optional(instant),
        }),
        object({ outcome: literal('notRecorded') }),
      ],
      {
        description:
          'outcome is recorded (processor and requestedAt may stand beside it), or notRecorded and alone.',
      },
    ),
    answers,
    problems: ['not-found', 'wrong-state'],
  },
  resubmitPayment: {
    method: 'POST',
    path: '/payments/{id}/resubmit',
    role: 'operator',
    tag: 'payments',
    summary: 'Send a rejected payment back to the queue',
    params,
    body: object({}),
    answers,
    problems: ['not-found', 'wrong-state'],
  },
})
