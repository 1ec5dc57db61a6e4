import type { Prng } from '@rinha/base'
import { printInstant } from '@rinha/payment'
import { worldStartMs } from '../world.ts'
import type { ClientsContext } from './clients.ts'
import type { HttpAnswer, HttpMessage } from './http.ts'
import type { SimNode } from './node.ts'
import type { Posted } from './posted.ts'

const readEveryMs = 250
/** In the calm: the time from the end of a payment until a client that waits for it is answered. */
const promptMsMax = 500

/** Requests that no client of this API needs, each with the status it has to get. */
const oddRequests: readonly (readonly [number, HttpMessage])[] = [
  [200, { method: 'get', path: '/health' }],
  [400, post('{"correlationId":"1","amount":1}')],
  [400, post('')],
  [400, { method: 'get', path: '/payments/1' }],
  [400, { method: 'get', path: '/payments-summary', query: 'from=yesterday' }],
  [403, { method: 'post', path: '/purge-payments' }],
  [404, { method: 'get', path: '/payments/' }],
  [404, { method: 'post', path: '/' }],
  [405, { method: 'head', path: '/payments' }],
  [405, { method: 'put', path: '/payments-summary' }],
  [413, post(' '.repeat(2000))],
  [413, { ...post(''), headers: { 'content-type': 'application/json', 'content-length': '2000' } }],
  [415, { ...post('{}'), headers: { 'content-type': 'text/plain' } }],
]

function post(text: string): HttpMessage {
  return { method: 'post', path: '/payments', headers: { 'content-type': 'application/json' }, body: text }
}

/** Clients that read, over HTTP, the status of payments and the summary, and that ask for payments which do not exist. */
export class Readers {
  readonly #context: ClientsContext
  readonly #prng: Prng
  #stopped = false

  constructor(context: ClientsContext, prng: Prng) {
    this.#context = context
    this.#prng = prng
  }

  begin(): void {
    const { world, nodes, posted } = this.#context
    world.after(this.#prng.unit() * 2 * readEveryMs, () => {
      const node = this.#prng.pick(nodes)
      if (this.#prng.chance(0.1)) this.#readSummary(node)
      if (this.#prng.chance(0.1)) this.#askOddly(node)
      // Most of the time one of the latest: those are still moving.
      const newest = posted.all.length - 1
      const oldest = this.#prng.chance(0.8) ? Math.max(0, newest - 30) : 0
      const payment = newest < 0 ? undefined : posted.all[this.#prng.integer(oldest, newest)]
      if (payment !== undefined) this.#readStatus(payment, node)
      if (!this.#stopped) this.begin()
    })
  }

  stop(): void {
    this.#stopped = true
  }

  /** A node that said 202 never answers 404 afterwards; what it holds it always knows. */
  #readStatus(payment: Posted, node: SimNode): void {
    const wasTold = (payment.toldBy & (1 << node.index)) !== 0
    const channel = node.channelOf(payment)
    const isHeld = channel.end?.holdsPayment(payment.correlationId) === true
    const { waitsChance } = this.#context.plan
    const waitSeconds = waitsChance > 0 && this.#prng.chance(waitsChance) ? this.#prng.integer(1, 4) : 0
    const onWaited = waitSeconds > 0 ? this.#waitFor(payment, waitSeconds) : () => {}
    const headers: Record<string, string> = waitSeconds > 0 ? { prefer: `wait=${waitSeconds}` } : {}
    const message = { method: 'get', path: `/payments/${payment.id}`, headers } as const
    const exchange = this.#get(node, message, answer => {
      const { status, body } = answer
      onWaited(answer)
      if (status === 404 && wasTold && !payment.forgotten && !channel.isAstray)
        this.#blame(`node ${node.index} said 202 to payment ${payment.number}, then 404`)
      if (status !== 200 && isHeld && !(waitSeconds > 0 && payment.forgotten))
        this.#blame(`node ${node.index} holds payment ${payment.number} and answers ${status}`)
      if (status !== 200) return
      // tidy: as the node prints it
      const { correlationId, amount } = JSON.parse(body) as { correlationId: string; amount?: number }
      const isRight = amount === undefined || Math.round(amount * 100) === payment.amountCents
      if (correlationId !== payment.id || !isRight)
        this.#blame(`payment ${payment.number} is told as ${body}`)
    })
    // Some clients do not wait for it.
    if (this.#prng.chance(0.05)) this.#context.world.after(this.#prng.unit() * 5, () => exchange?.leave())
  }

  /** The coordinator's word comes when the payment has ended, or when the time is up; and in the calm at once. */
  #waitFor(payment: Posted, waitSeconds: number): (answer: HttpAnswer) => void {
    const { world, plan, tally } = this.#context
    const waitMs = Math.min(waitSeconds, plan.waitSecondsMax) * 1000
    const beganMs = world.nowMs
    let endedLongBefore = false
    world.after(waitMs - promptMsMax, () => {
      endedLongBefore = payment.ended
    })
    return ({ status, body, headers }) => {
      if (status !== 200) return
      // tidy: as the node prints it
      const { state } = JSON.parse(body) as { state: string }
      const isOver = world.nowMs >= beganMs + waitMs
      const isOpen = state === 'queued' || state === 'inFlight'
      if (isOpen && !isOver)
        this.#blame(`who waits for payment ${payment.number} is told too soon that it is ${state}`)
      if ((headers['preference-applied'] === undefined) === (isOver || !isOpen) && state !== 'accepted')
        this.#blame(
          `who waits for payment ${payment.number} is told ${JSON.stringify(headers)} with ${state}`,
        )
      if (isOver && endedLongBefore && world.nowMs < worldStartMs + plan.calmMs)
        this.#blame(`who waits for payment ${payment.number} is not told that it has ended`)
      if (!isOpen && !isOver) tally.waitedFor += 1
    }
  }

  /** Every payment that the summary counts is recorded at its processor. */
  #readSummary(node: SimNode): void {
    const query = this.#prng.chance(0.5) ? '' : `from=${printInstant(worldStartMs)}`
    this.#get(node, { method: 'get', path: '/payments-summary', query }, ({ status, body }) => {
      if (status !== 200) return
      const rows = Object.values(JSON.parse(body) as Record<string, { totalRequests: number }>)
      const count = rows.reduce((sum, { totalRequests }) => sum + totalRequests, 0)
      const recordedCount = this.#context.recordedCount()
      if (count > recordedCount) this.#blame(`the summary counts ${count}, the processors ${recordedCount}`)
    })
  }

  #askOddly(node: SimNode): void {
    const { isConnected } = node
    const [expected, message] = this.#prng.chance(0.3)
      ? [isConnected ? 200 : 503, { method: 'get', path: '/ready' } as const]
      : this.#prng.pick(oddRequests)
    node.request(message, answer => {
      if (answer === undefined || answer.status === expected) return
      // Whether it may purge, only the coordinator says.
      if (expected === 403 && answer.status === 503) return
      this.#blame(`${message.method} ${message.path} is answered ${answer.status}, not ${expected}`)
    })
  }

  /** The answer is 200, 404 or 503, as of a node that may know the payment and may have no coordinator to ask. */
  #get(node: SimNode, message: HttpMessage, onAnswer: (answer: HttpAnswer) => void) {
    return node.request(message, answer => {
      if (answer === undefined) return
      if (![200, 404, 503].includes(answer.status))
        this.#blame(`${message.path} is answered ${answer.status}`)
      onAnswer(answer)
    })
  }

  #blame(words: string): never {
    return this.#context.trace.blame('reads', words)
  }
}
