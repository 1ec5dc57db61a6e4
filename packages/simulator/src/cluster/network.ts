import { type ByteStream, lingerMs, silentIntervalsMax } from '@rinha/channel'
import type { World } from '../world.ts'
import { simulatedCrypto } from './handshake-crypto.ts'
import { HostilePeer, hostileName } from './hostile.ts'
import type { Plan } from './plan.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { Wire, type WireEnd, type WireWeather } from './wire.ts'

export interface NetworkContext {
  readonly world: World
  readonly plan: Plan
  readonly trace: Trace
  readonly tally: Tally
  readonly secret: number
  /** The coordinator's door; `undefined` while it is down. */
  readonly door: () => ((stream: ByteStream) => void) | undefined
}

const wireCountMax = 64
/** How much later than elsewhere a hostile connection ends in the slowest network. */
const slackMs = 3000

/** The network between API nodes and the coordinator: who calls, who answers, what breaks, and who else is on it. */
export class Network {
  readonly weather: WireWeather = { delayMsMin: 0, delayMsMax: 0, splitChance: 0 }
  /** No connection can be made. */
  refusesConnections = false
  /** How often another process answers in place of the coordinator. */
  impostorChance = 0
  readonly #context: NetworkContext
  readonly #prng
  #wires: Wire[] = []
  /** Processes that answered a node in place of the coordinator. They go on while that connection is open. */
  readonly #impostors = new Map<string, { readonly peer: HostilePeer; readonly caller: WireEnd }>()

  constructor(context: NetworkContext) {
    this.#context = context
    this.#prng = context.world.stream()
  }

  /** A node calls the coordinator. `watch` sees what it writes. */
  connect(caller: string, onConnected: () => void, watch: (bytes: Uint8Array) => void): WireEnd {
    const wire = this.#wire(caller)
    const [near, far] = wire.ends
    near.watch = watch
    this.#context.world.after(this.#prng.unit(), () => {
      if (!near.open) return
      const impostor = this.#impostors.get(caller)
      if (impostor?.caller.open) {
        near.hostile = true
        this.#watchHostile(near)
        impostor.peer.answer(far)
      } else if (this.#prng.chance(this.impostorChance)) {
        near.hostile = true
        this.#impostors.set(caller, { peer: this.#hostilePeer(far, near), caller: near })
      } else if (!this.#reach(wire)) return
      onConnected()
    })
    return near
  }

  /** A peer that is no node connects to the coordinator. */
  connectHostile(): void {
    const wire = this.#wire(hostileName)
    const [near, far] = wire.ends
    const peer = this.#hostilePeer(near, far, () => this.#callUpward())
    if (this.#reach(wire)) peer.begin()
  }

  #callUpward(): WireEnd | undefined {
    const wire = this.#wire(hostileName)
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

  /** The coordinator's process is gone, and with it its ends of all wires. */
  killCoordinator(): void {
    for (const { ends } of this.#wires) if (!ends[0].hostile) ends[1].kill()
  }

  #wire(caller: string): Wire {
    this.#wires = this.#wires.filter(({ open }) => open)
    if (this.#wires.length >= wireCountMax) this.#context.trace.blame('bounds', 'connections pile up')
    const wire = new Wire(this.#context.world, this.#prng, this.weather, [caller, 'coordinator'])
    this.#wires.push(wire)
    return wire
  }

  /** False where the coordinator does not take the call. */
  #reach(wire: Wire): boolean {
    const accept = this.refusesConnections ? undefined : this.#context.door()
    if (accept !== undefined) {
      accept(wire.ends[1])
      return true
    }
    this.#context.tally.faults['connection refused by the coordinator'] += 1
    for (const end of wire.ends) end.refuse()
    return false
  }

  /** `own` is the hostile end; whoever is at `ours` must have closed it before long. */
  #hostilePeer(own: WireEnd, ours: WireEnd, callUpward?: () => WireEnd | undefined): HostilePeer {
    const { trace, secret } = this.#context
    this.#watchHostile(ours)
    return new HostilePeer(own, this.#prng, simulatedCrypto(secret, this.#prng), trace, callUpward)
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
