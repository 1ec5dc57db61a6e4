import { StartProblem } from '@rinha/service'
import { type Reading, readStatus, type Status } from './read-status.ts'
import { shardsBeside } from './shard-admins.ts'

/** The shards of a cluster: those that answer, and what is wrong with the others. */
export interface ClusterReading extends Reading {
  /** Empty where there is one. */
  readonly shards: readonly { readonly name: string; readonly found: Status | string }[]
}

/**
 * The sum of all shards. Of one admin port alone, the others are looked for at the ports beside it, where a process with several shards
 * has them. Rejects with a {@link StartProblem} where none answers.
 */
export async function readCluster(admins: readonly string[], tokenFile?: string): Promise<ClusterReading> {
  const [first = ''] = admins
  const only = admins.length > 1 ? undefined : await readStatus(first, tokenFile)
  const shard = only?.status.shard
  if (only !== undefined && shard === undefined) return { ...only, shards: [] }
  const known = shard === undefined ? admins : shardsBeside(first, shard)
  const found = await Promise.all(
    known.map(admin =>
      readStatus(admin, tokenFile).catch((error: unknown) => {
        if (error instanceof StartProblem) return error
        throw error
      }),
    ),
  )
  const readings = found.flatMap(each => (each instanceof StartProblem ? [] : [each]))
  const [reading] = readings
  if (reading === undefined) throw found[0]
  return {
    atMs: reading.atMs,
    status: sumOf(readings.map(({ status }) => status)),
    shards: found.map((each, index) =>
      each instanceof StartProblem
        ? { name: known[index] ?? '', found: each.message }
        : { name: `${each.status.shard?.index ?? 0}`, found: each.status },
    ),
  }
}

const sums = [
  'queuedCount',
  'inFlightCount',
  'unknownCount',
  'settledCount',
  'rejectedCount',
  'discardedCount',
  'acceptedCount',
  'keptCount',
  'acceptedCountMax',
  'attentionCount',
] as const

/** Counts are added; of each processor the state is that at the shard that it looks worst from. */
function sumOf(statuses: readonly Status[]): Status {
  const [first] = statuses as readonly [Status]
  const added = sums.map(name => [name, statuses.reduce((sum, status) => sum + status[name], 0)])
  const failing = statuses.find(({ journal }) => journal?.failure !== undefined)
  return {
    ...first,
    ...Object.fromEntries(added),
    oldestQueuedAgeMs: Math.max(...statuses.map(each => each.oldestQueuedAgeMs)),
    oldestUnknownAgeMs: Math.max(...statuses.map(each => each.oldestUnknownAgeMs)),
    attention: statuses.flatMap(({ attention }) => attention),
    rejected: statuses.flatMap(({ rejected }) => rejected),
    journal: failing?.journal ?? first.journal,
    processors: first.processors.map(({ name }) => worst(statuses, name)),
  }
}

function worst(statuses: readonly Status[], name: string): Status['processors'][0] {
  const lanes = statuses.flatMap(({ processors }) => processors.filter(each => each.name === name))
  const bad =
    lanes.find(({ usable }) => !usable) ?? lanes.toSorted((a, b) => b.predictedMs - a.predictedMs)[0]
  const sum = (figure: 'inFlightCount' | 'limitCount' | 'settledCount') =>
    lanes.reduce((total, lane) => total + lane[figure], 0)
  const added = {
    inFlightCount: sum('inFlightCount'),
    limitCount: sum('limitCount'),
    settledCount: sum('settledCount'),
  }
  return { ...(bad as Status['processors'][0]), ...added }
}
