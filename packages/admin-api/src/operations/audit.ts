import { anything, integer, list, object, oneOf, operations, optional, text } from '@rinha/openapi'
import { cursor, nextCursor, pageLimit } from '../schemas.ts'

const what = oneOf(['settings', 'sending', 'payment', 'payments', 'snapshot', 'purge'])

export const auditOperations = operations({
  getAudit: {
    method: 'GET',
    path: '/audit',
    role: 'viewer',
    tag: 'audit',
    summary: 'Who changed what, newest first',
    description:
      'The last thousand changes. Where there is a journal, its directory has earlier ones in audit.jsonl and audit.1.jsonl.',
    query: object({ cursor: optional(cursor), limit: optional(pageLimit), what: optional(what) }),
    answers: {
      200: {
        description: 'A page of changes.',
        json: object({
          entries: list(
            object({
              seq: integer({ minimum: 1, description: 'One more than that of the change before.' }),
              at: text({ format: 'date-time' }),
              who: text({ description: 'The name of the token, or of the API node.' }),
              via: optional(
                oneOf(['admin', 'channel'], {
                  description:
                    'Of a purge: who asked is a token’s name (admin), or that of an API node (channel).',
                }),
              ),
              what,
              which: optional(text({ description: 'The one that was changed: a payment, a processor.' })),
              before: anything(),
              after: anything(),
            }),
          ),
          nextCursor,
        }),
      },
    },
    problems: [],
  },
})
