import { lingerMs, silentIntervalsMax } from '@rinha/channel'
import type { World } from '../world.ts'
import { simulatedCrypto } from './handshake-crypto.ts'
import { HostilePeer, hostileName } from './hostile.ts'
import { machineCountOf, type Plan } from './plan.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { Wire, type WireEnd, type WireWeather } from './wire.ts'

export interface NetworkContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly secret: number
  /** A coordinator's door; `undefined` while it is down. */
  readonly door: (machine: number) => ((stream: WireEnd) => void) | undefined
}

/** For each shard. */
const wireCountMax = 64
/** How much later than elsewhere a hostile connection ends in the slowest network. */
const slackMs = 3000

/** The network as one shard has it, which knows its machines by their numbers within the shard. */
export type ShardNetwork = Pick<Network, 'connect' | 'killCoordinator' | 'isolate'>

/**
 * The network between API nodes and coordinators: who calls, who answers, what breaks, and who else is on it. The machines of
 * shard 0 have the first numbers, those of shard 1 the next.
 */
export class Network {
  readonly weather: WireWeather = { delayMsMin: 0, delayMsMax: 0, splitChance: 0 }
  /** No connection can be made. */
  refusesConnections = false
  /** Coordinators that nobody reaches, and that do not hear of it. */
  readonly #isolated = new Set<number>()
  /** Callers and shards between which nothing arrives. */
  readonly #severed = new Set<string>()
  /** How often another process answers in place of the coordinator. */
  impostorChance = 0
  readonly #context: NetworkContext
  readonly #prng
  #wires: Wire[] = []
  /** Processes that answered a node in place of a shard's coordinator. They go on while that connection is open. */
  readonly #impostors = new Map<string, { readonly peer: HostilePeer; readonly caller: WireEnd }>()

  constructor(context: NetworkContext) {
    this.#context = context
    this.#prng = context.world.stream()
  }

