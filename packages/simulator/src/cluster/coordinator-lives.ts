import { MemoryArchive } from '@rinha/archive/memory'
import { Prng } from '@rinha/base'
import type { FeePeriod, Sending } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import { SimulatedDisk } from '@rinha/journal/simulated'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import type { Checkers } from './checkers.ts'
import { hostileName } from './hostile.ts'
import { type Intruder, startIntruder } from './intruder.ts'
import type { Line } from './line.ts'
import type { ShardNetwork } from './network.ts'
import type { Plan } from './plan.ts'
import type { KnownPayments } from './posted.ts'
import type { Process, WallClock } from './process.ts'
import { createCoordinator, type RunningCoordinator } from './running-coordinator.ts'
import type { Asking } from './shards/asking.ts'
import type { HeardPoll } from './shards/told-watch.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { feesBpsOf } from './watched-engine.ts'
import type { WireEnd } from './wire.ts'

/** What a process has of other shards: how it learns of health, or of their ledgers. */
export interface Following {
  /** The process stops in order. */
  stop(): void
  /** It is gone. */
  kill(): void
}

/** The coordinators of a shard, whatever happens to them. */
export interface Lives {
  /** The one that leads, and is alive. */
  readonly running: RunningCoordinator | undefined
  /** The clock of a machine, of whichever where there are several. */
  readonly wallClock: WallClock
  /** One that led before the one that leads lives on. */
  readonly hasFormerLeader: boolean
  /** Present if one coordinator writes a journal of its own. */
  readonly disk: SimulatedDisk | undefined
  /** The one that works on a machine. */
  on(candidate: number): RunningCoordinator | undefined
  /** Who takes connections on a machine. */
  door(candidate: number): ((stream: WireEnd) => void) | undefined
  start(): void
  stall(durationMs: number): void
  /** Lets what the plan has in store for them happen within the time that follows. */
  scheduleEnds(spanMs: number): void
  /** All that is down starts again, and nothing more happens. */
  heal(): void
  check(): void
  countEnds(): void
}

export interface LivesContext {
  readonly world: World
  readonly plan: Plan
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly lines: readonly Line[]
  readonly processors: readonly SimProcessor[]
  readonly network: ShardNetwork
  readonly checkers: Checkers
  /** A process starts. */
  readonly onStart: () => void
  /** When a coordinator of any shard last asked for a processor's health, whichever it was. */
  readonly polledAtMs: Map<number, number>
  /** By processor: what its health endpoint has said to shard 0. */
  readonly heard: readonly HeardPoll[][]
  /** A process has begun to work that learns of health from shard 0, or of ledgers from the others. */
  readonly follow?: (running: RunningCoordinator, candidate: number) => Following | undefined
  /** A process of shard 0 begins, and connects to the other shards. */
  readonly ask?: (process: Process) => Asking
  /** A coordinator has answered a node's request for a sum. */
  readonly onSummed?: (node: string) => void
  /** What the operator allows to be sent to each processor. A coordinator with a journal is given it at its start. */
  readonly sending: Sending[]
  readonly feePeriods: FeePeriod[]
  /** These fees are in force from now on. */
  readonly keepFees: (running: RunningCoordinator, feesBps: readonly number[]) => void
}

/** How often what ends a coordinator is a stop in order. */
const stopChance = 0.4
/** After the disk was lost. */
const recrashMsMax = 8000
/** How long the archive takes for what it is given. */
const addMsMax = 300
/** How long a stop may take beyond its drain. */
const drainSlackMs = 50

/**
 * The coordinator's processes, one after the other, and the disk that outlives them.
 *
 *   down → {@link start} → running → crash, or a stop that has drained → down, for up to three seconds
 *
 * A crash loses what memory has, and a power cut with it what was not synced. It tells the checkers what each end may
 * lose: with a journal nothing.
 */
export class CoordinatorLives implements Lives {
  readonly hasFormerLeader = false
  readonly wallClock: WallClock = { errorMs: 0 }
  readonly #context: LivesContext
  readonly #prng: Prng
  readonly #addPrng: Prng
  #following: Following | undefined
  #running: RunningCoordinator | undefined
  #stopping: RunningCoordinator | undefined
  #disk: SimulatedDisk | undefined
  readonly #archive: MemoryArchive
  /** What is on its way to the archive. */
  readonly #adds = new Set<() => void>()
  #intruder: Intruder | undefined
  /** A second coordinator has written on this disk, and the first one could not see it. */
  #isDamageExpected = false
  /** A coordinator on this disk knew that payments were sent which the disk does not have. */
  #knewPredecessor = false

  constructor(context: LivesContext) {
    const { world, plan } = context
    this.#context = context
    this.#prng = world.stream()
    this.#addPrng = new Prng(plan.seed ^ 0x61726368)
    this.#archive = new MemoryArchive(run => this.#addLater(run))
    if (plan.journal) this.#disk = this.#newDisk()
  }

