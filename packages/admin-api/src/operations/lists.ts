import { integer, list, literal, object, oneOf, operations, optional, text, union } from '@rinha/openapi'
import { correlationId, count, instantOut, nextCursor, orNull, pageLimit, rowCursor } from '../schemas.ts'

const listed = object({
  correlationId,
  state: oneOf(['queued', 'inFlight', 'settled', 'rejected', 'discarded']),
  amountCents: count,
  acceptedAt: instantOut,
  processor: orNull(text({ description: 'Of its attempt, its settlement, or its refusal.' })),
  requestedAt: orNull(instantOut),
  reason: orNull(text({ description: 'Why it is rejected.' })),
})

const reason = text({
  maxLength: 200,
  description: 'Only those that were rejected for exactly this reason.',
})

/** Which rejected payments a bulk order is about. */
const which = union(
  [
    object({
      ids: list(correlationId, { minItems: 1, maxItems: 100, description: 'These.' }),
    }),
    object({ all: literal(true) }),
    object({ reason }),
  ],
  {
    description:
      'ids, all or reason, and one of them. Discarded payments are meant by their ids alone. all and reason are carried out a slice at a time, while payments are accepted.',
  },
)

const done = object({
  changedCount: integer({ minimum: 0 }),
  unchangedCount: integer({ minimum: 0, description: 'It was done before.' }),
  refusedCount: integer({ minimum: 0 }),
  refused: list(object({ correlationId, detail: text() }), {
    description: 'The first twenty of those that were named and could not be, each with its reason.',
  }),
})

export const listOperations = operations({
  listPayments: {
    method: 'GET',
    path: '/payments',
    role: 'viewer',
    tag: 'payments',
    summary: 'Payments by state, oldest first',
    description:
      'Those in state unknown are in flight, and may have been recorded by an attempt whose answer was lost. A cursor is good until a purge.',
    query: object({
      state: oneOf(['queued', 'inFlight', 'unknown', 'settled', 'rejected', 'discarded']),
      cursor: optional(rowCursor),
      limit: optional(pageLimit),
    }),
    answers: {
      200: {
        description: 'A page of payments. It may be short, or empty, and have a next one.',
        json: object({ payments: list(listed), nextCursor }),
      },
    },
    problems: [],
  },
  listRejected: {
    method: 'GET',
    path: '/rejected',
    role: 'viewer',
    tag: 'payments',
    summary: 'Rejected payments that a person has to decide about, oldest first',
    query: object({ reason: optional(reason), cursor: optional(rowCursor), limit: optional(pageLimit) }),
    answers: {
      200: {
        description:
          'A page of payments, and how many there are. It may be short, or empty, and have a next one.',
        json: object({
          waitingCount: integer({ minimum: 0, description: 'Of any reason.' }),
          payments: list(listed),
          nextCursor,
        }),
      },
    },
    problems: [],
  },
  resubmitRejected: {
    method: 'POST',
    path: '/rejected/resubmit',
    role: 'operator',
    tag: 'payments',
    summary: 'Send rejected payments back to the queue',
    body: which,
    bodyBytesMax: 16 * 1024,
    answers: { 200: { description: 'What became of them.', json: done } },
    problems: [],
  },
  discardRejected: {
    method: 'POST',
    path: '/rejected/discard',
    role: 'operator',
    tag: 'payments',
    summary: 'Give rejected payments up',
    description:
      'They stay rejected, are counted as before, and no longer wait for a person. They cannot be sent again.',
    body: which,
    bodyBytesMax: 16 * 1024,
    answers: { 200: { description: 'What became of them.', json: done } },
    problems: [],
  },
})
