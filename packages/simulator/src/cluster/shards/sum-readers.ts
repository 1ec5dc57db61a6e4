import type { Prng } from '@rinha/base'
import { printInstant } from '@rinha/payment'
import { type World, worldStartMs } from '../../world.ts'
import type { HttpAnswer } from '../http.ts'
import type { SimNode } from '../node.ts'
import type { Plan } from '../plan.ts'
import type { PostedPayments } from '../posted.ts'
import type { Trace } from '../trace.ts'
import { processorNames } from '../watched-engine.ts'
import type { SumChecker, Totals, Window } from './sum-checker.ts'

interface SumReadersContext {
  readonly world: World
  readonly plan: Plan
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly nodes: readonly SimNode[]
  readonly sums: SumChecker
  /** By shard: when one of its coordinators last answered a request of each node for a sum. */
  readonly summedAtMs: readonly ReadonlyMap<string, number>[]
}

const readEveryMs = 400
/** How often a window that is final is asked for again. */
const againChance = 0.3

interface Answer {
  readonly totals: Totals
  readonly completeUpToMs: number | null
}

/**
 * Clients that ask nodes for sums, and then for windows of what is final. An answer has the sums of all shards: each has
 * answered the node since it was asked. It is refused only if a shard has not.
 */
export class SumReaders {
  readonly #context: SumReadersContext
  readonly #prng: Prng
  #stopped = false

  constructor(context: SumReadersContext, prng: Prng) {
    this.#context = context
    this.#prng = prng
  }

  begin(): void {
    this.#context.world.after(this.#prng.unit() * 2 * readEveryMs, () => {
      if (this.#stopped) return
      this.#read()
      this.begin()
    })
  }

  stop(): void {
    this.#stopped = true
  }

  #read(): void {
    const { final } = this.#context.sums
    if (final.length > 0 && this.#prng.chance(againChance)) return this.#readWindow(this.#prng.pick(final))
    this.#ask(this.#node(), '', ({ completeUpToMs }) => {
      if (completeUpToMs !== null && completeUpToMs > worldStartMs)
        this.#readWindow(this.#window(completeUpToMs))
    })
  }

  /** Its end is the last instant that is final, or that of an attempt. */
  #window(completeUpToMs: number): Window {
    const edges = this.#context.posted.all
      .slice(-edgesMax)
      .flatMap(({ attempts }) => attempts.at(-1)?.requestedAtMs ?? [])
      .filter(atMs => atMs <= completeUpToMs)
    const edge = (other: number) =>
      edges.length === 0 || this.#prng.chance(0.5) ? other : this.#prng.pick(edges)
    const [fromMs, toMs] = [edge(worldStartMs), edge(completeUpToMs)]
    return { fromMs: Math.min(fromMs, toMs), toMs }
  }

  #readWindow(window: Window): void {
    const query = `from=${printInstant(window.fromMs)}&to=${printInstant(window.toMs)}`
    this.#ask(this.#node(), query, ({ totals, completeUpToMs }) =>
      this.#context.sums.onAnswered(window, totals, completeUpToMs),
    )
  }

  #node(): SimNode {
    return this.#prng.pick(this.#context.nodes)
  }

  #ask(node: SimNode, query: string, onAnswer: (answer: Answer) => void): void {
    const { world, trace, plan } = this.#context
    const askedAtMs = world.nowMs
    node.request({ method: 'get', path: '/payments-summary', query }, answer => {
      if (answer === undefined) return
      const { status, body } = answer
      if (status === 503) return this.#checkRefusal(node, askedAtMs)
      // A window that ends within a second of archived time has no exact sum.
      if (status === 400 && plan.retainMs > 0) return
      if (status !== 200) trace.blame('reads', `a sum is answered ${status}: ${body}`)
      for (const [shard, summedAtMs] of this.#context.summedAtMs.entries())
        if ((summedAtMs.get(node.name) ?? 0) < askedAtMs)
          trace.blame('reads', `node ${node.index} answers a sum, and shard ${shard} has not answered`)
      onAnswer(read(answer, plan))
    })
  }

  #checkRefusal(node: SimNode, askedAtMs: number): void {
    if (node.channels.some(({ noWordAtMs }) => noWordAtMs >= askedAtMs)) return
    this.#context.trace.blame('reads', `node ${node.index} refuses a sum, and every shard has answered`)
  }
}

/** Windows begin and end at attempts of the latest payments. */
const edgesMax = 200

function read({ body, headers }: HttpAnswer, { processorCount }: Plan): Answer {
  // tidy: as the node prints it
  const rows = JSON.parse(body) as Record<string, { totalRequests: number; totalAmount: number }>
  const totals = processorNames.slice(0, processorCount).map(name => ({
    count: rows[name]?.totalRequests ?? 0,
    amountCents: Math.round((rows[name]?.totalAmount ?? 0) * 100),
  }))
  const upTo = headers['complete-up-to']
  return { totals, completeUpToMs: upTo === undefined ? null : Date.parse(upTo) }
}
