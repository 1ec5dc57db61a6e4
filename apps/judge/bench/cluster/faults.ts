import { setTimeout as sleep } from 'node:timers/promises'
import { Prng } from '@rinha/base'
import type { FaultProxy, ProxyFault } from '@rinha/fault-proxy'
import type { ClusterFleet } from './fleet.ts'
import type { Member } from './member.ts'

/** What a fault is done to. A role, which is that in one shard, is looked up when the fault begins. */
const processes = ['leader', 'standby', 'api1', 'api2', 'both nodes', 'leader and a node'] as const
const servers = ['server 0', 'server 1', 'server 2'] as const
const links = ['log of leader', 'log of standby', 'channel of leader', 'processors'] as const

export interface ClusterFault {
  /** Since the load began. */
  readonly atMs: number
  readonly kind: 'kill' | 'restart' | 'pause' | 'cut'
  readonly target:
    | (typeof processes)[number]
    | (typeof servers)[number]
    | (typeof links)[number]
    | 'two servers'
  readonly shard: number
  readonly forMs: number
  readonly how: ProxyFault
}

const cuts = [
  { kind: 'blackhole' },
  { kind: 'reset' },
  { kind: 'refuse' },
  { kind: 'resetAfterRequest' },
] as const

/** The faults of a run: a function of the seed. Each kind of them comes about equally often. */
export function planClusterFaults(
  seed: number,
  shards: number,
  lengthMs: number,
  everyMs: number,
): readonly ClusterFault[] {
  const prng = new Prng(seed)
  const faults: ClusterFault[] = []
  for (let atMs = everyMs; atMs < lengthMs; atMs += everyMs * (0.3 - Math.log(1 - prng.unit()))) {
    const kind = prng.pick(['kill', 'restart', 'pause', 'pause', 'cut'] as const)
    const isServer = prng.chance(0.3)
    const target =
      kind === 'cut'
        ? prng.pick(links)
        : isServer && kind !== 'restart'
          ? prng.pick([...servers, 'two servers'] as const)
          : prng.pick(['leader', 'leader', ...processes] as const)
    const forMs = prng.chance(0.5) ? prng.integer(50, 900) : prng.integer(900, 5000)
    // What resets an answer is for processors: elsewhere it is a reset.
    const how = prng.pick(target === 'processors' ? cuts : cuts.slice(0, 3))
    const shard = shards === 1 ? 0 : prng.integer(0, shards - 1)
    faults.push({ atMs: Math.round(atMs), kind, target, shard, forMs, how })
  }
  return faults
}

/** Carries out faults, each beside the others; of those that are under way, none touches what another one does. */
export class FaultHand {
  readonly counts = new Map<string, number>()
  readonly #fleet: ClusterFleet
  readonly #busy = new Set<object>()
  readonly #running = new Set<Promise<void>>()
  readonly #healing = new AbortController()
  /** Servers of the log that are down or stand still: two are enough to stop it, and three to lose its memory. */
  #serverCount = 0

  constructor(fleet: ClusterFleet) {
    this.#fleet = fleet
  }

  begin(fault: ClusterFault): void {
    const running = this.#perform(fault)
      .catch(error => this.#fleet.note(`${fault.kind} ${fault.target}: ${String(error)}`))
      .finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Everything runs, and links are clean. */
  async heal(): Promise<void> {
    this.#healing.abort()
    await Promise.all(this.#running)
    await this.#fleet.heal()
  }

  async #perform(fault: ClusterFault): Promise<void> {
    const { kind, target, shard, forMs } = fault
    const wait = () => sleep(forMs, undefined, { signal: this.#healing.signal }).catch(() => {})
    const name = `${kind} ${target}`
    if (target.startsWith('server') || target === 'two servers') return this.#onServers(fault, name, wait)
    const { leader, standby } = await this.#fleet.roles(shard)
    if (kind === 'cut') {
      const of = { 'log of leader': leader?.logLinks, 'log of standby': standby?.logLinks }
      const more = { 'channel of leader': leader?.channelLinks, processors: this.#fleet.processorLinks }
      return this.#cut({ ...of, ...more }[target as (typeof links)[number]] ?? [], fault, name, wait)
    }
    const [api1, api2] = this.#fleet.nodeMembers
    const members = {
      leader: [leader?.member],
      standby: [standby?.member],
      api1: [api1],
      api2: [api2],
      'both nodes': [api1, api2],
      'leader and a node': [leader?.member, api1],
    }[target as (typeof processes)[number]]
    return this.#onProcesses(
      members.filter(member => member !== undefined),
      fault,
      name,
      wait,
    )
  }

  async #onProcesses(
    members: readonly Member[],
    { kind, forMs }: ClusterFault,
    name: string,
    wait: () => Promise<void>,
  ): Promise<void> {
    await this.#with(members, name, async () => {
      if (kind === 'pause') {
        for (const member of members) member.pause(forMs)
        await wait()
        for (const member of members) member.resume()
        return
      }
      if (kind === 'kill') await this.#fleet.kill(...members)
      else await Promise.all(members.map(member => this.#fleet.stop(member)))
      await wait()
      await Promise.all(members.map(member => member.start()))
    })
  }

  async #onServers({ kind, target }: ClusterFault, name: string, wait: () => Promise<void>): Promise<void> {
    const indexes = target === 'two servers' ? [0, 1] : [Number(target.slice(-1))]
    if (this.#serverCount > 0) return
    this.#serverCount = indexes.length
    this.#count(name)
    const { servers: fleetServers } = this.#fleet
    for (const index of indexes) {
      if (kind === 'pause') fleetServers.signal(index, 'SIGSTOP')
      else await fleetServers.kill(index)
    }
    await wait()
    for (const index of indexes) {
      if (kind === 'pause') fleetServers.signal(index, 'SIGCONT')
      else fleetServers.startServer(index)
    }
    await fleetServers.ready()
    this.#serverCount = 0
  }

  async #cut(
    proxies: readonly FaultProxy[],
    { how }: ClusterFault,
    name: string,
    wait: () => Promise<void>,
  ): Promise<void> {
    await this.#with(proxies, `${name} ${how.kind}`, async () => {
      await Promise.all(proxies.map(proxy => proxy.setFault(how)))
      await wait()
      await Promise.all(proxies.map(proxy => proxy.setFault(undefined)))
    })
  }

  async #with(targets: readonly object[], name: string, run: () => Promise<void>): Promise<void> {
    if (targets.length === 0 || targets.some(target => this.#busy.has(target))) return
    for (const target of targets) this.#busy.add(target)
    this.#count(name)
    await run().finally(() => {
      for (const target of targets) this.#busy.delete(target)
    })
  }

  #count(name: string): void {
    this.#fleet.note(name)
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
}
