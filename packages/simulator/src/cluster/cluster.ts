import { AssertionError, type Prng } from '@rinha/base'
import { shardOf } from '@rinha/payment'
import { SimProcessor } from '../processor.ts'
import { World, worldStartMs } from '../world.ts'
import { checkCalm } from './calm.ts'
import { Clients } from './clients.ts'
import { Line } from './line.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import type { NodeChannel } from './node-channel.ts'
import type { Operator } from './operator.ts'
import { machineCountOf, type Plan } from './plan.ts'
import { type Posted, PostedPayments } from './posted.ts'
import type { Reconciling } from './reconciling.ts'
import type { Recorded, Recording } from './recording.ts'
import { Shard } from './shard.ts'
import { SeveralShards } from './shards/several.ts'
import { emptyTally, type Tally } from './tally.ts'
import { Trace } from './trace.ts'
import { type CheckerName, DamageFound, Violation } from './violation.ts'
import { processorNames } from './watched-engine.ts'
import { Weather } from './weather.ts'

export interface ClusterReport {
  readonly plan: Plan
  readonly tally: Tally
  readonly traceHash: string
  /** How long it took, after all had healed, until the last payment was settled. */
  readonly settledAfterMs: number
  readonly violation:
    | {
        readonly checker: CheckerName
        readonly message: string
        /** Milliseconds since the run's start. */
        readonly atMs: number
        readonly trace: readonly string[]
      }
    | undefined
  /** The recording of the run, if there is one. */
  readonly recorded?: Recorded
}

/** How often the checkers examine the whole state, in virtual time. They also see every step. */
const checkEveryMs = 250
/** How often the engine recounts everything. */
const recountEveryMs = 15_000
const traceLinesMax = 150
/** Where every health endpoint is stuck at failing: a last resort, and canaries until one is recorded. */
const lastResortMsMax = 70_000
/** With shards: time for a broken connection to be noticed, and for a poll. */
const allToldMs = 10_000

/** Plays one plan from its beginning to its end, or to the first violation. */
export function runCluster(plan: Plan, recording?: Recording): ClusterReport {
  const cluster = new Cluster(plan, recording)
  return cluster.run()
}

/**
 * The whole cluster in one thread and one order of events: clients, API nodes, wires, the coordinator that ships, lines to
 * the processors, the processors, and the checkers.
 *
 * A run has three parts: calm (in some plans; everything slow and sound, or noisy, or past the guard, and nothing may queue for long), faults (safety: the
 * checkers), then all heals, nobody posts any more, and everything has to be settled within `settleMsMax` (progress).
 *
 * What ships and runs in here: the API nodes; the coordinator with engine, ledger, routing and journal; both ends of the
 * channel; the classification of statuses; the processors' model. What only has a counterpart: sockets, clocks and timers,
 * the disk, the HTTP server and the HTTP client.
 */
class Cluster {
  readonly #plan: Plan
  readonly #recording: Recording | undefined
  readonly #world: World
  readonly #prng: Prng
  readonly #trace: Trace
  readonly #tally = emptyTally()
  readonly #posted: PostedPayments
  readonly #network: Network
  readonly #processors: readonly SimProcessor[]
  readonly #lines: readonly Line[]
  readonly #nodes: SimNode[] = []
  readonly #clients: Clients
  readonly #weather: Weather
  /** One, unless the plan has more. */
  readonly #shards: readonly Shard[]
  readonly #operators: readonly Operator[]
  readonly #reconciling: readonly Reconciling[]
  /** What concerns several shards; none where there is one. */
  readonly #several: SeveralShards | undefined
  #recountAtMs = 0

