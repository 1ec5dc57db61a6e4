import { connectChannel, timers } from '@rinha/channel/tcp'
import { followHealth, healthChannel } from '@rinha/coordinator'
import { type Logger, type RunningService, SettingsProblem, StartProblem } from '@rinha/service'
import { startCoordinator } from '../coordinator.ts'
import { type CoordinatorSettings, settingsProblem } from '../settings.ts'
import type { RunningCoordinator } from '../work.ts'
import { otherLayout } from './other-layout.ts'
import { settingsOfShard, shardsOf, shardsProblem } from './shard-settings.ts'

export interface RunningShards extends RunningService {
  /** By their shards, ascending. */
  readonly coordinators: readonly RunningCoordinator[]
}

/** Starts the coordinator of each shard of this process. They share nothing but the process: where one fails, all end. */
export async function startShards(
  settings: CoordinatorSettings,
  log: Logger,
  stopAsked?: AbortSignal,
): Promise<RunningShards> {
  const problem = settingsProblem(settings) ?? shardsProblem(settings)
  if (problem !== undefined) throw new SettingsProblem(problem)
  const layout = otherLayout(settings)
  if (layout !== undefined) throw new StartProblem(layout)
  if (settings.SHARDS === 1) {
    const coordinator = await startCoordinator(settings, log, stopAsked)
    return { ...coordinator, coordinators: [coordinator] }
  }
  const indices = shardsOf(settings)
  const coordinators = await allOf(
    indices.map(index =>
      startCoordinator(settingsOfShard(settings, index), log.child({ shard: index }), stopAsked),
    ),
  )
  const unfollow = follow(settings, indices, coordinators, log)
  return {
    coordinators,
    addresses: Object.assign({}, ...coordinators.map(({ addresses }, at) => named(addresses, indices[at]))),
    failed: Promise.race(coordinators.flatMap(({ failed }) => failed ?? [])),
    stop: async hurried => {
      await Promise.all([unfollow(), ...coordinators.map(each => each.stop(hurried))])
    },
  }
}

/** Where one does not start, those that have started are stopped. */
async function allOf(starts: readonly Promise<RunningCoordinator>[]): Promise<readonly RunningCoordinator[]> {
  const ended = await Promise.allSettled(starts)
  const started = ended.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
  const failed = ended.find(each => each.status === 'rejected')
  if (failed === undefined) return started
  await Promise.all(started.map(each => each.stop(AbortSignal.abort())))
  throw failed.reason
}

/** Shard 0 alone polls the health of processors. This tells the other shards of this process; returned is what ends that. */
function follow(
  settings: CoordinatorSettings,
  indices: readonly number[],
  coordinators: readonly RunningCoordinator[],
  log: Logger,
): () => Promise<void> {
  const others = coordinators.filter((_, at) => indices[at] !== 0)
  if (others.length === 0) return async () => {}
  const isHere = indices[0] === 0 && settings.LOG_SERVERS === null
  const channel = connectChannel({
    coordinators: isHere
      ? [{ host: settings.CHANNEL_HOST, port: coordinators[0]?.channelPort ?? 0 }]
      : (settings.COORDINATORS[0] ?? []),
    shard: { index: 0, count: settings.SHARDS },
    secret: settings.CHANNEL_SECRET,
    nodeName: `shard-${indices.find(index => index > 0)}`,
    heartbeatMs: settings.HEARTBEAT_MS,
    ...healthChannel,
    onProblem: line => log.warn({ problem: line }, 'shard 0, which polls the health of processors'),
  })
  const names = settings.PROCESSORS.map(({ name }) => name)
  const stop = followHealth({ channel, timers }, names, event => {
    for (const other of others) other.tell(event)
  })
  return () => {
    stop()
    return new Promise(resolve => channel.close(0, resolve))
  }
}

function named(addresses: RunningService['addresses'], index = 0): RunningService['addresses'] {
  return Object.fromEntries(Object.entries(addresses).map(([name, url]) => [`${name}${index}`, url]))
}