  /** A node calls a coordinator. `watch` sees what it writes. */
  connect(caller: string, onConnected: () => void, watch: (bytes: Uint8Array) => void, machine = 0): WireEnd {
    const wire = this.#wire(caller, machine)
    const [near, far] = wire.ends
    const way = wayOf(caller, this.#shardOf(machine))
    near.watch = watch
    this.#context.world.after(this.#prng.unit(), () => {
      if (!near.open || this.#isolated.has(machine) || this.#severed.has(way)) return
      const impostor = this.#impostors.get(way)
      if (impostor?.caller.open) {
        near.hostile = true
        this.#watchHostile(near)
        impostor.peer.answer(far)
      } else if (this.#prng.chance(this.impostorChance)) {
        near.hostile = true
        this.#impostors.set(way, { peer: this.#hostilePeer(far, near, machine), caller: near })
      } else if (!this.#reach(wire)) return
      onConnected()
    })
    return near
  }

  /** A peer that is no node connects to the coordinator. */
  connectHostile(): void {
    const { plan } = this.#context
    const machineCount = plan.shard.count * machineCountOf(plan)
    const machine = machineCount > 1 ? this.#prng.integer(0, machineCount - 1) : 0
    const wire = this.#wire(hostileName, machine)
    const [near, far] = wire.ends
    const peer = this.#hostilePeer(near, far, machine, () => this.#callUpward(machine))
    if (this.#reach(wire)) peer.begin()
  }

  #callUpward(machine: number): WireEnd | undefined {
    const wire = this.#wire(hostileName, machine)
    this.#watchHostile(wire.ends[1])
    return this.#reach(wire) ? wire.ends[0] : undefined
  }

  /** One of the open wires breaks or falls silent. Sometimes no new connection can be made for a while. */
  breakWire(silently: boolean): void {
    const { tally, trace, world } = this.#context
    const open = this.#wires.filter(wire => wire.open)
    const wire = open[this.#prng.integer(0, Math.max(0, open.length - 1))]
    if (wire === undefined) return
    tally.faults[silently ? 'connection silent' : 'connection cut'] += 1
    trace.note(silently ? 'wire falls silent' : 'wire cut')
    if (silently) wire.silence()
    else wire.cut()
    if (!this.#prng.chance(0.2)) return
    this.refusesConnections = true
    world.after(this.#prng.unit() * 2000, () => {
      this.refusesConnections = false
    })
  }

  /** A coordinator's process is gone, and with it its ends of all wires. */
  killCoordinator(machine = 0): void {
    for (const wire of this.#wires) if (wire.machine === machine && !wire.ends[0].hostile) wire.ends[1].kill()
  }

  /** Between nodes and this coordinator nothing arrives any more, until it does again on new connections. */
  isolate(machine: number, isIsolated: boolean): void {
    if (isIsolated) this.#isolated.add(machine)
    else this.#isolated.delete(machine)
    for (const wire of this.#wires) if (isIsolated && wire.machine === machine) wire.silence()
  }

  /** Between this caller and this shard nothing arrives any more, until {@link join}; `silently`: neither end is told. */
  sever(caller: string, shard: number, silently: boolean): void {
    this.#severed.add(wayOf(caller, shard))
    for (const wire of this.#wires) {
      if (wire.caller !== caller || this.#shardOf(wire.machine) !== shard) continue
      if (silently) wire.silence()
      else wire.cut()
    }
  }

  join(caller: string, shard: number): void {
    this.#severed.delete(wayOf(caller, shard))
  }

  ofShard(shard: number): ShardNetwork {
    const first = shard * machineCountOf(this.#context.plan)
    return {
      connect: (caller, onConnected, watch, machine = 0) =>
        this.connect(caller, onConnected, watch, first + machine),
      killCoordinator: (machine = 0) => this.killCoordinator(first + machine),
      isolate: (machine, isIsolated) => this.isolate(first + machine, isIsolated),
    }
  }

  #shardOf(machine: number): number {
    return Math.floor(machine / machineCountOf(this.#context.plan))
  }

  #wire(caller: string, machine: number): Wire {
    this.#wires = this.#wires.filter(({ open }) => open)
    if (this.#wires.length >= wireCountMax * this.#context.plan.shard.count)
      this.#context.trace.blame('bounds', 'connections pile up')
    const names = [caller, 'coordinator'] as const
    const wire = new Wire(this.#context.world, this.#prng, this.weather, names, machine)
    this.#wires.push(wire)
    return wire
  }

  /** False where the coordinator does not take the call. */
  #reach(wire: Wire): boolean {
    const accept = this.refusesConnections ? undefined : this.#context.door(wire.machine)
    if (accept !== undefined) {
      accept(wire.ends[1])
      return true
    }
    this.#context.tally.faults['connection refused by the coordinator'] += 1
    for (const end of wire.ends) end.refuse()
    return false
  }

  /** `own` is the hostile end; whoever is at `ours` must have closed it before long. */
  #hostilePeer(
    own: WireEnd,
    ours: WireEnd,
    machine: number,
    callUpward?: () => WireEnd | undefined,
  ): HostilePeer {
    const { trace, secret, plan } = this.#context
    this.#watchHostile(ours)
    const shard = { index: this.#shardOf(machine), count: plan.shard.count }
    return new HostilePeer(own, this.#prng, simulatedCrypto(secret, this.#prng), trace, shard, callUpward)
  }

  #watchHostile(ours: WireEnd): void {
    const { world, plan, trace, tally } = this.#context
    tally.faults['hostile connection'] += 1
    trace.note('hostile peer')
    const heartbeatMs = Math.max(plan.heartbeatMs, 1000)
    const patienceMs = plan.handshakeTimeoutMs + lingerMs + (silentIntervalsMax + 1) * heartbeatMs + slackMs
    world.after(patienceMs, () => {
      if (ours.open) trace.blame('bounds', `a hostile connection is still open after ${patienceMs} ms`)
    })
  }
}

function wayOf(caller: string, shard: number): string {
  return `${caller} ${shard}`
}
