import { AssertionError, type Prng } from '@rinha/base'
import type { Sending } from '@rinha/engine'
import { SimProcessor } from '../processor.ts'
import { World, worldStartMs } from '../world.ts'
import { Checkers } from './checkers.ts'
import { Clients } from './clients.ts'
import { CoordinatorLives, type Lives } from './coordinator-lives.ts'
import { Line } from './line.ts'
import { MoneyChecker } from './money-checker.ts'
import { Network } from './network.ts'
import { SimNode } from './node.ts'
import { Operator } from './operator.ts'
import type { Plan } from './plan.ts'
import { type Posted, PostedPayments } from './posted.ts'
import { Reconciling } from './reconciling.ts'
import type { Recorded, Recording } from './recording.ts'
import { LogWatch } from './replicated/log-watch.ts'
import { Machines } from './replicated/machines.ts'
import { emptyTally, type Tally } from './tally.ts'
import { Trace } from './trace.ts'
import { type CheckerName, DamageFound, Violation } from './violation.ts'
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
/**
 * At the end of the calm, nothing may have waited for longer than this and the policy's hold budget. Noise is such that one
 * sound processor carries all that is posted: rare faults of every kind cost no throughput that shows here. A hiccup stops
 * a lane until its first probe: for a moment, or twice the guard.
 */
const calmAgeMsMax = 3000
/** At the end of the calm, nodes hold at most what comes in a second, and this much: a burst. */
const calmHeldCountMax = 30
/**
 * If every processor is late, the guard loses its worth first (10 s of patience, then 10 s), and then the backlog
 * drains at 2 s for each payment.
 */
