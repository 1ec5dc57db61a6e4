import {
  boolean,
  integer,
  list,
  literal,
  number,
  object,
  oneOf,
  operations,
  optional,
  text,
  union,
} from '@rinha/openapi'
import { correlationId, count, orNull } from '../schemas.ts'

const ageMs = number({ minimum: 0 })

const against = orNull(
  oneOf(['paused', 'draining', 'down', 'leftAlone', 'stalled', 'level', 'tail'], {
    description:
      'What keeps it from being usable: a person, its circuit, a Retry-After, overdue answers, or that half or 0.1 % of its answers would come past the audit guard.',
  }),
)

const held = { processor: text(), against, leftMs: orNull(number()) }
const holding = union([
  object({ reason: literal('journalFails') }),
  object({ reason: literal('paused') }),
  object({ reason: literal('lookedUpFirst'), count, beginsInMs: number({ minimum: 0 }) }),
  object({ reason: literal('noneUsable'), ...held }),
  object({ reason: literal('policy'), ...held }),
  object({ reason: literal('cheaper'), ...held, heldCountMax: orNull(count) }),
  object({ reason: literal('limiter'), processor: text(), inFlightCount: count, limitCount: count }),
  object({ reason: literal('pace'), perSecond: count }),
])

export const laneMembers = {
  name: text(),
  feeBps: integer({ minimum: 0, maximum: 10_000, description: 'Its part of each amount, in basis points.' }),
  paused: boolean({ description: 'A person has said that nothing is sent there.' }),
  draining: boolean({
    description: 'A person has said that nothing new is sent there: what is under way there ends.',
  }),
  circuit: oneOf(['closed', 'open', 'probing']),
  openedCount: count,
  lastFailure: orNull(text()),
  usable: boolean({ description: 'Whether payments may flow to it now.' }),
  against,
  sentCount: count,
  canaryCount: count,
  pushedBackCount: count,
  inFlightCount: count,
  limitCount: count,
  predictedMs: number({ description: 'Half of all attempts take longer.' }),
  tailMs: number({ description: 'One attempt in a hundred takes longer.' }),
  reportedFailing: orNull(boolean()),
  reportedMinResponseMs: orNull(number()),
  polledAgeMs: orNull(number()),
  wayStatus: orNull(
    number({
      description:
        'The status of its answer to the last payment, where that is about the way to it: 401, 404, a redirect.',
    }),
  ),
  unknownCount: { ...count, description: 'Payments in flight that it may have recorded without an answer.' },
  settledCount: count,
  settledAmountCents: count,
  feesCents: number({
    description: 'What it kept of what settled, at the fees that were in force when each payment was sent.',
  }),
  earningsCents: number({ description: 'What it left of that.' }),
  excessFeesCents: number({ description: 'What it kept more than the cheapest processor would have.' }),
}

export const attentionItem = object({
  correlationId,
  state: oneOf(['queued', 'inFlight']),
  processor: text(),
  reason: text(),
  ageMs: number(),
})

const journal = object({
  nextFrame: count,
  lastSyncedFrame: number(),
  entryCount: count,
  pendingBytes: count,
  diskBytes: count,
  filledShare: number({
    description: 'How full a replicated log is, from 0 to 1; 0 for a journal on a disk.',
  }),
  segmentCount: count,
  snapshotFrame: optional(count),
  commitCount: count,
  snapshotCount: count,
  isSnapshotUnderWay: boolean(),
  failure: optional(object({ code: text(), words: text() })),
})

export const queueOperations = operations({
  getQueueStatus: {
    method: 'GET',
    path: '/queue-status',
    role: 'viewer',
    tag: 'queue',
    summary: 'How the cluster stands',
    description:
      'acceptedCount = queuedCount + inFlightCount + settledCount + rejectedCount, always. Those discarded are rejected, too, and are not in the list.',
    answers: {
      200: {
        description: 'Payments by state, and each processor.',
        json: object({
          shard: optional(
            object(
              {
                index: count,
                count,
                adminPorts: list(integer({ minimum: 0 }), {
                  description:
                    'The admin ports of all shards, in their order, at this host; 0 for one that is in another process.',
                }),
              },
              { description: 'Which of several shards this is: what follows is of its payments alone.' },
            ),
          ),
          queuedCount: count,
          oldestQueuedAgeMs: ageMs,
          lookedUpFirstCount: count,
          predictedWaitMs: {
            ...ageMs,
            description:
              'How long a payment that comes now would wait in the queue: its length over the rate at which it drains, and for how long nothing has left it.',
          },
          retryAfterSeconds: {
            ...count,
            description:
              'Where not 0: that is longer than QUEUE_WAIT_MS_MAX, and what is new is answered 503 with this.',
          },
          holding: orNull(holding),
          inFlightCount: count,
          unknownCount: count,
          oldestUnknownAgeMs: ageMs,
          settledCount: count,
          rejectedCount: count,
          discardedCount: count,
          acceptedCount: count,
          keptCount: {
            ...count,
            description:
              'Payments in memory. The others of acceptedCount have left: they were settled or discarded.',
          },
          acceptedCountMax: { ...count, description: 'How many can be in memory: PAYMENT_COUNT_MAX.' },
          archivedToMs: orNull(
            number({
              description:
                'Milliseconds since 1970. Of settlements before this instant sums by whole seconds are known; null where each is known.',
            }),
          ),
          retainHours: {
            ...count,
            description: 'RETAIN_HOURS: at this age payments that have ended leave memory. 0: they stay.',
          },
          idempotencyHours: orNull({
            ...count,
            description:
              'For how long after its acceptance an id is known for certain, so that posting it again makes no second payment, where room is not short (keptCount). null: for ever, as with an archive.',
          }),
          duplicateCount: count,
          conflictCount: count,
          isLastResort: boolean({
            description:
              'Nothing was recorded for long: each processor gets canaries, whatever speaks against it.',
          }),
          guardLeft: number({ description: 'The probability that the audited books are still equal.' }),
          conflicts: list(object({ correlationId, kind: oneOf(['amount', 'rejected']) })),
          processors: list(object(laneMembers)),
          attentionCount: count,
          attention: list(attentionItem),
          rejected: list(object({ correlationId, reason: text() })),
          policy: text(),
          auditGuardMs: count,
          nodes: list(text(), { description: 'The API nodes that are connected.' }),
          journal: orNull(journal),
        }),
      },
    },
    problems: [],
  },
})
