import { integer, list, number, object, operations, optional, text } from '@rinha/openapi'
import { orNull } from '../schemas.ts'

/** The most samples in one answer, which are some 60 KB. */
export const historyPageCountMax = 600

const sample = list(orNull(number()), {
  description: 'A number for each column; null where it cannot be told.',
})

export const liveOperations = operations({
  getHistory: {
    method: 'GET',
    path: '/history',
    role: 'viewer',
    tag: 'live',
    summary: 'The last hour, a sample each second',
    description:
      `Oldest first, at most ${historyPageCountMax}: whoever wants more asks again with the last atMs as afterMs. How many samples ` +
      'are kept is set by HISTORY_SECONDS; nothing of them is on disk.',
    query: object({
      afterMs: optional(
        integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'Samples after this instant, in Unix milliseconds.',
        }),
      ),
    }),
    answers: {
      200: {
        description: 'Samples. Rates are per second since the sample before.',
        json: object({
          columns: list(text(), { description: 'What the numbers of a sample are, with their units.' }),
          samples: list(sample),
        }),
      },
    },
    problems: [],
  },
  getEvents: {
    method: 'GET',
    path: '/events',
    role: 'viewer',
    tag: 'live',
    summary: 'What happens, as it happens',
    description:
      'Server-sent events. First `session`: who asks, and whether that one may change things. Each second `status`, the body of GET /queue-status, and `sample`, one of GET /history. `notice` is what the log ' +
      'tells an operator, `decision` an entry of GET /decisions, `change` one of GET /audit. These three have ids; the last hundred of each come first, or those after Last-Event-ID.',
    headers: object({ 'last-event-id': optional(text({ maxLength: 100 })) }),
    answers: {
      200: { description: 'A stream that does not end.', stream: 'text/event-stream; charset=utf-8' },
    },
    problems: ['unavailable'],
  },
})
