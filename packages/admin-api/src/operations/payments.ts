import { boolean, list, literal, object, oneOf, operations, optional, text, union } from '@rinha/openapi'
import { correlationId, count, instant, instantOut, orNull, processorName } from '../schemas.ts'

const params = object({ id: correlationId })

const entry = object({
  what: oneOf(['attempt', 'lookUp', 'confirmed', 'released', 'discarded'], {
    description: 'The last three are a person’s: its processor has it, it waits again, it is given up.',
  }),
  at: instantOut,
  endedAt: orNull(instantOut),
  processor: orNull(text()),
  requestedAt: orNull(instantOut),
  outcome: orNull(
    oneOf(['recorded', 'duplicate', 'refused', 'unknown', 'rejected', 'found', 'absent'], {
      description: 'Null while it is under way.',
    }),
  ),
  reason: orNull(text()),
})

/** Only in `GET /payments/{id}`. */
const history = {
  acceptedAt: optional(instantOut),
  archived: optional(boolean({ description: 'True where it has left memory, and is in the archive.' })),
  timeLine: optional(
    object({
      isComplete: boolean({
        description:
          'False where earlier entries are not in memory any more, or were made by an earlier process, or TIMELINE_COUNT_MAX is 0.',
      }),
      entries: list(entry, { description: 'Oldest first.' }),
    }),
  ),
}

/** The state of a payment. */
const paymentReport = union([
  object({ correlationId, state: literal('queued'), amountCents: count, ...history }),
  object({
    correlationId,
    state: literal('inFlight'),
    amountCents: count,
    processor: text(),
    requestedAt: text(),
    ...history,
  }),
  object({
    correlationId,
    state: literal('settled'),
    amountCents: count,
    processor: text(),
    requestedAt: text(),
    ...history,
  }),
  object({ correlationId, state: literal('rejected'), amountCents: count, reason: text(), ...history }),
  object({ correlationId, state: literal('discarded'), amountCents: count, reason: text(), ...history }),
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
