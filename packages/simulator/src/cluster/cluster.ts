import { AssertionError, type Prng } from '@rinha/base'
import type { ByteStream } from '@rinha/channel'
import type { Journal } from '@rinha/journal'
import { SimulatedDisk } from '@rinha/journal/simulated'
import { SimProcessor } from '../processor.ts'
import { World, worldStartMs } from '../world.ts'
import { Checkers } from './checkers.ts'
import { Clients } from './clients.ts'
import { hostileName } from './hostile.ts'
import { Line } from './line.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import { type Posted, PostedPayments } from './posted.ts'
import type { WallClock } from './process.ts'
import { createCoordinator, type RunningCoordinator } from './running-coordinator.ts'
import { emptyTally, type Tally } from './tally.ts'
import { Trace } from './trace.ts'
import { type CheckerName, Violation } from './violation.ts'
import { feeBpsOf, processorNames } from './watched-engine.ts'
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
        /** Since the run's start. */
        readonly atMs: number
        readonly trace: readonly string[]
      }
    | undefined
}

/** How often the checkers look, in virtual time, beside what they see of every step. */
const checkEveryMs = 250
/** How often the engine recounts everything. */
const recountEveryMs = 15_000
const traceLinesMax = 150
/** At the end of the calm, nothing may have waited for longer than this and the policy's hold budget. */
const calmAgeMsMax = 3000
/** How often what ends a coordinator is a stop in order. */
const stopChance = 0.4
/** What a stop may take beyond its drain. */
const drainSlackMs = 50

/** Plays one plan from its beginning to its end, or to the first violation. */
export function runCluster(plan: Plan): ClusterReport {
  const cluster = new Cluster(plan)
  return cluster.run()
}

/**
 * The whole cluster in one thread and one order of events: clients, API nodes, wires, the coordinator that ships, lines to
 * the processors, the processors, and the checkers.
 *
 * A run has three parts: calm (in some plans; everything slow and sound, and nothing may queue), faults (safety: the
 * checkers), then all heals, nobody posts any more, and everything has to be settled within `settleMsMax` (progress).
 *
 * What ships and runs in here: the API nodes; the coordinator with engine, ledger, routing and journal; both ends of the
 * channel; the classification of statuses. What only has a counterpart: sockets, clocks and timers, the disk, the HTTP
 * server and the HTTP client.
 */
class Cluster {
  readonly #plan: Plan
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
  readonly #checkers: Checkers
  #coordinator: RunningCoordinator | undefined
  /** When a coordinator last asked for a processor's health, whichever it was. */
  readonly #polledAtMs = new Map<number, number>()
  #recountAtMs = 0
  /** Of the coordinator's machine. */
  readonly #wallClock: WallClock = { errorMs: 0 }
  /** What outlives the coordinator, where it writes a journal. */
  #disk: SimulatedDisk | undefined

