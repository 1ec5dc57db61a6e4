import type { Prng } from '@rinha/base'
import type { NodeEnd } from '@rinha/channel'
import type { World } from '../world.ts'
import type { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import type { Posted, PostedPayments } from './posted.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

export interface ClientsContext {
  readonly world: World
  readonly plan: Plan
  readonly nodes: readonly SimNode[]
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  /** A node has taken the payment: from now on it is owed. */
  readonly onTaken: (posted: Posted) => void
  /** Somebody else pays under this id, at every processor. */
  readonly onForeign: (posted: Posted) => void
  /** Payments that all processors together have recorded. */
  readonly recordedCount: () => number
}

/** How often the same payment is posted, with answers lost and 503 counted. */
const triesMax = 8
const readEveryMs = 150

/**
 * The world in front of the API nodes: users who post payments, lose patience and post them again under the same id,
 * wherever the load balancer sends them; and who read the status of what they were told is accepted. What a node says
 * is here what `apps/api` says: 202 when the send buffer took it, 503 when it did not, and for a status first the buffer,
 * then the coordinator. Where a node is down, or dies before it has answered, the load balancer sends the post on to
 * another one, as HAProxy does: the same payment may then come to the coordinator from two.
 */
export class Clients {
  readonly #context: ClientsContext
  readonly #prng: Prng
  #stopped = false
  /** Reads that have no answer yet, by the life of the node that was asked. */
  readonly #unanswered = new Map<NodeEnd, number>()
  /** Whether requests and answers get lost on their way to the node. */
  lossy = false

  constructor(context: ClientsContext) {
    this.#context = context
    this.#prng = context.world.stream()
  }

  begin(): void {
    this.#arriveNext()
    this.#readNext()
  }

  /** Nobody posts anything new; what was begun is brought to its end. */
  stop(): void {
    this.#stopped = true
  }

  #arriveNext(): void {
    const { world, plan, posted } = this.#context
    const meanMs = 1000 / plan.paymentsPerSecond
    // Exponential gaps, and now and then several at once: a batch in one turn of a node.
    const burst = this.#prng.chance(0.02) ? this.#prng.integer(2, 30) : 1
    const gapMs = -Math.log(1 - this.#prng.unit()) * meanMs * (burst > 1 ? burst / 2 : 1)
    world.after(gapMs, () => {
      if (this.#stopped || posted.all.length >= plan.paymentCountMax) return
      for (let count = 0; count < burst; count += 1) this.#create()
      this.#arriveNext()
    })
  }

  #create(): void {
    const { posted, tally, onForeign } = this.#context
    const payment = posted.create()
    tally.payments += 1
    if (payment.kind === 'foreign') onForeign(payment)
    this.#post(payment, 0)
    // A double click: the same payment at the same time, perhaps at another node.
    if (this.#prng.chance(0.03)) this.#post(payment, triesMax - 1)
  }

  /** `avoided`: the node at which it was tried just before. */
  #post(payment: Posted, tries: number, avoided?: SimNode): void {
    const { world, plan, nodes, tally } = this.#context
    if (tries >= triesMax) return
    const node = avoided === undefined ? this.#pick(nodes) : this.#pick(this.#others(avoided))
    let over = false
    const again = (delayMs: number, unfit?: SimNode) => {
      over = true
      world.after(delayMs, () => this.#post(payment, tries + 1, unfit))
    }
    const requestLost = this.lossy && this.#prng.chance(0.02)
    const answerLost = this.lossy && this.#prng.chance(0.03)
    if (requestLost || answerLost) {
      tally.faults[requestLost ? 'client request lost' : 'client timed out'] += 1
      world.after(plan.clientTimeoutMs, () => {
        if (!over) again(0)
      })
    }
    if (requestLost) return
    const told503 = () => again(100 + this.#prng.unit() * 400)
    const sendOn = () => {
      if (!this.#others(node).some(({ end }) => end !== undefined)) return told503()
      tally.faults['post sent on to another node'] += 1
      again(0, node)
    }
    world.after(0.1 + this.#prng.unit(), () => {
      const { end } = node
      if (end === undefined) return sendOn()
      const taken = this.#offer(payment, node, end)
      if (answerLost) return
      world.after(0.1 + this.#prng.unit(), () => {
        if (node.end !== end) sendOn()
        else if (taken) this.#told(payment, node)
        else told503()
      })
    })
  }

  #others(node: SimNode): readonly SimNode[] {
    return this.#context.nodes.filter(other => other !== node)
  }

  #pick(nodes: readonly SimNode[]): SimNode {
    return nodes[this.#prng.integer(0, nodes.length - 1)] as SimNode
  }

  #offer(payment: Posted, node: SimNode, end: NodeEnd): boolean {
    const { trace, onTaken } = this.#context
    // The node reads the body into bytes that it uses again for the next one.
    scratch.set(payment.correlationId)
    const taken = end.offerPayment(scratch, payment.amountCents) !== undefined
    scratch.fill(0)
    trace.note(taken ? 'taken' : 'buffer full', payment.number, node.index)
    if (!taken) return false
    const isFirst = payment.takenBy === 0
    payment.takenBy |= 1 << node.index
    payment.exposed = false
    if (isFirst) onTaken(payment)
    return true
  }

  #told(payment: Posted, node: SimNode): void {
    if (payment.toldBy === 0) this.#context.tally.accepted += 1
    payment.toldBy |= 1 << node.index
  }

  #readNext(): void {
    const { world, nodes, posted } = this.#context
    world.after(this.#prng.unit() * 2 * readEveryMs, () => {
      const { index, end } = this.#pick(nodes)
      if (end !== undefined && this.#prng.chance(0.1)) this.#readSummary(end)
      // Most of the time one of the latest: those are still moving.
      const newest = posted.all.length - 1
      const oldest = this.#prng.chance(0.8) ? Math.max(0, newest - 30) : 0
      const payment = newest < 0 ? undefined : posted.all[this.#prng.integer(oldest, newest)]
      if (end !== undefined && payment !== undefined) this.#readStatus(payment, index, end)
      if (!this.#stopped) this.#readNext()
    })
  }

  /** A node that said 202 never answers 404 afterwards. */
  #readStatus(payment: Posted, index: number, end: NodeEnd): void {
    const told = (payment.toldBy & (1 << index)) !== 0
    const held = end.holdsPayment(payment.correlationId)
    const answered = this.#ask(end)
    end.request('status', { correlationId: payment.correlationId }, report => {
      answered()
      if (!report.ok || report.value.state !== 'absent' || held || !told || payment.forgotten) return
      this.#context.trace.blame('reads', `node ${index} said 202 to payment ${payment.number}, then 404`)
    })
  }

  /** What the summary counts, the processors have recorded. */
  #readSummary(end: NodeEnd): void {
    const answered = this.#ask(end)
    end.request('summary', { fromMs: null, toMs: null }, report => {
      answered()
      if (!report.ok) return
      const count = report.value.reduce((sum, total) => sum + total.count, 0)
      const recordedCount = this.#context.recordedCount()
      if (count <= recordedCount) return
      this.#context.trace.blame('reads', `the summary counts ${count}, the processors ${recordedCount}`)
    })
  }

  /** A read begins. Answers what is to be called with its answer: once, or somebody waits for ever. */
  #ask(end: NodeEnd): () => void {
    let answered = false
    this.#unanswered.set(end, (this.#unanswered.get(end) ?? 0) + 1)
    return () => {
      if (answered) this.#context.trace.blame('reads', 'a read was answered twice')
      answered = true
      this.#unanswered.set(end, (this.#unanswered.get(end) ?? 0) - 1)
    }
  }

  /** Long after the last read: each was answered, except where the node died in between. */
  finish(): void {
    for (const { index, end } of this.#context.nodes) {
      const count = end === undefined ? 0 : (this.#unanswered.get(end) ?? 0)
      if (count > 0) this.#context.trace.blame('reads', `node ${index} never answered ${count} reads`)
    }
  }
}

const scratch = new Uint8Array(16)