  #newDisk(): SimulatedDisk {
    const { world } = this.#context
    return new SimulatedDisk(world.stream(), (delayMs, run) => world.after(delayMs, run))
  }

  /** It takes a while, and fails as often as the disk. */
  #addLater(run: () => void): void {
    const { world, plan } = this.#context
    this.#adds.add(run)
    world.after(this.#addPrng.unit() * addMsMax, () =>
      this.#add(run, this.#addPrng.chance(plan.diskTroubleChance)),
    )
  }

  #add(run: () => void, fails: boolean): void {
    if (!this.#adds.delete(run)) return
    this.#archive.problem = fails ? 'the disk is full' : undefined
    run()
  }

  /** `undefined` while it is down. */
  get running(): RunningCoordinator | undefined {
    return this.#running
  }

  /** Present if the coordinator writes a journal. */
  get disk(): SimulatedDisk | undefined {
    return this.#disk
  }

  on(): RunningCoordinator | undefined {
    return this.#running
  }

  door(): ((stream: WireEnd) => void) | undefined {
    const channel = this.#running?.channel
    return channel && (stream => channel.onConnection(stream))
  }

  heal(): void {
    if (this.#running === undefined) this.start()
  }

  check(): void {}

  /** A process starts, and reads the disk. */
  start(): void {
    this.#endIntruder()
    this.#context.onStart()
    if (!this.#context.plan.journal) {
      this.#context.sending.fill('on')
      this.#context.feePeriods.splice(0)
    }
    const running = createCoordinator({
      ...this.#context,
      wallClock: this.wallClock,
      onEnded: payment => this.#context.checkers.onEnded(payment),
      onForgotten: payment => this.#context.checkers.onLeft(payment),
      onResubmitted: payment => this.#context.checkers.onResubmitted(payment),
      onHealed: () => this.#context.checkers.onHealed(),
      onLost: () => this.#context.world.after(0, () => this.#stop()),
      isDamageExpected: this.#isDamageExpected,
      disk: this.#disk,
      archive: this.#archive,
      hashSeed: this.#prng.uint32() >>> 1,
      isHostile,
    })
    if (running.log !== undefined) this.#context.checkers.onRecovered(running.engine)
    running.engine.watch.knowsPredecessor = this.#knewPredecessor
    this.#running = running
    this.#context.keepFees(running, feesBpsOf(this.#context.plan))
    running.coordinator.start(running.channel)
    running.reconciler.start()
    this.#following = this.#context.follow?.(running, 0)
  }

  /** The event loop of the process that runs now stands still; not while it stops, for that is timed. */
  stall(durationMs: number): void {
    if (this.#running !== this.#stopping) this.#running?.process.stall(durationMs)
  }

  /** Lets some ends of processes, and in some plans a purge, happen within the time that follows. */
  scheduleEnds(spanMs: number): void {
    if (this.#context.plan.purges)
      this.#context.world.after(this.#prng.unit() * spanMs, () => this.#purgeAtSend())
    if (!this.#context.plan.crashes) return
    if (this.#context.plan.intruder !== 'none')
      this.#context.world.after(this.#prng.unit() * spanMs, () => this.#intrude())
    for (let count = this.#prng.integer(1, 3); count > 0; count -= 1) {
      this.#context.world.after(this.#prng.unit() * spanMs, () =>
        this.#prng.chance(stopChance) ? this.#stop() : this.#crash(),
      )
    }
  }

  /** When the coordinator next asks for a send: then there is one that has not begun. */
  #purgeAtSend(): void {
    const { world } = this.#context
    this.#running?.engine.watch.onNextSend(() => world.after(0, () => this.#purge()))
  }

  #purge(): void {
    const running = this.#running
    if (running === undefined) return
    const { world, tally, trace, checkers } = this.#context
    tally.faults.purge += 1
    trace.note('purge')
    checkers.onForgotten(running.engine)
    let answeredAtMs: number | undefined
    running.coordinator.purge('nobody', () => {
      answeredAtMs = world.nowMs
    })
    running.log?.whenSynced(() => {
      if (answeredAtMs !== undefined && answeredAtMs < world.nowMs)
        trace.blame('conservation', 'a purge is answered before the journal has it')
    })
  }

  /** Memory is lost and connections break; payments under way at the processors go on there. */
  #crash(): void {
    const running = this.#running
    if (running === undefined) return
    const { tally, trace, checkers, plan, world } = this.#context
    const losesDisk = plan.losesDisk && tally.faults.crash === 0
    tally.faults.crash += 1
    trace.note('crash')
    if (running.log === undefined || losesDisk) checkers.onForgotten(running.engine, true)
    else checkers.onCrashed()
    this.#countCommits(running.log)
    this.#endIntruder()
    const powerCut = this.#prng.chance(plan.powerCutChance)
    if (powerCut && this.#disk !== undefined) tally.faults['power cut'] += 1
    this.#disk = this.#disk?.crash({ powerCut, garbled: powerCut && this.#prng.chance(0.5) })
    this.#endCoordinator(running, losesDisk)
    if (!losesDisk) return
    this.#disk = this.#newDisk()
    world.after(this.#prng.unit() * recrashMsMax, () => this.#crash())
  }

  /**
   * The lock is removed, and another coordinator starts. If the first one notices, it ends by itself; otherwise it dies.
   * Facts that are being written at that moment are not confirmed, but cannot be told from confirmed ones. So if the first
   * one is to notice, nothing is being written.
   */
  #intrude(): void {
    const { world, plan, tally, trace } = this.#context
    const [running, disk] = [this.#running, this.#disk]
    if (disk === undefined || this.#intruder !== undefined) return
    if (running?.log === undefined || (plan.intruder === 'seen' && disk.isBusy))
      return void world.after(running === undefined ? 100 : 0.5, () => this.#intrude())
    tally.faults['second coordinator on the disk'] += 1
    trace.note('a second coordinator')
    this.#isDamageExpected = plan.intruder === 'unseen'
    this.#intruder = startIntruder(this.#context, disk, this.#prng)
    world.after(500 + this.#prng.unit() * 2000, () => {
      if (this.#running === running) this.#crash()
    })
  }

  #endIntruder(): void {
    this.#disk = this.#intruder?.end() ?? this.#disk
    if (this.#intruder !== undefined) this.#disk = this.#disk?.crash({ powerCut: false })
    this.#intruder = undefined
  }

  /** The process dies, and another one starts after a while. */
  #endCoordinator(running: RunningCoordinator, losesDisk = false): void {
    if (running.log !== undefined && !losesDisk) this.#passOn(running)
    running.process.kill()
    this.#following?.kill()
    this.#following = undefined
    for (const run of this.#adds) this.#add(run, this.#addPrng.chance(0.5))
    running.reconciler.stop()
    this.#running = undefined
    this.#context.checkers.onGone()
    this.#context.network.killCoordinator()
    this.#context.world.after(this.#prng.unit() * 3000, () => {
      if (this.#running === undefined) this.start()
    })
  }

  /** The journal tells the next one of a coordinator that is not in it, if this one knew. */
  #passOn({ engine }: RunningCoordinator): void {
    this.#knewPredecessor = engine.watch.knowsPredecessor
    if (this.#knewPredecessor) return
    for (const payment of this.#context.posted.all) payment.excused ||= payment.forgotten
  }

  /** The process is told to stop, settles what it can, and closes its journal, as `apps/coordinator` does. */
  #stop(): void {
    const running = this.#running
    // A coordinator that is stopping and stalls is not stopped twice: its drain time counts from the first stop.
    if (running === undefined || this.#stopping === running) return
    const { drainMsMax } = this.#context.plan
    const { coordinator, channel, engine, log } = running
    this.#context.tally.faults['stop in order'] += 1
    this.#context.trace.note('stop', engine.openCount)
    const stoppedAtMs = this.#context.world.nowMs
    let isOver = false
    this.#stopping = running
    this.#context.world.after(drainMsMax + drainSlackMs + running.process.stalledMs, () => {
      if (!isOver && this.#running === running) this.#context.trace.blame('progress', 'a stop does not end')
    })
    this.#context.checkers.onStopping()
    this.#following?.stop()
    channel.close()
    coordinator.stop(drainMsMax, ({ queuedCount, inFlightCount }) => {
      isOver = true
      const openCount = queuedCount + inFlightCount
      const drainedMs = this.#context.world.nowMs - stoppedAtMs
      this.#context.trace.note('drained', openCount)
      if (openCount !== engine.openCount || (openCount > 0 && drainedMs < drainMsMax))
        this.#context.trace.blame(
          'progress',
          `a stop leaves ${openCount} payments open after ${drainedMs} ms`,
        )
      // Open payments are passed on to the next process. Facts that are not on disk now never will be.
      const end = () => {
        if (log === undefined) this.#context.checkers.onForgotten(engine, true)
        else if (openCount > 0 || log.failure !== undefined) this.#context.checkers.onCrashed()
        this.#countCommits(log)
        this.#endCoordinator(running)
      }
      if (log === undefined) end()
      else
        log.close(() => {
          if (this.#running === running) end()
        })
    })
  }

  #countCommits(log: Journal | undefined): void {
    this.#context.tally.commits += log?.status.commitCount ?? 0
    this.#context.tally.snapshots += log?.status.snapshotCount ?? 0
  }

  countEnds(): void {
    this.#countCommits(this.#running?.log)
    const status = this.#running?.coordinator.status()
    const { tally } = this.#context
    tally.settled += status?.settledCount ?? 0
    tally.rejected += status?.rejectedCount ?? 0
    tally.duplicates += status?.duplicateCount ?? 0
  }
}

/** Whether a coordinator's log line is about a peer that is no node. */
export function isHostile(problem: string): boolean {
  return hostileProblem.test(problem)
}

const hostileProblem = new RegExp(`^(node|a stranger) (at )?${hostileName}: `)
