import type { Archive } from '@rinha/archive'
import type { MemoryArchive } from '@rinha/archive/memory'
import type { Cancel } from '@rinha/base'
import {
  type ChannelRequestKind,
  type ChannelRequests,
  CoordinatorEnd,
  type RequestAnswer,
} from '@rinha/channel'
import { Coordinator, type CoordinatorPorts, missingMark, openLog } from '@rinha/coordinator'
import type { Journal } from '@rinha/journal'
import type { SimulatedDisk } from '@rinha/journal/simulated'
import { Ledger } from '@rinha/ledger'
import type { ProcessorClient } from '@rinha/processor'
import type { Reconciler } from '@rinha/reconcile'
import type { SimProcessor } from '../processor.ts'
import { SimClient } from '../sim-client.ts'
import type { World } from '../world.ts'
import type { Line } from './line.ts'
import { hasArchive } from './plan.ts'
import { checkProblem } from './problems.ts'
import { Process, type WallClock } from './process.ts'
import { createReconciler } from './reconciling.ts'
import type { Asking } from './shards/asking.ts'
import type { Trace } from './trace.ts'
import { TurnWatch } from './turn-watch.ts'
import { DamageFound } from './violation.ts'
import { type EngineContext, processorNames, WatchedEngine } from './watched-engine.ts'

/** What a coordinator works with, whichever kind of log it has. */
export interface WorkContext extends Omit<EngineContext, 'turns'> {
  readonly world: World
  readonly lines: readonly Line[]
  readonly processors: readonly SimProcessor[]
  /** It has answered a node's request for a sum. */
  readonly onSummed?: (node: string) => void
  /** A process of shard 0 begins, and connects to the other shards. */
  readonly ask?: ((process: Process) => Asking) | undefined
}

export interface CoordinatorContext extends WorkContext {
  /** The disk, which outlives the coordinator, if it writes a journal. */
  readonly disk: SimulatedDisk | undefined
  readonly hashSeed: number
  readonly wallClock: WallClock
  /** Two processes have written on the disk side by side, as far as anybody knows: damage is no violation. */
  readonly isDamageExpected: boolean
  /** Another process has taken the journal. */
  readonly onLost: () => void
  /** The journal can be written again. */
  readonly onHealed: () => void
  /** The log line about a peer that is no node. */
  readonly isHostile: (problem: string) => boolean
}

/** The coordinator that ships, with an observer of when it said that its queue is too long, of purges and of sums. */
class WatchedCoordinator extends Coordinator {
  saidClosedAtMs = Number.NEGATIVE_INFINITY
  purgeCount = 0
  nowMs: () => number = () => 0
  onSummed: ((node: string) => void) | undefined

  override purge(...purge: Parameters<Coordinator['purge']>): void {
    this.purgeCount += 1
    super.purge(...purge)
  }

  override onRequest<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    node: string,
    answer: RequestAnswer<Kind>,
  ): Cancel | undefined {
    return super.onRequest(kind, params, node, result => {
      if (kind === 'summary' && result.ok) this.onSummed?.(node)
      answer(result)
    })
  }

  override retryAfterSeconds(): number {
    const seconds = super.retryAfterSeconds()
    if (seconds > 0) this.saidClosedAtMs = this.nowMs()
    return seconds
  }
}

/** The parts that live and die with one process of the coordinator. */
export interface RunningCoordinator {
  readonly coordinator: WatchedCoordinator
  readonly engine: WatchedEngine
  readonly channel: CoordinatorEnd
  readonly process: Process
  readonly log: Journal | undefined
  readonly reconciler: Reconciler
  /** What shard 0 has of the others. */
  readonly asking: Asking | undefined
}

/** A process with the coordinator that ships, as `apps/coordinator` starts one. */
export function createCoordinator(context: CoordinatorContext): RunningCoordinator {
  const { world, plan } = context
  const process = new Process(world, plan.seed, context.wallClock)
  const { log, ledger } = open(context, process)
  const work = createWork(context, process, { log, ledger })
  const onNodeChange = (nodes: readonly string[]) => work.coordinator.onNodeChange(nodes)
  const channel = new CoordinatorEnd(
    { ...plan, ...reporter(context), onNodeChange },
    work.coordinator,
    process,
  )
  return { ...work, channel, process, log }
}

/** The log lines of a coordinator's end of the channel: some of them must not come. */
export function reporter({
  plan,
  trace,
  isHostile,
}: Pick<CoordinatorContext, 'plan' | 'trace' | 'isHostile'>): {
  readonly onProblem: (problem: string) => void
} {
  return {
    onProblem: problem => {
      if (!isHostile(problem)) checkProblem(trace, 'coordinator', problem, plan.candidateCount > 0)
    },
  }
}

