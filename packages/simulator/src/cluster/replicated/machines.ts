import { MemoryArchive } from '@rinha/archive/memory'
import { CoordinatorEnd } from '@rinha/channel'
import { type Led, Member, restoreSending, type SendingByName } from '@rinha/coordinator'
import type { FeePeriod } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import { type SimulatedConnection, SimulatedStream } from '@rinha/journal/simulated'
import type { World } from '../../world.ts'
import { type Following, isHostile, type Lives, type LivesContext } from '../coordinator-lives.ts'
import { addressesOf } from '../plan.ts'
import { Process, type WallClock } from '../process.ts'
import { createWork, type RunningCoordinator, reporter } from '../running-coordinator.ts'
import { feesBpsOf, processorNames } from '../watched-engine.ts'
import type { WireEnd } from '../wire.ts'
import { LeaderLine } from './leader-line.ts'
import type { LogWatch } from './log-watch.ts'
import { streamOf } from './process-stream.ts'
import { Upheavals } from './upheavals.ts'

/** A machine, on which one process after the other is a candidate. */
export interface Machine {
  readonly index: number
  readonly wallClock: WallClock
  /** It reaches no server of the log. */
  isCut: boolean
  life: Life | undefined
}

/** One process. */
interface Life {
  readonly machine: Machine
  readonly process: Process
  readonly connection: SimulatedConnection
  readonly channel: CoordinatorEnd
  readonly member: Member
  /** Since it leads, or has led. */
  work: RunningCoordinator | undefined
  following: Following | undefined
  /** How long it has been overruled, running and with nothing wrong with the log. */
  outlivedMs: number
  isStopping: boolean
}

/** A process that is told to stop ends after this time, whatever it does. */
const stopMsMax = 10_000
const restartMsMax = 3000
/** When all works, somebody leads within this time, and from then on nobody else does. */
const leaderlessMsMax = 10_000
/** An overruled leader that reaches the log learns it within a second; one that does not, ends after three, and waits for the log. */
const outlivedMsMax = 7000

/** Nobody may find the log damaged. */
const haltPattern = /cannot be read/

/**
 * The candidates of a replicated log, each on a machine of its own. What ships runs on each of them: `Member` with `Candidate`,
 * `Standby`, `StreamLog`, `Journal`, `Coordinator` and the coordinator's end of the channel. The log is a `SimulatedStream`, and
 * {@link Upheavals} decides what happens to it and to them.
 *
 * For the checkers, the coordinator of the cluster is the one that began to lead last, from then until its process ends. An
 * earlier leader may live on beside it. What that one still does is held against the log ({@link LogWatch}).
 */
export class Machines implements Lives {
  readonly disk = undefined
  readonly #context: LivesContext & { readonly log: LogWatch }
  readonly #world: World
  readonly #prng
  readonly stream: SimulatedStream
  readonly line: LeaderLine
  readonly #machines: readonly Machine[]
  readonly #upheavals: Upheavals
  readonly #archive = new MemoryArchive(run => run())
  #leader: Life | undefined
  /** Of the latest leader. */
  #epoch = 0
  #healedAtMs = Number.POSITIVE_INFINITY
  #checkedAtMs = 0

