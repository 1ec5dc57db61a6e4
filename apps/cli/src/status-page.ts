import { alignedTable, count, milliseconds, percent, seconds } from '@rinha/base'
import type { ClusterReading } from './read-cluster.ts'
import type { Reading, Status } from './read-status.ts'

/** The most payments that are named under attention, and again under rejected. */
const namedCountMax = 3

/** The cluster at a glance, a line each, to fit a terminal of 24 lines. Without a reading before there are no rates. */
export function statusPage(
  admin: string,
  before: Reading | undefined,
  now: ClusterReading,
): readonly string[] {
  const { status } = now
  const { inflow, settled } = rates(before, now)
  const journal = status.journal === null ? 'none' : (status.journal.failure?.words ?? 'works')
  const rows = [
    ['queued', count(status.queuedCount), `oldest ${seconds(status.oldestQueuedAgeMs, 1)}`],
    ['in flight', count(status.inFlightCount), unknownWords(status)],
    ['settled', count(status.settledCount), `${settled} settled/s`],
    ['rejected', count(status.rejectedCount), discardedWords(status)],
    [
      'accepted',
      count(status.acceptedCount),
      `${inflow} in/s, ${count(status.keptCount)} in memory, room for ${count(status.acceptedCountMax)}`,
    ],
  ]
  return [
    `${admin}  ${new Date().toTimeString().slice(0, 8)}`,
    `policy ${status.policy} · audit guard ${count(status.auditGuardMs)} ms · journal ${journal} · API nodes: ${status.nodes.join(', ') || 'none'}`,
    '',
    ...alignedTable(rows, 'lrl'),
    '',
    ...shardLines(now),
    ...alignedTable(
      [
        ['processor', 'circuit', 'half under', '99 % under', 'in flight', 'share', 'state'],
        ...status.processors.map(lane => [
          lane.name,
          lane.circuit,
          milliseconds(lane.predictedMs),
          milliseconds(lane.tailMs),
          `${count(lane.inFlightCount)} of ${count(lane.limitCount)}`,
          status.settledCount === 0 ? '–' : percent(lane.settledCount / status.settledCount),
          stateWords(lane),
        ]),
      ],
      'llrrrrl',
    ),
    '',
    ...personLines(status),
  ]
}

/** A line for each of several shards, the queue first. */
function shardLines({ shards }: ClusterReading): readonly string[] {
  if (shards.length === 0) return []
  const away = shards.filter(({ found }) => typeof found === 'string')
  const rows = shards.flatMap(({ name, found }) =>
    typeof found === 'string'
      ? []
      : [
          [
            ...[name, count(found.queuedCount), seconds(found.oldestQueuedAgeMs, 1)],
            ...[count(found.inFlightCount), count(found.settledCount), count(found.attentionCount)],
            found.journal?.failure?.words ?? '',
          ],
        ],
  )
  const heads = ['shard', 'queued', 'oldest', 'in flight', 'settled', 'attention', '']
  return [
    ...alignedTable([heads, ...rows], 'lrrrrrl'),
    ...away.map(({ found }) => `NOT IN THE SUMS: ${found}`),
    '',
  ]
}

/**
 * The same on one line. What a narrow terminal cuts off are the rates; why a processor is not usable is said once, in the log.
 */
export function statusLine(before: Reading | undefined, now: ClusterReading): string {
  const { status } = now
  const { inflow, settled } = rates(before, now)
  const { queuedCount, oldestQueuedAgeMs } = status
  return [
    `${count(queuedCount)} queued${queuedCount === 0 ? '' : ` ${seconds(oldestQueuedAgeMs, 0)}`}`,
    ...status.processors.map(lane => `${lane.name} ${stateWords(lane).split(':')[0]}`),
    ...(needsPerson(now) ? ['NEEDS YOU (npm run status)'] : []),
    `${inflow} in/s`,
    `${settled} settled/s`,
  ].join(' · ')
}

/** Whether something does not end by itself. */
export function needsPerson({ status, shards }: ClusterReading): boolean {
  const isAway = shards.some(({ found }) => typeof found === 'string')
  return isAway || status.attentionCount + waitingCount(status) > 0 || status.journal?.failure !== undefined
}

/** Rejected payments that wait for a person's decision. */
function waitingCount({ rejectedCount, discardedCount }: Status): number {
  return rejectedCount - discardedCount
}

/** A coordinator that started anew or was purged counts from nothing: then there is no rate. */
function rates(before: Reading | undefined, now: Reading): { inflow: string; settled: string } {
  const rate = (name: 'acceptedCount' | 'settledCount') => {
    const grownCount = before === undefined ? -1 : now.status[name] - before.status[name]
    if (before === undefined || grownCount < 0) return '–'
    return count(Math.round((grownCount / (now.atMs - before.atMs)) * 1000))
  }
  return { inflow: rate('acceptedCount'), settled: rate('settledCount') }
}

function unknownWords({ unknownCount, oldestUnknownAgeMs }: Status): string {
  if (unknownCount === 0) return ''
  return `${count(unknownCount)} without a known outcome, oldest ${seconds(oldestUnknownAgeMs, 1)}`
}

function discardedWords({ discardedCount }: Status): string {
  return discardedCount === 0 ? '' : `${count(discardedCount)} of them discarded`
}

/** Usable, or why not: a word, and more behind a colon. */
function stateWords(lane: Status['processors'][number]): string {
  const { usable, against, wayStatus, lastFailure } = lane
  if (usable && wayStatus !== null)
    return `usable, but answered the last payment ${wayStatus}: wrong address or token?`
  if (usable) return 'usable'
  if (wayStatus !== null) return `answers ${wayStatus}: wrong address or token?`
  if (against === 'down')
    return `down: ${lastFailure ?? (lane.reportedFailing ? 'its health says so' : lane.circuit)}`
  return against === null ? 'not usable' : states[against]
}

const states = {
  paused: 'paused: by a person',
  draining: 'draining: a person asked for it',
  leftAlone: 'left alone: it asked for it',
  stalled: 'stalled: answers are overdue',
  level: 'slow: half of all are past the guard',
  tail: 'slow: its tail is past the guard',
} as const

function personLines(status: Status): readonly string[] {
  const { attentionCount, attention, rejected } = status
  const rejectedCount = waitingCount(status)
  if (attentionCount + rejectedCount === 0) return ['Nothing waits for a person.']
  return [
    ...listed('attention', attentionCount, attention, each => [
      each.correlationId,
      `${seconds(each.ageMs, 1)} at ${each.processor}: ${each.reason}`,
    ]),
    ...listed('rejected', rejectedCount, rejected, each => [each.correlationId, each.reason]),
    'npm run payment -- show ID; resolve or resubmit ends it.',
  ]
}

function listed<T>(
  name: string,
  allCount: number,
  all: readonly T[],
  words: (each: T) => readonly string[],
): readonly string[] {
  if (allCount === 0) return []
  const named = all.slice(0, namedCountMax)
  const more = allCount > named.length ? `, the first ${named.length}` : ''
  return [
    `${name} ${count(allCount)}${more}:`,
    ...alignedTable(named.map(words), 'll').map(line => `  ${line}`),
  ]
}
