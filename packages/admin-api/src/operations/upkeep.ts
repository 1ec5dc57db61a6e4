import { object, operations } from '@rinha/openapi'
import { count } from '../schemas.ts'

export const upkeepOperations = operations({
  makeSnapshot: {
    method: 'POST',
    path: '/snapshot',
    role: 'operator',
    tag: 'upkeep',
    summary: 'Write an image of the ledger now, so that the next start has less to read',
    body: object({}),
    answers: {
      202: {
        description:
          'It is under way; GET /queue-status has isSnapshotUnderWay and snapshotCount of the journal.',
        json: object({ snapshotCount: count }),
      },
    },
    problems: ['wrong-state'],
  },
  purge: {
    method: 'POST',
    path: '/purge',
    role: 'operator',
    tag: 'upkeep',
    summary: 'Forget every payment',
    description: 'Only where PURGE_ALLOWED is set. Nothing that was posted before it is sent after it.',
    body: object({}),
    answers: {
      200: { description: 'Nothing can bring them back.', json: object({ forgottenCount: count }) },
    },
    problems: ['forbidden'],
  },
})
