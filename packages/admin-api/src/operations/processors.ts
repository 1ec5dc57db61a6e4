import { list, number, object, operations, text } from '@rinha/openapi'
import { count } from '../schemas.ts'
import { laneMembers } from './queue.ts'

export const processorOperations = operations({
  getProcessors: {
    method: 'GET',
    path: '/processors',
    role: 'viewer',
    tag: 'processors',
    summary: 'Each processor: what is known of it, and what it costs',
    answers: {
      200: {
        description: 'Cheapest first.',
        json: object({
          processors: list(
            object({
              ...laneMembers,
              origin: text({ description: 'Its address.' }),
              feeBps: count,
              fastMsMax: number({ description: 'Up to this latency it counts as fast.' }),
            }),
          ),
        }),
      },
    },
    problems: [],
  },
})
