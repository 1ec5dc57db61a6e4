import type { Sending } from '@rinha/engine'
import { shardOf } from '@rinha/payment'
import type { Books, BooksTotal } from '@rinha/processor-model'
import type { World } from '../world.ts'
import { Checkers } from './checkers.ts'
import { CoordinatorLives, type Lives, type LivesContext } from './coordinator-lives.ts'
import { MoneyChecker } from './money-checker.ts'
import type { Network } from './network.ts'
import type { ChannelTarget, NodeChannel } from './node-channel.ts'
import { Operator } from './operator.ts'
import { type Plan, planOfShard } from './plan.ts'
import type { KnownPayments, Posted, PostedPayments } from './posted.ts'
import { Reconciling } from './reconciling.ts'
import { LogWatch } from './replicated/log-watch.ts'
import { Machines } from './replicated/machines.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import { beginAsking } from './shards/asking.ts'
import { beginFollowing } from './shards/following.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { Summed } from './window-checker.ts'

export interface ShardContext
  extends Pick<LivesContext, 'lines' | 'onStart' | 'polledAtMs' | 'heard' | 'processors'> {
  readonly world: World
  /** Of the run. */
  readonly plan: Plan
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly network: Network
  /** The shard that polls; `undefined`: this one does. */
  readonly polling: ChannelTarget | undefined
  /** All of them, once they are there. */
  readonly shards: readonly Shard[]
}

/**
 * One shard: its coordinators, its person, and the checkers that hold it to its part of the payments and of the limits. It has
 * nothing of the others' but what processors, network and nodes have of all.
 */
export class Shard implements ChannelTarget {
  readonly plan: Plan
  readonly checkers: Checkers
  readonly lives: Lives
  readonly money: MoneyChecker
  /** The channels of all nodes to it. */
  readonly nodes: NodeChannel[] = []
  readonly network: ChannelTarget['network']
  readonly leader: ChannelTarget['leader']
  /** When one of its coordinators last answered a request of each node for a sum. */
  readonly summedAtMs = new Map<string, number>()
  readonly #context: ShardContext
  readonly #posted: KnownPayments
  readonly #sending: Sending[]
  readonly #log: LogWatch | undefined

  constructor(index: number, context: ShardContext) {
    const { world, processors, trace } = context
    this.#context = context
    this.plan = planOfShard(context.plan, index)
    const { plan } = this
    this.#posted = context.posted.ofShard(index)
    this.#log = plan.candidateCount > 0 ? new LogWatch(plan, trace) : undefined
    this.#sending = processors.map(() => 'on')
    const shared = { ...context, plan, posted: this.#posted, coordinator: () => this.running }
    this.checkers = new Checkers({
      ...shared,
      recorded: processors.map(({ books }) =>
        plan.shard.count === 1 ? books : new BooksOfShard(books, plan),
      ),
      nodes: this.nodes,
      log: this.#log,
      hasFormerLeader: () => this.lives.hasFormerLeader,
    })
    this.money = new MoneyChecker(shared)
    const network = context.network.ofShard(index)
    this.network = network
    const { polling } = context
    const lives: LivesContext = {
      ...shared,
      network,
      checkers: this.checkers,
      sending: this.#sending,
      ...this.money.keeper,
      ...(polling && {
        follow: (running, candidate) => beginFollowing(running, candidate, index, { ...context, polling }),
      }),
      ...(plan.shard.count > 1 && polling === undefined && this.#asks(context)),
      onSummed: node => this.summedAtMs.set(node, world.nowMs),
    }
    this.lives =
      this.#log === undefined ? new CoordinatorLives(lives) : new Machines({ ...lives, log: this.#log })
    this.leader = this.#log && (() => this.running?.engine)
  }

  get running(): RunningCoordinator | undefined {
    return this.lives.running
  }

  readonly coordinator: ChannelTarget['coordinator'] = candidate => this.lives.on(candidate)?.engine

  /** The person who looks after it. */
  createOperator(): Operator {
    return new Operator({ ...this.#shared, sending: this.#sending, ...this.money.keeper, log: this.#log })
  }

  /** Shard 0 compares the payments of all. */
  createReconciling(): Reconciling {
    const { posted, shards } = this.#context
    const home = (correlationId: Uint8Array) => shards[shardOf(correlationId, shards.length)]?.running
    return new Reconciling({ ...this.#shared, ...(this.plan.shard.index === 0 && { posted }), home })
  }

  /** Each process of shard 0 asks the others. */
  #asks(context: ShardContext): Pick<LivesContext, 'ask' | 'follow'> {
    return {
      ask: process => beginAsking(process, context.shards.slice(1), context),
      follow: ({ asking }) => asking,
    }
  }

  get #shared() {
    return { ...this.#context, plan: this.plan, posted: this.#posted, coordinator: () => this.running }
  }

  /** Payments that must still be settled, or all if it does not run. */
  get open(): readonly Posted[] {
    return this.checkers.open
  }

  check(): void {
    this.lives.check()
    this.checkers.check()
    const { running, plan } = this
    if (running !== undefined && plan.shard.index > 0)
      running.engine.told.checkAge(running.coordinator.status().processors)
  }
}

/** What a processor has recorded of one shard's payments. */
class BooksOfShard implements Summed {
  readonly #books: Books
  readonly #plan: Plan
  readonly #rows: number[] = []
  #readCount = 0

  constructor(books: Books, plan: Plan) {
    this.#books = books
    this.#plan = plan
  }

  sum(fromMs: number, toMs: number): BooksTotal {
    this.#read()
    let [count, amountCents] = [0, 0]
    for (const row of this.#rows) {
      const atMs = this.#books.requestedAtMs(row)
      if (atMs < fromMs || atMs > toMs) continue
      count += 1
      amountCents += this.#books.rowAmountCents(row)
    }
    return { count, amountCents }
  }

  /** Books only grow. */
  #read(): void {
    const { index, count } = this.#plan.shard
    for (; this.#readCount < this.#books.count; this.#readCount += 1)
      if (shardOf(this.#books.correlationId(this.#readCount), count) === index)
        this.#rows.push(this.#readCount)
  }
}
