import { setTimeout as sleep } from 'node:timers/promises'
import type { Prng } from '@rinha/base'
import { until } from '@rinha/testing'
import type { ClusterFleet, Coordinator, Roles } from './fleet.ts'
import type { SteadyLoad } from './load.ts'

export const drillNames = ['kill', 'hand-over', 'stop-continue', 'kill-log'] as const
export type DrillName = (typeof drillNames)[number]

/** How long clients waited for payments of one shard, by level, from a fault on: of all shards the longest. */
export interface Stall {
  readonly replicatedMs: number
  readonly receivedMs: number
}

export interface DrillPorts {
  readonly fleet: ClusterFleet
  readonly load: SteadyLoad
  readonly prng: Prng
}

const takeoverMsMax = 30_000
/** How long a server or a coordinator stays down. */
const downMs = 500
const flowMs = 1000

/** One fault at a shard, from a cluster that works to one that works again. */
export async function drill(name: DrillName, ports: DrillPorts): Promise<Stall> {
  const { fleet, prng } = ports
  const roles = await fleet.steady()
  await sleep(flowMs + prng.integer(0, 500))
  const shard = prng.integer(0, fleet.shards - 1)
  const fromMs = fleet.nowMs()
  await faults[name](ports, roles[shard] as Roles, shard)
  await sleep(flowMs)
  return stallsFrom(ports, fromMs)
}

const faults: Readonly<Record<DrillName, (ports: DrillPorts, roles: Roles, shard: number) => Promise<void>>> =
  {
    async kill({ fleet }, { leader, standby }) {
      await fleet.kill(leader.member)
      await leads(fleet, standby)
      await sleep(downMs)
      await leader.member.start()
    },
    async 'hand-over'({ fleet }, { leader, standby }) {
      await fleet.stop(leader.member)
      await leads(fleet, standby)
      await leader.member.start()
    },
    /** Half of the stops are too short for a takeover. */
    async 'stop-continue'({ prng }, { leader }) {
      const forMs = prng.chance(0.5) ? prng.integer(50, 600) : prng.integer(600, 4000)
      leader.member.pause(forMs + 1000)
      await sleep(forMs)
      leader.member.resume()
    },
    async 'kill-log'({ fleet, load }, _, shard) {
      const found = async () => {
        const index = await fleet.servers.leaderOf(`LOG_${fleet.logName(shard)}`)
        return index !== undefined && { index }
      }
      const { index } = await until(found, 'the log has a leader', takeoverMsMax)
      const fromMs = fleet.nowMs()
      await fleet.servers.kill(index)
      const isServed = () => load.acksBetween('replicated', shard, fromMs + 50, fleet.nowMs()).length > 100
      await until(isServed, 'payments are replicated again', takeoverMsMax)
      await sleep(downMs)
      fleet.servers.startServer(index)
      await fleet.servers.ready()
    },
  }

/** Every shard: the other process is gone. */
async function leads(fleet: ClusterFleet, coordinator: Coordinator): Promise<void> {
  const isLeader = async () => {
    const roles = await Promise.all(fleet.shardIndices.map(shard => fleet.roles(shard)))
    return roles.every(({ leader }) => leader === coordinator)
  }
  await until(isLeader, `${coordinator.member.name} leads`, takeoverMsMax)
}

function stallsFrom({ fleet, load }: DrillPorts, fromMs: number): Stall {
  const toMs = fleet.nowMs()
  const longestIn = (level: 'replicated' | 'received', shard: number) => {
    const acked = [fromMs, ...load.acksBetween(level, shard, fromMs, toMs), toMs].toSorted((a, b) => a - b)
    return Math.max(...acked.slice(1).map((atMs, index) => atMs - (acked[index] ?? 0)))
  }
  const longest = (level: 'replicated' | 'received') =>
    Math.max(...fleet.shardIndices.map(shard => longestIn(level, shard)))
  return { replicatedMs: longest('replicated'), receivedMs: longest('received') }
}
