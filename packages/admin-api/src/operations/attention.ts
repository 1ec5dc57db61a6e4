import { integer, list, object, oneOf, operations, optional, text } from '@rinha/openapi'
import { correlationId, count, nextCursor, pageLimit, rowCursor } from '../schemas.ts'
import { ending } from './payments.ts'
import { attentionItem } from './queue.ts'

export const attentionOperations = operations({
  getAttention: {
    method: 'GET',
    path: '/attention',
    role: 'viewer',
    tag: 'attention',
    summary: 'Payments that only a person can end',
    description: 'Oldest first; attentionCount counts all. A cursor is good until a purge.',
    query: object({ cursor: optional(rowCursor), limit: optional(pageLimit) }),
    answers: {
      200: {
        description: 'A page of them.',
        json: object({
          attentionCount: count,
          attention: list(attentionItem),
          nextCursor,
        }),
      },
    },
    problems: [],
  },
  resolveAttention: {
    method: 'POST',
    path: '/attention/resolve',
    role: 'operator',
    tag: 'attention',
    summary: 'Say of many payments whether their processors have them',
    description:
      'Each as with POST /payments/{id}/resolve, in the order given. One that is refused does not stop the others.',
    body: object({
      payments: list(object({ id: correlationId, ...ending }), { minItems: 1, maxItems: 100 }),
    }),
    bodyBytesMax: 64 * 1024,
    answers: {
      200: {
        description: 'What became of each, in the order given.',
        json: object({
          results: list(
            object({
              id: correlationId,
              result: oneOf(['done', 'refused']),
              state: optional(text({ description: 'Where the payment stands then.' })),
              status: optional(integer({ description: 'As a problem of it alone would have.' })),
              detail: optional(text({ description: 'Why it is refused.' })),
            }),
          ),
        }),
      },
    },
    problems: [],
  },
})
