import { anything, integer, list, object, operations, optional, text } from '@rinha/openapi'

export const decisionOperations = operations({
  getDecisions: {
    method: 'GET',
    path: '/decisions',
    role: 'viewer',
    tag: 'queue',
    summary: 'Why payments go where they go, are held or refused: the latest decisions, oldest first',
    description:
      'The last thousand of this process. They are found twice a second, by what changed since. Where since is past lastSeq, another process counted, and all are told.',
    query: object({
      since: optional(
        integer({ minimum: 0, maximum: 1e15, description: 'Only those after the one with this seq.' }),
      ),
      limit: optional(
        integer({ minimum: 1, maximum: 1000, description: 'At most so many; 200 by default.' }),
      ),
    }),
    answers: {
      200: {
        description: 'Decisions.',
        json: object({
          entries: list(
            object({
              seq: integer({
                minimum: 1,
                description: 'One more than that of the entry before; from 1 in each process.',
              }),
              at: text({ format: 'date-time' }),
              kind: text({ description: 'lane, holding, usable, limit, canary, circuit, backlog, …' }),
              words: text({ description: 'One sentence.' }),
              data: anything({ description: 'What goes with its kind.' }),
            }),
          ),
          lastSeq: integer({ minimum: 0, description: 'Of the latest there is.' }),
        }),
      },
    },
    problems: [],
  },
})
