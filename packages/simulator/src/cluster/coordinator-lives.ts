import type { Prng } from '@rinha/base'
import { SimulatedDisk } from '@rinha/journal/simulated'
import type { Checkers } from './checkers.ts'
import type { Network } from './network.ts'
import type { WallClock } from './process.ts'
import { type CoordinatorContext, createCoordinator, type RunningCoordinator } from './running-coordinator.ts'

/** What may end a process of the coordinator. */
const stopChance = 0.4
/** What a stop may take beyond its drain. */
const drainSlackMs = 50
const restartMsMax = 3000

export interface LivesContext
  extends Omit<CoordinatorContext, 'disk' | 'hashSeed' | 'polledAtMs' | 'wallClock'> {
  readonly network: Network
  readonly checkers: Checkers
}

/** The processes of the coordinator, one after another on one machine: each is stopped, or dies, and the next one starts. */
export class CoordinatorLives {
  /** Of the machine. */
  readonly wallClock: WallClock = { errorMs: 0 }
  readonly #context: LivesContext
  readonly #prng: Prng
  /** When a coordinator last asked for a processor's health, whichever it was. */
  readonly #polledAtMs = new Map<number, number>()
  #disk: SimulatedDisk | undefined
  #running: RunningCoordinator | undefined
  #isStopping = false

  constructor(context: LivesContext) {
    const { world, plan } = context
    this.#context = context
    this.#prng = world.stream()
    if (plan.journal)
      this.#disk = new SimulatedDisk(world.stream(), (delayMs, run) => world.after(delayMs, run))
  }

  /** The one that lives; `undefined` between two. */
  get running(): RunningCoordinator | undefined {
    return this.#running
  }

  /** What outlives each of them, where they write a journal. */
  get disk(): SimulatedDisk | undefined {
    return this.#disk
  }

  /** Does nothing where one is running. */
  start(): void {
    if (this.#running !== undefined) return
    const hashSeed = this.#prng.uint32() >>> 1
    const [disk, polledAtMs, wallClock] = [this.#disk, this.#polledAtMs, this.wallClock]
    const running = createCoordinator({ ...this.#context, disk, hashSeed, polledAtMs, wallClock })
    if (running.log !== undefined) this.#context.checkers.onRecovered(running.engine)
    this.#running = running
    this.#isStopping = false
    running.coordinator.start(running.channel)
  }

  /** Some ends of processes, and perhaps a purge, in the time that follows. */
  scheduleEnds(spanMs: number): void {
    const { world, plan } = this.#context
    if (plan.purges) world.after(this.#prng.unit() * spanMs, () => this.#purge())
    if (!plan.crashes) return
    for (let count = this.#prng.integer(1, 3); count > 0; count -= 1) {
      world.after(this.#prng.unit() * spanMs, () =>
        this.#prng.chance(stopChance) ? this.#stop() : this.#crash(),
      )
    }
  }

  /** Adds what the one that lives has committed to the tally. */
  countCommits(): void {
    const { tally } = this.#context
    const status = this.#running?.log?.status
    tally.commits += status?.commitCount ?? 0
    tally.snapshots += status?.snapshotCount ?? 0
  }

  #purge(): void {
    const { tally, trace, checkers } = this.#context
    if (this.#running === undefined) return
    tally.faults.purge += 1
    trace.note('purge')
    checkers.onForgotten(this.#running.engine)
    this.#running.coordinator.onRequest('purge', {})
  }

  /** Memory is gone, connections break, and what is under way at the processors goes on there. */
  #crash(): void {
    const { tally, trace, plan } = this.#context
    if (this.#running === undefined) return
    tally.faults.crash += 1
    trace.note('crash')
    const powerCut = this.#prng.chance(plan.powerCutChance)
    if (powerCut && this.#disk !== undefined) tally.faults['power cut'] += 1
    this.#end(this.#running, powerCut, true)
  }

  /** It is told to stop, settles what it can, and closes its journal: as `apps/coordinator` does it. */
  #stop(): void {
    const { world, plan, tally, trace } = this.#context
    const running = this.#running
    if (running === undefined || this.#isStopping) return
    this.#isStopping = true
    tally.faults['stop in order'] += 1
    trace.note('stop', running.engine.openCount)
    const stoppedAtMs = world.nowMs
    let isOver = false
    world.after(plan.drainMsMax + drainSlackMs, () => {
      if (!isOver && this.#running === running) trace.blame('progress', 'a stop does not end')
    })
    running.channel.close()
    running.coordinator.stop(plan.drainMsMax, ({ queuedCount, inFlightCount }) => {
      isOver = true
      this.#onDrained(running, queuedCount + inFlightCount, world.nowMs - stoppedAtMs)
    })
  }

  #onDrained(running: RunningCoordinator, openCount: number, drainedMs: number): void {
    const { plan, trace } = this.#context
    trace.note('drained', openCount)
    if (openCount !== running.engine.openCount || (openCount > 0 && drainedMs < plan.drainMsMax))
      trace.blame('progress', `a stop leaves ${openCount} payments open after ${drainedMs} ms`)
    const { log } = running
    if (log === undefined) return this.#end(running, false, openCount > 0)
    log.close(() => {
      // It may have died before that.
      if (this.#running === running) this.#end(running, false, openCount > 0 || log.failure !== undefined)
    })
  }

  /** Its process is gone, and another one starts after a while. `isUnsure`: of some attempts the next one cannot know. */
  #end(running: RunningCoordinator, powerCut: boolean, isUnsure: boolean): void {
    const { world, network, checkers } = this.#context
    if (running.log === undefined) checkers.onForgotten(running.engine)
    else if (isUnsure) checkers.onCrashed()
    this.countCommits()
    this.#disk = this.#disk?.crash({ powerCut, garbled: powerCut && this.#prng.chance(0.5) })
    running.process.kill()
    this.#running = undefined
    network.killCoordinator()
    world.after(this.#prng.unit() * restartMsMax, () => this.start())
  }
}
