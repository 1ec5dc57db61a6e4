import { boolean, integer, list, object, oneOf, operations, optional, text } from '@rinha/openapi'
import { count, orNull } from '../schemas.ts'

const cents = integer({ description: 'Of a surplus, it may be negative.' })
const total = object({ count: integer(), amountCents: cents })

const difference = object({
  kind: oneOf(['missing', 'amount', 'requestedAt', 'unsettled', 'twice', 'notOurs', 'unexplained'], {
    description:
      'missing: settled here, not there. amount, requestedAt: settled here, otherwise there. unsettled: there, and here queued, in ' +
      'flight, rejected or discarded. twice: there, and settled here at another processor. notOurs: payments of others in one millisecond. ' +
      'unexplained: the sums of a millisecond differ, and no payment says why.',
  }),
  correlationId: orNull(text({ description: 'Null where it cannot be known.' })),
  ours: orNull(
    object({
      state: oneOf(['queued', 'inFlight', 'settled', 'rejected', 'discarded']),
      processor: orNull(text()),
      amountCents: cents,
      requestedAt: orNull(text()),
    }),
  ),
  theirs: orNull(
    object(
      { count: integer(), amountCents: cents, requestedAt: text() },
      { description: 'Null where it has none; without an id, its surplus in that millisecond.' },
    ),
  ),
})

const books = object({
  processor: text(),
  state: oneOf(['notConfigured', 'notCompared', 'equal', 'different', 'unavailable'], {
    description: 'unavailable: the last run could not compare; what was found before is still listed.',
  }),
  reason: orNull(text()),
  comparedAt: orNull(text()),
  from: orNull(text({ description: 'The first instant that is compared: that of the first payment.' })),
  to: orNull(text({ description: 'The last one: before the first attempt that may still be recorded.' })),
  ours: orNull(total),
  theirs: orNull(total),
  remainder: orNull(
    object({ count: integer(), amountCents: cents }, { description: 'Differs, and is not listed.' }),
  ),
  purgedTo: orNull(text({ description: 'The processor was purged: before this it has nothing.' })),
  differenceCount: count,
  differences: list(difference, { description: 'The first hundred.' }),
  callCount: count,
})

export const reconciliationOperations = operations({
  getReconciliation: {
    method: 'GET',
    path: '/reconciliation',
    role: 'viewer',
    tag: 'reconciliation',
    summary: 'Our books against themselves and those of each processor',
    answers: {
      200: {
        description: 'How the last run ended, or how far it is.',
        json: object({
          run: integer({ minimum: 0, description: 'Its number; 0 before the first.' }),
          isRunning: boolean(),
          everyMs: count,
          callsPerSecondMax: count,
          conservation: orNull(
            object({
              at: text(),
              acceptedCount: count,
              queuedCount: count,
              inFlightCount: count,
              settledCount: count,
              rejectedCount: count,
              isEqual: boolean({ description: 'Counters and sums are what the rows come to.' }),
            }),
          ),
          processors: list(books),
        }),
      },
    },
    problems: [],
  },
  startReconciliation: {
    method: 'POST',
    path: '/reconciliation',
    role: 'operator',
    tag: 'reconciliation',
    summary: 'Run a reconciliation now',
    description: 'One at a time: while one is under way, the next follows it, however often it is asked for.',
    body: object({
      everyPayment: optional(
        boolean({
          description: 'Look every settled payment up: that is as many calls as there are payments.',
        }),
      ),
    }),
    answers: {
      202: { description: 'It runs, or will.', json: object({ run: integer({ minimum: 1 }) }) },
    },
    problems: [],
  },
})
