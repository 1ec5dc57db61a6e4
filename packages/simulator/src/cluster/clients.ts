import type { Prng } from '@rinha/base'
import { type AckLevel, ackLevels, localAckLevels } from '@rinha/node'
import { printCents } from '@rinha/payment'
import { CallTimeout } from '../call-timeout.ts'
import type { World } from '../world.ts'
import type { AnswerChecker } from './answers.ts'
import type { HttpAnswer, HttpMessage } from './http.ts'
import type { SimNode } from './node.ts'
import type { Plan } from './plan.ts'
import type { Posted, PostedPayments } from './posted.ts'
import { Readers } from './readers.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

export interface ClientsContext {
  readonly world: World
  readonly plan: Plan
  readonly nodes: readonly SimNode[]
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  /** What checks the answers about a payment. */
  readonly answers: (payment: Posted) => AnswerChecker
  /** Another system posts payments under this id, at every processor. */
  readonly onForeign: (posted: Posted) => void
  /** Payments that all processors together have recorded. */
  readonly recordedCount: () => number
}

/** How often the same payment is posted, with answers lost and 503 counted. */
const triesMax = 3
/** How often a client that has lost patience, or was answered 503, posts again. */
const insistsChance = 0.4

/** How often, at each arrival, a client posts another payment under an id that is taken. */
const otherAmountChance = 0.05

/** How many of the latest payments are posted again after a restart, where look-ups may lag. */
const latestCount = 50

/** How one try ends: its client is content (or leaves it at that), or posts again. */
type Ending = 'over' | { readonly afterMs: number; readonly avoided?: SimNode }

/**
 * The world in front of the API nodes: users who post payments over HTTP, lose patience and post them again under the same
 * id, wherever the load balancer sends them; and {@link Readers}. Where a node is down, or dies before it has answered,
 * the load balancer sends the post on to another one, as HAProxy does: the same payment may then come to the coordinator
 * from two.
 */
export class Clients {
  readonly #context: ClientsContext
  readonly #prng: Prng
  readonly #readers: Readers
  readonly #patience: CallTimeout<Ending | 'late'>
  #stopped = false
  #openCount = 0
  /** Whether requests and answers get lost on their way to the node. */
  lossy = false

  constructor(context: ClientsContext) {
    this.#context = context
    this.#prng = context.world.stream()
    this.#readers = new Readers(context, this.#prng)
    this.#patience = new CallTimeout<Ending | 'late'>(context.world, context.plan.clientTimeoutMs, 'late')
  }

  begin(): void {
    this.#arriveNext()
    this.#readers.begin()
  }

  /** No new payments are posted; what was begun is completed. */
  stop(): void {
    this.#stopped = true
    this.#readers.stop()
  }

  /** No client waits for an answer, or to post again. */
  get idle(): boolean {
    return this.#openCount === 0
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
      if (this.#prng.chance(otherAmountChance)) this.#postOtherAmount()
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

  /** Only after the id is known for good. A coordinator that has forgotten the id would accept this post as the payment. */
  #postOtherAmount(): void {
    const { posted, answers, tally } = this.#context
    const payment = this.#prng.pick(posted.all)
    if (!answers(payment).isKnownForGood(payment)) return
    tally.faults['posted with another amount'] += 1
    this.#post(payment, triesMax - 1, undefined, payment.amountCents + 1)
  }

  /** After a restart, some clients that were answered 202 post again, sooner or later. */
  postAgain(): void {
    const { plan, posted } = this.#context
    if (this.#stopped || posted.all.length === 0) return
    for (let count = 0; count < 20; count += 1) this.#postLater(this.#prng.pick(posted.all), 5000)
    // Look-ups may not find the latest ones yet.
    if (plan.lookUpLagMsMax > 0)
      for (const payment of posted.all.slice(-latestCount)) this.#postLater(payment, plan.lookUpLagMsMax)
  }

  #postLater(payment: Posted, delayMsMax: number): void {
    this.#openCount += 1
    this.#context.world.after(this.#prng.unit() * delayMsMax, () => {
      this.#openCount -= 1
      this.#post(payment, triesMax - 1)
    })
  }

  /** `avoided`: the node at which it was tried just before. */
  #post(payment: Posted, tries: number, avoided?: SimNode, amountCents = payment.amountCents): void {
    if (tries >= triesMax) return
    const { world, plan, nodes, answers } = this.#context
    const node = this.#prng.pick(avoided === undefined ? nodes : nodes.filter(other => other !== avoided))
    const levels = plan.candidateCount > 0 ? ackLevels : localAckLevels
    const asked = this.#prng.chance(0.5) ? levels[this.#prng.integer(0, levels.length - 1)] : undefined
    const requestLost = this.lossy && this.#prng.chance(0.02)
    const answerLost = this.lossy && this.#prng.chance(0.03)
    let leave = () => {}
    this.#openCount += 1
    const end = this.#patience.guard(ending => {
      const next = ending === 'late' ? this.#onLate(requestLost) : ending
      if (ending === 'late') leave()
      if (next === 'over') this.#openCount -= 1
      else {
        world.after(next.afterMs, () => {
          this.#openCount -= 1
          this.#post(payment, tries + 1, next.avoided)
        })
      }
    })
    if (requestLost) return
    world.after(this.#wayMs(), () => {
      const wasKnown = answers(payment).isKnownForGood(payment)
      const exchange = node.request(postOf(payment.id, amountCents, asked), (answer, open) => {
        const isConflict = amountCents !== payment.amountCents
        if (answer !== undefined)
          answers(payment).onAnswer(
            { payment, isConflict, wasKnown },
            asked,
            node.channelOf(payment),
            open,
            answer,
          )
        if (!answerLost) world.after(this.#wayMs(), () => end(this.#told(answer, node)))
      })
      if (exchange === undefined) return end(this.#sendOn(node))
      // A request takes time to reach the node, and so does the news that a client has left.
      leave = () => world.after(this.#wayMs(), () => exchange.leave())
    })
  }

  #onLate(requestLost: boolean): Ending {
    this.#context.tally.faults[requestLost ? 'client request lost' : 'client timed out'] += 1
    return this.#insist(0)
  }

  #told(answer: HttpAnswer | undefined, node: SimNode): Ending {
    if (answer === undefined) return this.#sendOn(node)
    return answer.status === 503 ? this.#insist(100 + this.#prng.unit() * 400) : 'over'
  }

  #insist(afterMs: number): Ending {
    return this.#prng.chance(insistsChance) ? { afterMs } : 'over'
  }

  #sendOn(node: SimNode): Ending {
    const { nodes, tally } = this.#context
    if (!nodes.some(other => other !== node && other.isUp)) return { afterMs: 100 + this.#prng.unit() * 400 }
    tally.faults['post sent on to another node'] += 1
    return { afterMs: 0, avoided: node }
  }

  #wayMs(): number {
    return 0.1 + this.#prng.unit()
  }
}

function postOf(id: string, amountCents: number, asked: AckLevel | undefined): HttpMessage {
  const body = `{"correlationId":"${id}","amount":${printCents(amountCents)}}`
  return {
    method: 'post',
    path: '/payments',
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      ...(asked && { prefer: `ack=${asked}` }),
    },
    body,
  }
}