/** The coordinator that ships, between its processors and what it has of earlier ones. */
export function createWork(
  context: WorkContext,
  process: Process,
  { log, ledger, term }: Pick<CoordinatorPorts, 'log' | 'term'> & { readonly ledger: Ledger },
): Pick<RunningCoordinator, 'coordinator' | 'engine' | 'reconciler' | 'asking'> {
  const { world, plan, trace, lines } = context
  const turns = new TurnWatch(world, trace)
  // A purge that the process before this one could not pass on.
  if (context.archive.generation < ledger.forgotten.count) context.archive.begin(ledger.forgotten.count)
  const engine = new WatchedEngine({ ...context, turns }, ledger, process.time(), term)
  const names = processorNames.slice(0, plan.processorCount)
  const asking = context.ask?.(process)
  const { reconciler, ledgerSource } = createReconciler(context, ledger, process, asking?.ledgers)
  // Purges over the channel are off. A planned purge is asked for at the coordinator itself.
  const coordinator = new WatchedCoordinator(
    engine,
    {
      names,
      purgeAllowed: false,
      timeLineCountMax: 1000,
      queueWaitMsMax: plan.queueWaitMsMax,
      mark: missingMark(ledger, plan.shard),
    },
    {
      processors: lines.map((line, index) =>
        watched(new SimClient(world, line, plan), index, process, engine, turns),
      ),
      ...{ log, term, ledgerSource },
      archive: hasArchive(plan) ? archiveOf(context.archive, process) : undefined,
      time: () => process.time(),
      timers: process.timers,
      onEvent: event => trace.note(`the operator is told: ${event.kind}`),
    },
  )
  coordinator.nowMs = () => world.nowMs
  coordinator.onSummed = context.onSummed
  return { coordinator, engine, reconciler, asking }
}

/** A damaged journal is a violation. */
function open(
  context: CoordinatorContext,
  process: Process,
): { readonly log: Journal | undefined; readonly ledger: Ledger } {
  const { disk, plan, hashSeed, onHealed, onLost, isDamageExpected } = context
  const trace: Trace = context.trace
  const { processorCount, rememberedCountMax: paymentCountMax, segmentBytesMax } = plan
  if (disk === undefined)
    return { log: undefined, ledger: new Ledger({ processorCount, paymentCountMax, hashSeed }) }
  const options = {
    processors: processorNames.slice(0, processorCount),
    paymentCountMax,
    hashSeed,
    segmentBytesMax,
    shard: plan.shard,
    journalId: process.chance.bytes(16),
    onProblem: () => trace.note('the journal has a problem'),
    onWritable: () => {
      trace.note('the journal works again')
      onHealed()
    },
    onLost: () => {
      trace.note('the journal is taken')
      onLost()
    },
  }
  const opened = openLog(disk, options, process.timers)
  if (!opened.ok) {
    if (isDamageExpected) throw new DamageFound(opened.error)
    trace.blame('conservation', `the journal cannot be read: ${opened.error}`)
  }
  const { ledger } = opened.value
  trace.note('recovered', ledger.count, ledger.openCount)
  return opened.value
}

/** What this process sees of it: an answer is dropped once the process has died. */
function archiveOf(archive: MemoryArchive, process: Process): Archive {
  return {
    get generation() {
      return archive.generation
    },
    get count() {
      return archive.count
    },
    find: (ids, offset) => archive.find(ids, offset),
    add: (payments, done) => archive.add(payments, process.whileAlive(done)),
    begin: generation => archive.begin(generation),
    settled: (fromMs, toMs) => archive.settled(fromMs, toMs),
    discarded: () => archive.discarded(),
  }
}

/** Every call is observed. Its answer is dropped once the process has died. */
function watched(
  client: ProcessorClient,
  index: number,
  process: Process,
  engine: WatchedEngine,
  turns: TurnWatch,
): ProcessorClient {
  return {
    pay: (payment, done) => {
      turns.onCall()
      engine.watch.onBegun(payment, index)
      client.pay(payment, process.whileAlive(done))
    },
    lookUp: (correlationId, done) => {
      turns.onCall()
      client.lookUp(correlationId, process.whileAlive(done))
    },
    health: done => {
      turns.onCall()
      engine.watch.onPolled(index)
      client.health(
        process.whileAlive(outcome => {
          engine.watch.onHeard(index, outcome)
          done(outcome)
        }),
      )
    },
  }
}