  constructor(context: LivesContext & { readonly log: LogWatch }) {
    const { world, plan, log } = context
    this.#context = context
    this.#world = world
    this.#prng = world.stream()
    this.stream = new SimulatedStream(world.stream(), (delayMs, run) => world.after(delayMs, run))
    this.stream.onStored = record => log.onStored(record)
    this.line = new LeaderLine(world, world.stream())
    this.#machines = addressesOf(plan).map((_, index) => ({
      index,
      wallClock: { errorMs: 0 },
      isCut: false,
      life: undefined,
    }))
    const [machines, stream, line] = [this.#machines, this.stream, this.line]
    this.#upheavals = new Upheavals({ ...context, prng: world.stream(), machines, stream, line }, this)
  }

  get running(): RunningCoordinator | undefined {
    return this.#leader?.work
  }

  get leader(): Machine | undefined {
    return this.#leader?.machine
  }

  get wallClock(): WallClock {
    return this.#prng.pick(this.#machines).wallClock
  }

  get hasFormerLeader(): boolean {
    return this.#machines.some(({ life }) => life !== this.#leader && life?.work !== undefined)
  }

  on(candidate: number): RunningCoordinator | undefined {
    return this.#machines[candidate]?.life?.work
  }

  door(candidate: number): ((stream: WireEnd) => void) | undefined {
    const life = this.#machines[candidate]?.life
    return (
      life &&
      (stream => {
        stream.process = life.process
        life.process.run(() => life.channel.onConnection(stream))
      })
    )
  }

  start(): void {
    for (const machine of this.#machines) this.#start(machine)
  }

  stall(durationMs: number): void {
    this.#leader?.process.stall(durationMs)
  }

  scheduleEnds(): void {
    this.#upheavals.begin()
  }

  heal(): void {
    this.#healedAtMs = this.#world.nowMs
    this.#upheavals.heal()
    for (const machine of this.#machines) this.#start(machine)
  }

  check(): void {
    this.#checkFormerLeaders()
    const stalledMs = Math.max(...this.#machines.map(({ life }) => life?.process.stalledMs ?? 0))
    const sinceMs = this.#world.nowMs - this.#healedAtMs
    if (stalledMs > 0 || sinceMs < leaderlessMsMax) return
    const leaderCount = this.#machines.filter(({ life }) => life?.work !== undefined).length
    if (leaderCount !== 1)
      this.#context.trace.blame('leadership', `${leaderCount} lead ${sinceMs} ms after everything has healed`)
  }

  /** A leader that is overruled learns it, or that it reaches no server of the log, and ends. */
  #checkFormerLeaders(): void {
    const { nowMs } = this.#world
    const passedMs = nowMs - this.#checkedAtMs
    this.#checkedAtMs = nowMs
    for (const { life } of this.#machines) {
      if (life?.work?.engine.isOverruled !== true) continue
      const isExcused = life.process.stalledMs > 0 || this.#upheavals.isLogTroubled
      life.outlivedMs = isExcused ? 0 : life.outlivedMs + passedMs
      if (life.outlivedMs > outlivedMsMax)
        this.#context.trace.blame('leadership', `an overruled leader lives for ${life.outlivedMs} ms more`)
    }
  }

  countEnds(): void {
    for (const { life } of this.#machines) this.#countCommits(life?.work?.log)
    const status = this.running?.coordinator.status()
    const { tally } = this.#context
    tally.settled += status?.settledCount ?? 0
    tally.rejected += status?.rejectedCount ?? 0
    tally.duplicates += status?.duplicateCount ?? 0
  }

  /** A process starts, as a standby. */
  #start(machine: Machine): void {
    if (machine.life !== undefined) return
    const { plan, trace } = this.#context
    const process = new Process(this.#world, plan.seed, machine.wallClock)
    const connection = this.stream.connect()
    connection.isCut = machine.isCut
    const leader = () => member.candidate.leader?.address
    const onNodeChange = (nodes: readonly string[]) => member.onNodeChange(nodes)
    const options = { ...plan, ...reporter({ plan, trace, isHostile }), leader, onNodeChange }
    const channel = new CoordinatorEnd(options, undefined, process)
    const member: Member = new Member(
      {
        address: addressesOf(plan)[machine.index] ?? '',
        processors: processorNames.slice(0, plan.processorCount),
        shard: plan.shard,
        paymentCountMax: plan.rememberedCountMax,
        hashSeed: this.#prng.uint32() >>> 1,
        journalId: process.chance.bytes(16),
        claimId: process.chance.bytes(16),
        patience: process.chance.unit(),
        segmentBytesMax: plan.segmentBytesMax,
      },
      {
        stream: streamOf(connection, process),
        line: this.line.of(connection, process),
        timers: process.timers,
        nowMs: () => process.time().nowMs,
        channel,
        open: (led, journal) => this.#lead(life, led, journal),
        onFailed: words => {
          trace.note(`a candidate fails: ${words}`, machine.index)
          if (haltPattern.test(words)) trace.blame('leadership', words)
          process.timers.after(0, () => this.#handOver(life))
        },
        onWritable: () => this.#context.checkers.onHealed(),
        onProblem: () => trace.note('a candidate has a problem', machine.index),
      },
    )
    const life: Life = {
      machine,
      process,
      connection,
      channel,
      member,
      work: undefined,
      following: undefined,
      outlivedMs: 0,
      isStopping: false,
    }
    machine.life = life
  }

  #lead(life: Life, led: Led, journal: Journal): ReturnType<ConstructorParameters<typeof Member>[1]['open']> {
    const { plan, trace, tally, log, checkers } = this.#context
    const { epoch } = led.log
    trace.note('leads', life.machine.index, epoch, led.ledger.count)
    tally.faults.takeover += 1
    if (this.#world.nowMs - this.#healedAtMs > leaderlessMsMax)
      trace.blame('leadership', `epoch ${epoch} begins although everything has healed long ago`)
    log.onLed(led)
    const isLatest = epoch > this.#epoch
    if (isLatest) this.#restore()
    const work = createWork(
      {
        ...this.#context,
        onEnded: payment => checkers.onEnded(payment),
        onForgotten: payment => checkers.onLeft(payment),
        onResubmitted: payment => checkers.onResubmitted(payment),
        archive: this.#archive,
      },
      life.process,
      { log: journal, ledger: led.ledger, term: { epoch, isReplicated: true } },
    )
    const { channel, process } = life
    const running = { ...work, channel, process, log: journal }
    life.work = running
    life.following = work.asking
    // One that stood still after its claim, or whose reader lags, may begin when a later one leads already.
    if (isLatest) this.#succeed(life, running)
    else work.engine.isOverruled = true
    const start = () => {
      this.#context.keepFees(running, feesBpsOf(plan))
      work.coordinator.start(channel)
      work.reconciler.start()
      life.following = this.#context.follow?.(running, life.machine.index)
      this.#context.onStart()
    }
    return { coordinator: work.coordinator, start }
  }

  /** What a person has set is in the log, where the next leader finds it. */
  #restore(): void {
    const { plan, log, sending, feePeriods } = this.#context
    const [states, fees] = [log.notes.get('sending') ?? '{}', log.notes.get('fees') ?? '[]']
    const names = processorNames.slice(0, plan.processorCount)
    sending.splice(0, names.length, ...restoreSending(names, JSON.parse(states) as SendingByName))
    feePeriods.splice(0, feePeriods.length, ...(JSON.parse(fees) as FeePeriod[]))
  }

  /** Checkers go by this one from now on. The one before may not know it yet. */
  #succeed(life: Life, { engine }: RunningCoordinator): void {
    const { checkers } = this.#context
    const before = this.running
    this.#leader = life
    this.#epoch = engine.epoch
    if (before !== undefined) {
      before.engine.isOverruled = true
      checkers.onCrashed()
      checkers.onGone()
    }
    checkers.onRecovered(engine)
  }

  /** SIGTERM, or a process that cannot go on. */
  stop({ life }: Machine): void {
    life?.process.run(() => this.#handOver(life))
  }

  #handOver(life: Life): void {
    if (life.isStopping || life.machine.life !== life) return
    life.isStopping = true
    const { trace, checkers } = this.#context
    trace.note('hands over', life.machine.index)
    if (this.#leader === life) checkers.onStopping()
    life.following?.stop()
    life.channel.close()
    life.member.handOver(() => this.#end(life))
    life.process.timers.after(stopMsMax, () => trace.blame('progress', 'a stop does not end'))
  }

  kill({ life }: Machine): void {
    if (life !== undefined) this.#end(life)
  }

  /** The process is gone, and another one starts after a while. */
  #end(life: Life): void {
    const { machine, process, connection, member, work } = life
    if (machine.life !== life) return
    const { network, checkers } = this.#context
    machine.life = undefined
    process.kill()
    life.following?.kill()
    connection.isDead = true
    member.candidate.stop()
    network.killCoordinator(machine.index)
    work?.reconciler.stop()
    this.#countCommits(work?.log)
    if (this.#leader === life) {
      this.#leader = undefined
      checkers.onCrashed()
    }
    if (work !== undefined) checkers.onGone()
    this.#world.after(this.#prng.unit() * restartMsMax, () => this.#start(machine))
  }

  #countCommits(log: Journal | undefined): void {
    this.#context.tally.commits += log?.status.commitCount ?? 0
    this.#context.tally.snapshots += log?.status.snapshotCount ?? 0
  }
}