  constructor(plan: Plan) {
    this.#plan = plan
    this.#world = new World(plan.seed)
    this.#prng = this.#world.stream()
    this.#trace = new Trace(this.#world)
    this.#posted = new PostedPayments(this.#world.stream())
    const [world, trace, tally, posted] = [this.#world, this.#trace, this.#tally, this.#posted]
    this.#processors = Array.from(
      { length: plan.processorCount },
      (_, index) => new SimProcessor(world, { name: processorNames[index] ?? `processor-${index}` }),
    )
    this.#lines = this.#processors.map(
      processor => new Line(world, processor, { plan, posted, trace, tally }),
    )
    if (plan.journal)
      this.#disk = new SimulatedDisk(world.stream(), (delayMs, run) => world.after(delayMs, run))
    const [processors, nodes] = [this.#processors, this.#nodes]
    const coordinator = () => this.#coordinator
    const door = () => {
      const channel = this.#coordinator?.channel
      return channel && ((stream: ByteStream) => channel.accept(stream))
    }
    this.#network = new Network({ world, plan, trace, tally, secret: plan.seed, door })
    this.#checkers = new Checkers({ world, plan, processors, nodes, posted, trace, tally, coordinator })
    this.#weather = new Weather(
      world,
      plan,
      {
        processors,
        lines: this.#lines,
        network: this.#network,
        tally,
        killNode: () => this.#killNode(),
        wallClock: this.#wallClock,
        disk: () => this.#disk,
      },
      trace,
    )
    this.#clients = new Clients({
      world,
      plan,
      nodes,
      posted,
      trace,
      tally,
      answers: this.#checkers.answers,
      onForeign: ({ correlationId, amountCents }) => {
        for (const { books } of processors) books.record(correlationId, amountCents + 1, foreignRequestedAtMs)
      },
      recordedCount: () => processors.reduce((sum, { books }) => sum + books.count, 0),
    })
  }

  run(): ClusterReport {
    let settledAfterMs = Number.NaN
    let violation: ClusterReport['violation']
    try {
      settledAfterMs = this.#play()
    } catch (error) {
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
    this.#tally.virtualMs = this.#world.nowMs - worldStartMs
    this.#countEnds()
    const { traceHash } = this.#world
    return { plan: this.#plan, tally: this.#tally, traceHash, settledAfterMs, violation }
  }

  #play(): number {
    const { calmMs, calmDelayMs, faultMs } = this.#plan
    this.#startCoordinator()
    for (let index = 0; index < this.#plan.nodeCount; index += 1) {
      const node = this.#createNode(index)
      this.#nodes.push(node)
      node.start()
    }
    this.#clients.begin()
    if (calmMs > 0) {
      this.#weather.calm(calmDelayMs)
      if (this.#plan.calmOutage) this.#processors[0]?.setStage({ delayMs: 0, failing: true })
      this.#passTime(calmMs)
      this.#checkCalm()
    }
    this.#weather.begin()
    this.#clients.lossy = true
    this.#scheduleForgetting(faultMs)
    this.#passTime(faultMs)
    return this.#heal()
  }

  /** Everything works from now on. Answers how long it took to settle what was open. */
  #heal(): number {
    this.#clients.lossy = false
    this.#clients.stop()
    this.#weather.heal()
    for (const node of this.#nodes) if (node.end === undefined) node.start()
    if (this.#coordinator === undefined) this.#startCoordinator()
    const healedAtMs = this.#world.nowMs
    for (;;) {
      this.#passTime(checkEveryMs)
      const { open } = this.#checkers
      if (open.length === 0 && this.#clients.idle) break
      if (open.length > 0 && this.#world.nowMs - healedAtMs > this.#plan.settleMsMax)
        this.#blameProgress(open)
    }
    const settledAfterMs = this.#world.nowMs - healedAtMs
    // What was held up on its way may arrive only now; it must find nothing to change.
    this.#passTime(this.#plan.attemptTimeoutMs * 2 + checkEveryMs)
    this.#checkers.finish()
    for (const node of this.#nodes) node.finish()
    return settledAfterMs
  }

  #blameProgress(open: readonly Posted[]): never {
    const [{ number, correlationId }] = open as readonly [Posted]
    const state = this.#coordinator?.engine.status(correlationId).state
    return this.#trace.blame(
      'progress',
      `${this.#plan.settleMsMax} ms after everything has healed, ${open.length} payments are open; payment ${number} is ${state}`,
    )
  }

  #passTime(spanMs: number): void {
    const untilMs = this.#world.nowMs + spanMs
    while (this.#world.nowMs < untilMs) {
      this.#world.runUntil(Math.min(untilMs, this.#world.nowMs + checkEveryMs))
      this.#checkers.check()
      if (this.#world.nowMs < this.#recountAtMs) continue
      this.#recountAtMs = this.#world.nowMs + recountEveryMs
      this.#coordinator?.engine.checkInvariants()
    }
  }

  #checkCalm(): void {
    const status = this.#coordinator?.coordinator.status()
    const { calmOutage, outageMsPerPercent } = this.#plan
    const holdMs = calmOutage ? ((feeBpsOf(1) - feeBpsOf(0)) / 100) * outageMsPerPercent : 0
    if (status === undefined || status.oldestQueuedAgeMs <= holdMs + calmAgeMsMax) return
    this.#trace.blame(
      'progress',
      `a processor works well, and ${status.queuedCount} payments wait, for up to ${status.oldestQueuedAgeMs} ms`,
    )
  }

  #createNode(index: number): SimNode {
    return new SimNode(index, {
      world: this.#world,
      plan: this.#plan,
      trace: this.#trace,
      tally: this.#tally,
      network: this.#network,
      secret: this.#plan.seed,
      onOffered: (correlationId, node, taken) => this.#checkers.onOffered(correlationId, node, taken),
    })
  }

  #killNode(): void {
    const node = this.#nodes[this.#prng.integer(0, this.#nodes.length - 1)]
    const end = node?.end
    if (node === undefined || end === undefined) return
    this.#tally.faults['API node died'] += 1
    this.#trace.note('node dies', node.index, end.unacknowledgedCount)
    node.kill()
    this.#checkers.onNodeDied(node.index, end)
    this.#world.after(this.#prng.unit() * 3000, () => {
      if (node.end === undefined) node.start()
    })
  }

  // — The coordinator's lives —

  #startCoordinator(): void {
    const running = createCoordinator({
      world: this.#world,
      plan: this.#plan,
      trace: this.#trace,
      posted: this.#posted,
      tally: this.#tally,
      polledAtMs: this.#polledAtMs,
      onEnded: payment => this.#checkers.onEnded(payment),
      lines: this.#lines,
      disk: this.#disk,
      hashSeed: this.#prng.uint32() >>> 1,
      wallClock: this.#wallClock,
      isHostile: problem => hostileProblem.test(problem),
    })
    if (running.log !== undefined) this.#checkers.onRecovered(running.engine)
    this.#coordinator = running
    running.coordinator.start(running.channel)
  }

  #scheduleForgetting(spanMs: number): void {
    if (this.#plan.purges) this.#world.after(this.#prng.unit() * spanMs, () => this.#purge())
    if (!this.#plan.crashes) return
    for (let count = this.#prng.integer(1, 3); count > 0; count -= 1) {
      this.#world.after(this.#prng.unit() * spanMs, () =>
        this.#prng.chance(stopChance) ? this.#stop() : this.#crash(),
      )
    }
  }

  #purge(): void {
    const running = this.#coordinator
    if (running === undefined) return
    this.#tally.faults.purge += 1
    this.#trace.note('purge')
    this.#checkers.onForgotten(running.engine)
    running.coordinator.onRequest('purge', {})
  }

  /** Memory is gone, connections break, and what is under way at the processors goes on there. */
  #crash(): void {
    const running = this.#coordinator
    if (running === undefined) return
    this.#tally.faults.crash += 1
    this.#trace.note('crash')
    if (running.log === undefined) this.#checkers.onForgotten(running.engine)
    else this.#checkers.onCrashed()
    this.#countCommits(running.log)
    const powerCut = this.#prng.chance(this.#plan.powerCutChance)
    if (powerCut && this.#disk !== undefined) this.#tally.faults['power cut'] += 1
    this.#disk = this.#disk?.crash({ powerCut, garbled: powerCut && this.#prng.chance(0.5) })
    this.#endCoordinator(running)
  }

  /** Its process is gone, and another one starts after a while. */
  #endCoordinator(running: RunningCoordinator): void {
    running.process.kill()
    this.#coordinator = undefined
    this.#network.killCoordinator()
    this.#world.after(this.#prng.unit() * 3000, () => {
      if (this.#coordinator === undefined) this.#startCoordinator()
    })
  }

  /** It is told to stop, settles what it can, and closes its journal: as `apps/coordinator` does it. */
  #stop(): void {
    const running = this.#coordinator
    if (running === undefined) return
    const { drainMsMax } = this.#plan
    const { coordinator, channel, engine, log } = running
    this.#tally.faults['stop in order'] += 1
    this.#trace.note('stop', engine.openCount)
    const stoppedAtMs = this.#world.nowMs
    let isOver = false
    this.#world.after(drainMsMax + drainSlackMs, () => {
      if (!isOver && this.#coordinator === running) this.#trace.blame('progress', 'a stop does not end')
    })
    channel.close()
    coordinator.stop(drainMsMax, ({ queuedCount, inFlightCount }) => {
      isOver = true
      const openCount = queuedCount + inFlightCount
      const drainedMs = this.#world.nowMs - stoppedAtMs
      this.#trace.note('drained', openCount)
      if (openCount !== engine.openCount || (openCount > 0 && drainedMs < drainMsMax))
        this.#trace.blame('progress', `a stop leaves ${openCount} payments open after ${drainedMs} ms`)
      // What is open is told to the next one. What is not on disk now never will be.
      const end = () => {
        if (log === undefined) this.#checkers.onForgotten(engine)
        else if (openCount > 0 || log.failure !== undefined) this.#checkers.onCrashed()
        this.#countCommits(log)
        this.#endCoordinator(running)
      }
      if (log === undefined) end()
      else
        log.close(() => {
          if (this.#coordinator === running) end()
        })
    })
  }

  #countCommits(log: Journal | undefined): void {
    this.#tally.commits += log?.status.commitCount ?? 0
    this.#tally.snapshots += log?.status.snapshotCount ?? 0
  }

  #countEnds(): void {
    this.#countCommits(this.#coordinator?.log)
    const status = this.#coordinator?.coordinator.status()
    this.#tally.settled = status?.settledCount ?? 0
    this.#tally.rejected = status?.rejectedCount ?? 0
    this.#tally.duplicates = status?.duplicateCount ?? 0
  }
}

/** Before any window that is compared. */
const foreignRequestedAtMs = 1_600_000_000_000

/** What the coordinator says of a peer that is none of ours. */
const hostileProblem = new RegExp(`^node (at )?${hostileName}: `)
