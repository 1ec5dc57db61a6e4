import type { Prng } from '@rinha/base'
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
 * then the coordinator.
 */
export class Clients {
  readonly #context: ClientsContext
  readonly #prng: Prng
  #stopped = false
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

  #post(payment: Posted, tries: number): void {
    const { world, plan, nodes, tally } = this.#context
    if (tries >= triesMax) return
    const node = nodes[this.#prng.integer(0, nodes.length - 1)]
    if (node === undefined) return
    let over = false
    const again = (delayMs: number) => {
      over = true
      world.after(delayMs, () => this.#post(payment, tries + 1))
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
    world.after(0.1 + this.#prng.unit(), () => {
      const taken = this.#offer(payment, node)
      if (answerLost) return
      world.after(0.1 + this.#prng.unit(), () => {
        if (taken) this.#told(payment, node)
        else again(100 + this.#prng.unit() * 400)
      })
    })
  }

  #offer(payment: Posted, node: SimNode): boolean {
    const { trace, onTaken } = this.#context
    // The node reads the body into bytes that it uses again for the next one.
    scratch.set(payment.correlationId)
    const taken = node.offerPayment(scratch, payment.amountCents)
    scratch.fill(0)
    trace.note(taken ? 'taken' : 'buffer full', payment.number, node.index)
    if (!taken) return false
    const isFirst = payment.takenBy === 0
    payment.takenBy |= 1 << node.index
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
      const node = nodes[this.#prng.integer(0, nodes.length - 1)]
      if (node !== undefined && this.#prng.chance(0.1)) this.#readSummary(node)
      // Most of the time one of the latest: those are still moving.
      const newest = posted.all.length - 1
      const oldest = this.#prng.chance(0.8) ? Math.max(0, newest - 30) : 0
      const payment = newest < 0 ? undefined : posted.all[this.#prng.integer(oldest, newest)]
      if (node !== undefined && payment !== undefined) this.#readStatus(payment, node)
      if (!this.#stopped) this.#readNext()
    })
  }

  /** A node that said 202 never answers 404 afterwards. */
  #readStatus(payment: Posted, node: SimNode): void {
    const told = (payment.toldBy & (1 << node.index)) !== 0
    const held = node.buffer.holds(payment.correlationId)
    node.request('status', { correlationId: payment.correlationId }, report => {
      if (!report.ok || report.value.state !== 'absent' || held || !told || payment.forgotten) return
      this.#context.trace.blame('reads', `node ${node.index} said 202 to payment ${payment.number}, then 404`)
    })
  }

  /** What the summary counts, the processors have recorded. */
  #readSummary(node: SimNode): void {
    node.request('summary', { fromMs: null, toMs: null }, report => {
      if (!report.ok) return
      const count = report.value.reduce((sum, total) => sum + total.count, 0)
      const recordedCount = this.#context.recordedCount()
      if (count <= recordedCount) return
      this.#context.trace.blame('reads', `the summary counts ${count}, the processors ${recordedCount}`)
    })
  }
}

const scratch = new Uint8Array(16)