const lateCalmAgeMsMax = 7000

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
  readonly #checkers: Checkers
  readonly #lives: Lives
  readonly #operator: Operator
  readonly #reconciling: Reconciling
  readonly #money: MoneyChecker
  readonly #sending: Sending[]
  #recountAtMs = 0

  constructor(plan: Plan, recording?: Recording) {
    this.#plan = plan
    this.#recording = recording
    this.#world = new World(plan.seed)
    this.#prng = this.#world.stream()
    this.#trace = new Trace(this.#world, recording)
    this.#posted = new PostedPayments(this.#world.stream())
    const [world, trace, tally, posted] = [this.#world, this.#trace, this.#tally, this.#posted]
    this.#processors = Array.from(
      { length: plan.processorCount },
      (_, index) => new SimProcessor(world, { name: processorNames[index] ?? `processor-${index}` }),
    )
    this.#lines = this.#processors.map(
      processor => new Line(world, processor, { plan, posted, trace, tally }),
    )
    const [processors, nodes] = [this.#processors, this.#nodes]
    const coordinator = () => this.#lives.running
    const log = plan.candidateCount > 0 ? new LogWatch(plan, trace) : undefined
    const door = (candidate: number) => this.#lives.door(candidate)
    this.#network = new Network({ world, plan, trace, tally, secret: plan.seed, door })
    const shown = { world, plan, processors, posted, trace, tally, coordinator }
    this.#checkers = new Checkers({
      ...shown,
      nodes,
      log,
      hasFormerLeader: () => this.#lives.hasFormerLeader,
    })
    this.#sending = processors.map(() => 'on')
    this.#money = new MoneyChecker({ plan, posted, trace, coordinator })
    const shared = { world, plan, posted, trace, tally, sending: this.#sending, ...this.#money.keeper }
    const lives = {
      ...shared,
      lines: this.#lines,
      processors,
      network: this.#network,
      checkers: this.#checkers,
      onStart: () => this.#clients?.postAgain(),
    }
    this.#lives = log === undefined ? new CoordinatorLives(lives) : new Machines({ ...lives, log })
    this.#weather = this.#createWeather()
    this.#operator = new Operator({
      ...shared,
      processors,
      coordinator,
      log,
    })
    this.#reconciling = new Reconciling({ world, plan, processors, posted, trace, coordinator })
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

  #createWeather(): Weather {
    return new Weather(
      this.#world,
      this.#plan,
      {
        processors: this.#processors,
        lines: this.#lines,
        network: this.#network,
        tally: this.#tally,
        stall: durationMs => this.#lives.stall(durationMs),
        killNode: () => this.#killNode(),
        wallClock: () => this.#lives.wallClock,
        disk: () => this.#lives.disk,
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
    this.#lives.countEnds()
    const { traceHash } = this.#world
    const report = { plan: this.#plan, tally: this.#tally, traceHash, settledAfterMs, violation }
    if (this.#recording === undefined) return report
    this.#recordStand()
    return { ...report, recorded: this.#recording.told(this.#posted.all.map(({ id }) => id)) }
  }

  #recordStand(): void {
    this.#recording?.stand(
      this.#world.nowMs - worldStartMs,
      this.#lives.running?.coordinator.status(),
      this.#nodes.map(({ end }) => end?.unacknowledgedCount),
    )
  }

  #play(): number {
    const { calmMs, calmDelayMs, faultMs } = this.#plan
    this.#lives.start()
    for (let index = 0; index < this.#plan.nodeCount; index += 1) {
      const node = this.#createNode(index)
      this.#nodes.push(node)
      node.start()
    }
    this.#clients.begin()
    this.#operator.begin()
    if (calmMs > 0) {
      this.#weather.calm(calmDelayMs)
      if (this.#plan.calmOutage) this.#processors[0]?.setStage({ delayMs: 0, failing: true })
      if (this.#plan.calmMute) this.#weather.mute()
      if (this.#plan.calmNoise !== 'none') this.#weather.calmNoise(this.#world.nowMs + calmMs)
      this.#passTime(calmMs)
      this.#checkCalm()
    }
    this.#weather.begin()
    this.#operator.beginOperating()
    this.#clients.lossy = true
    this.#lives.scheduleEnds(faultMs)
    this.#passTime(faultMs)
    return this.#heal()
  }

  /** Everything works from now on. Answers how long it took to settle what was open. */
  #heal(): number {
    this.#clients.lossy = false
    this.#clients.stop()
    this.#weather.heal()
    this.#operator.heal()
    for (const node of this.#nodes) {
      node.onWritten = undefined
      if (node.end === undefined) node.start()
    }
    this.#lives.heal()
    const healedAtMs = this.#world.nowMs
    const settleMsMax = this.#plan.settleMsMax + (this.#plan.healthIsStuck ? lastResortMsMax : 0)
    for (;;) {
      this.#passTime(checkEveryMs)
      const { open } = this.#checkers
      if (open.length === 0 && this.#clients.idle && this.#lives.running !== undefined) break
      if (open.length > 0 && this.#world.nowMs - healedAtMs > settleMsMax) this.#blameProgress(open)
    }
    const settledAfterMs = this.#world.nowMs - healedAtMs
    // What was held up on its way may arrive only now; it must find nothing to change.
    this.#passTime(this.#plan.attemptTimeoutMs * 2 + checkEveryMs)
    this.#checkers.finish()
    for (const node of this.#nodes) node.finish()
    this.#money.finish()
    this.#reconciling.finish()
    return settledAfterMs
  }

  #blameProgress(open: readonly Posted[]): never {
    const [{ number, correlationId }] = open as readonly [Posted]
    const state = this.#lives.running?.engine.status(correlationId).state
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
      this.#lives.check()
      this.#checkers.check()
      this.#reconciling.check()
      this.#money.check()
      if (this.#world.nowMs < this.#recountAtMs) continue
      this.#recountAtMs = this.#world.nowMs + recountEveryMs
      this.#lives.running?.engine.checkInvariants()
    }
  }

  #checkCalm(): void {
    const heldCount = this.#nodes.reduce((sum, { end }) => sum + (end?.unacknowledgedCount ?? 0), 0)
    if (heldCount > this.#plan.paymentsPerSecond + calmHeldCountMax)
      this.#trace.blame('progress', `the network works well, and ${heldCount} payments wait in the nodes`)
    const status = this.#lives.running?.coordinator.status()
    const { auditGuardMs, calmLate, calmNoise, calmOutage, outageMsPerPercent } = this.#plan
    const holdMs = calmOutage ? ((feeBpsOf(1) - feeBpsOf(0)) / 100) * outageMsPerPercent : 0
    const probeMs = calmNoise === 'none' ? 0 : 2 * auditGuardMs
    const ageMsMax = holdMs + probeMs + (calmLate ? lateCalmAgeMsMax : calmAgeMsMax)
    if (status === undefined || status.oldestQueuedAgeMs <= ageMsMax) return
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
      coordinator: candidate => this.#lives.on(candidate)?.engine,
      ...(this.#plan.candidateCount > 0 && { leader: () => this.#lives.running?.engine }),
      onOffered: (correlationId, node, taken) => this.#checkers.onOffered(correlationId, node, taken),
    })
  }

  /** The node dies at once, or in the middle of its answers. */
  #killNode(): void {
    const node = this.#prng.pick(this.#nodes)
    if (this.#prng.chance(0.3)) return this.#kill(node)
    node.onWritten = () => this.#world.after(this.#prng.unit(), () => this.#kill(node))
  }

  #kill(node: SimNode): void {
    const { end } = node
    if (end === undefined) return
    this.#tally.faults['API node died'] += 1
    this.#trace.note('node dies', node.index, end.unacknowledgedCount)
    const { isAstray } = node
    const delivered = node.kill()
    this.#checkers.onNodeDied(node.index, end, isAstray ? new Map() : delivered)
    this.#world.after(this.#prng.unit() * 3000, () => {
      if (node.end === undefined) node.start()
    })
  }
}

/** An instant before every window that is compared. */
const foreignRequestedAtMs = 1_600_000_000_000