  constructor(plan: Plan, recording?: Recording) {
    this.#plan = plan
    this.#recording = recording
    this.#world = new World(plan.seed)
    this.#prng = this.#world.stream()
    this.#trace = new Trace(this.#world, recording)
    this.#posted = new PostedPayments(this.#world.stream(), plan.shard.count)
    const [world, trace, tally, posted] = [this.#world, this.#trace, this.#tally, this.#posted]
    this.#processors = Array.from(
      { length: plan.processorCount },
      (_, index) => new SimProcessor(world, { name: processorNames[index] ?? `processor-${index}` }),
    )
    this.#lines = this.#processors.map(
      processor => new Line(world, processor, { plan, posted, trace, tally }),
    )
    const nodes = this.#nodes
    const door = (machine: number) => this.#door(machine)
    this.#network = new Network({ world, plan, trace, tally, secret: plan.seed, door })
    this.#shards = this.#createShards()
    this.#weather = this.#createWeather()
    this.#operators = this.#shards.map(shard => shard.createOperator())
    this.#reconciling = this.#shards.map(shard => shard.createReconciling())
    this.#clients = new Clients({
      world,
      plan,
      nodes,
      posted,
      trace,
      tally,
      answers: ({ correlationId }) => this.#shard(shardOf(correlationId, plan.shard.count)).checkers.answers,
      onForeign: ({ correlationId, amountCents }) => {
        for (const { books } of this.#processors)
          books.record(correlationId, amountCents + 1, foreignRequestedAtMs)
      },
      recordedCount: () => this.#processors.reduce((sum, { books }) => sum + books.count, 0),
    })
    if (plan.shard.count > 1) this.#several = this.#createSeveral()
  }

  #createShards(): readonly Shard[] {
    const shards: Shard[] = []
    const shared = {
      world: this.#world,
      plan: this.#plan,
      posted: this.#posted,
      trace: this.#trace,
      tally: this.#tally,
      network: this.#network,
      lines: this.#lines,
      processors: this.#processors,
      polledAtMs: new Map<number, number>(),
      heard: this.#processors.map(() => []),
      onStart: () => this.#clients?.postAgain(),
    }
    for (let index = 0; index < this.#plan.shard.count; index += 1)
      shards.push(new Shard(index, { ...shared, polling: shards[0], shards }))
    return shards
  }

  #createSeveral(): SeveralShards {
    return new SeveralShards({
      world: this.#world,
      plan: this.#plan,
      posted: this.#posted,
      trace: this.#trace,
      tally: this.#tally,
      network: this.#network,
      processors: this.#processors,
      nodes: this.#nodes,
      shards: this.#shards,
    })
  }

  #shard(index: number): Shard {
    return this.#shards[index] as Shard
  }

  /** Where there are several, whichever. */
  get #anyShard(): Shard {
    return this.#shards.length === 1 ? this.#shard(0) : this.#prng.pick(this.#shards)
  }

  #door(machine: number): ReturnType<Shard['lives']['door']> {
    const machineCount = machineCountOf(this.#plan)
    return this.#shard(Math.floor(machine / machineCount)).lives.door(machine % machineCount)
  }

  #createWeather(): Weather {
    return new Weather(
      this.#world,
      this.#plan,
      {
        processors: this.#processors,
        lines: this.#lines,
        network: this.#network,
        tally: this.#tally,
        stall: durationMs => this.#anyShard.lives.stall(durationMs),
        killNode: () => this.#killNode(),
        wallClock: () => this.#anyShard.lives.wallClock,
        disks: () => this.#shards.flatMap(({ lives }) => lives.disk ?? []),
      },
      this.#trace,
    )
  }

  run(): ClusterReport {
    let settledAfterMs = Number.NaN
    let violation: ClusterReport['violation']
    try {
      settledAfterMs = this.#play()
    } catch (error) {
      if (error instanceof DamageFound) {
        this.#tally.faults['damage by two writers found'] += 1
        return this.#report(0, undefined)
      }
      // Whatever else is thrown in here, the shipping code threw it, or the simulator is wrong: either has to be looked at.
      const { message, stack = '' } = error as Error
      const isOurs = error instanceof Violation || error instanceof AssertionError
      violation = {
        checker: error instanceof Violation ? error.checker : 'assert',
        message: isOurs ? message : stack,
        atMs: this.#world.nowMs - worldStartMs,
        trace: this.#trace.lines(traceLinesMax),
      }
    }
    return this.#report(settledAfterMs, violation)
  }

  #report(settledAfterMs: number, violation: ClusterReport['violation']): ClusterReport {
    this.#tally.virtualMs = this.#world.nowMs - worldStartMs
    for (const { lives } of this.#shards) lives.countEnds()
    const { traceHash } = this.#world
    const report = { plan: this.#plan, tally: this.#tally, traceHash, settledAfterMs, violation }
    if (this.#recording === undefined) return report
    this.#recordStand()
    return { ...report, recorded: this.#recording.told(this.#posted.all.map(({ id }) => id)) }
  }

  #recordStand(): void {
    this.#recording?.stand(
      this.#world.nowMs - worldStartMs,
      this.#shards.flatMap(({ running }) => running?.coordinator.status() ?? []),
      this.#nodes.map(({ heldCount }) => heldCount),
    )
  }

  #play(): number {
    const { calmMs, calmDelayMs, faultMs } = this.#plan
    for (const { lives } of this.#shards) lives.start()
    for (let index = 0; index < this.#plan.nodeCount; index += 1) {
      const node = this.#createNode(index)
      this.#nodes.push(node)
      for (const [shard, channel] of node.channels.entries()) this.#shard(shard).nodes.push(channel)
      node.start()
    }
    this.#clients.begin()
    for (const operator of this.#operators) operator.begin()
    this.#several?.begin()
    if (calmMs > 0) {
      this.#weather.calm(calmDelayMs)
      if (this.#plan.calmOutage) this.#processors[0]?.setStage({ delayMs: 0, failing: true })
      if (this.#plan.calmMute) this.#weather.mute()
      if (this.#plan.calmNoise !== 'none') this.#weather.calmNoise(this.#world.nowMs + calmMs)
      this.#passTime(calmMs)
      for (const shard of this.#shards) checkCalm(shard, this.#trace)
    }
    this.#weather.begin()
    for (const operator of this.#operators) operator.beginOperating()
    this.#clients.lossy = true
    for (const { lives } of this.#shards) lives.scheduleEnds(faultMs)
    this.#several?.beginFaults()
    this.#passTime(faultMs)
    return this.#heal()
  }

  /** Everything works from now on. Answers how long it took to settle what was open. */
  #heal(): number {
    this.#clients.lossy = false
    this.#clients.stop()
    this.#weather.heal()
    this.#several?.heal()
    for (const operator of this.#operators) operator.heal()
    for (const node of this.#nodes) {
      node.onWritten = undefined
      if (!node.isUp) node.start()
    }
    for (const { lives } of this.#shards) lives.heal()
    const healedAtMs = this.#world.nowMs
    const settleMsMax = this.#plan.settleMsMax + (this.#plan.healthIsStuck ? lastResortMsMax : 0)
    for (;;) {
      this.#passTime(checkEveryMs)
      const stuck = this.#shards.find(({ open }) => open.length > 0)
      const isRunning = this.#shards.every(({ running }) => running !== undefined)
      if (stuck === undefined && this.#clients.idle && isRunning) break
      if (stuck !== undefined && this.#world.nowMs - healedAtMs > settleMsMax) this.#blameProgress(stuck)
    }
    const settledAfterMs = this.#world.nowMs - healedAtMs
    // What was held up on its way may arrive only now; it must find nothing to change.
    const toldMs = this.#several === undefined ? 0 : allToldMs
    this.#passTime(this.#plan.attemptTimeoutMs * 2 + checkEveryMs + toldMs)
    for (const { checkers } of this.#shards) checkers.finish()
    for (const node of this.#nodes) node.finish()
    for (const { money } of this.#shards) money.finish()
    this.#several?.finish()
    for (const reconciling of this.#reconciling) reconciling.finish()
    return settledAfterMs
  }

  #blameProgress({ open, running }: Shard): never {
    const [{ number, correlationId }] = open as readonly [Posted]
    const state = running?.engine.status(correlationId).state
    return this.#trace.blame(
      'progress',
      `${this.#plan.settleMsMax} ms after everything has healed, ${open.length} payments are open; payment ${number} is ${state}`,
    )
  }

  #passTime(spanMs: number): void {
    const untilMs = this.#world.nowMs + spanMs
    while (this.#world.nowMs < untilMs) {
      this.#world.runUntil(Math.min(untilMs, this.#world.nowMs + checkEveryMs))
      if (this.#recording !== undefined) this.#recordStand()
      for (const shard of this.#shards) shard.check()
      for (const reconciling of this.#reconciling) reconciling.check()
      for (const { money } of this.#shards) money.check()
      this.#several?.check()
      if (this.#world.nowMs < this.#recountAtMs) continue
      this.#recountAtMs = this.#world.nowMs + recountEveryMs
      for (const { running } of this.#shards) running?.engine.checkInvariants()
    }
  }

  #createNode(index: number): SimNode {
    return new SimNode(index, {
      world: this.#world,
      plan: this.#plan,
      trace: this.#trace,
      tally: this.#tally,
      secret: this.#plan.seed,
      shards: this.#shards,
      onOffered: (correlationId: Uint8Array, channel: NodeChannel, taken: boolean) =>
        this.#shard(channel.shard).checkers.onOffered(correlationId, channel, taken),
    })
  }

  /** The node dies at once, or in the middle of its answers. */
  #killNode(): void {
    const node = this.#prng.pick(this.#nodes)
    if (this.#prng.chance(0.3)) return this.#kill(node)
    node.onWritten = () => this.#world.after(this.#prng.unit(), () => this.#kill(node))
  }

  #kill(node: SimNode): void {
    if (!node.isUp) return
    this.#tally.faults['API node died'] += 1
    this.#trace.note('node dies', node.index, node.heldCount)
    const before = node.channels.map(({ end, isAstray }) => ({ end, isAstray }))
    const delivered = node.kill()
    for (const [shard, { end, isAstray }] of before.entries())
      if (end !== undefined)
        this.#shard(shard).checkers.onNodeDied(
          node.index,
          end,
          (isAstray ? undefined : delivered[shard]) ?? new Map(),
        )
    this.#world.after(this.#prng.unit() * 3000, () => {
      if (!node.isUp) node.start()
    })
  }
}

/** An instant before every window that is compared. */
const foreignRequestedAtMs = 1_600_000_000_000
