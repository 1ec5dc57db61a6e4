import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Prng } from '@rinha/base'
import { type LocalAckLevel, localAckLevels } from '@rinha/node'
import { type HttpAnswer, HttpClient } from '../http-client.ts'
import type { ChaosOptions } from './options.ts'
import { nodeNames } from './plan.ts'
import type { Ack } from './verdict.ts'

/** A payment and the answers that its client got. */
export interface PostedPayment {
  readonly id: string
  readonly amountCents: number
  readonly acks: Ack[]
}

export interface ClientsOptions
  extends Pick<ChaosOptions, 'clientCount' | 'level' | 'seed' | 'lengthMs' | 'hasJournal'> {
  /** One client for each API node, in the order of their names. */
  readonly origins: readonly string[]
  readonly nowMs: () => number
}

/** A client gives a node so long to answer; ACK_WAIT_MS_MAX of the nodes is below it. */
const requestTimeoutMs = 2000
/** A payment is posted so often at the most; the pauses in between outlast a process that is down. */
const postsMax = 15
const [againMsMin, againMsMax] = [50, 500] as const
const restMsMin = 50
/** Longer than a coordinator takes to come back. */
const laterMsMax = 3000
/**
 * How many payments a run may post: each is remembered until the end, at some hundred bytes. In a longer run clients
 * pause longer.
 */
const paymentCountMax = 400_000
const amountCentsMax = 20_000

/**
 * Clients as careful ones are: each posts to one API node, and where that does not answer 202, again to the other with
 * the same correlationId. Some post a payment twice although it was accepted, at once or much later, and some to both nodes at
 * the same time.
 *
 * Every answer is remembered: {@link payments} is the clients' side of the comparison.
 */
export class Clients {
  readonly payments: PostedPayment[] = []
  /** Answers by what they were: `202 queued`, `503`, `no answer`, … */
  readonly answers = new Map<string, number>()
  readonly #options: ClientsOptions
  readonly #nodes: readonly HttpClient[]
  readonly #restMsMax: number
  #running: readonly Promise<void>[] = []
  readonly #stopping = new AbortController()

  constructor(options: ClientsOptions) {
    const { origins, clientCount, lengthMs } = options
    this.#options = options
    setMaxListeners(0, this.#stopping.signal)
    const connections = { timeoutMs: requestTimeoutMs, connectionCountMax: 2 * clientCount }
    this.#nodes = origins.map(origin => new HttpClient(origin, connections))
    this.#restMsMax = 2 * Math.max(restMsMin, (lengthMs * clientCount) / paymentCountMax)
  }

  /** Answers that are neither a 202 with a level nor a 503, in words. */
  get wrongAnswers(): readonly string[] {
    return [...this.answers.keys()].filter(name => name.startsWith('wrong'))
  }

  start(): void {
    const { clientCount, seed } = this.#options
    const numbers = Array.from({ length: clientCount }, (_, index) => seed + (index + 1) * 2 ** 32)
    this.#running = numbers.map(number => this.#runClient(new Prng(number)))
  }

  /** Posts nothing new. Resolves when all requests under way have been answered. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
    await Promise.all(this.#nodes.map(node => node.close()))
  }

  async #runClient(prng: Prng): Promise<void> {
    await sleep(prng.integer(0, Math.round(this.#restMsMax)))
    while (!this.#stopped && this.payments.length < paymentCountMax) {
      const payment = { id: randomUUID(), amountCents: prng.integer(1, amountCentsMax), acks: [] }
      this.payments.push(payment)
      await this.#pay(payment, prng)
      await sleep(prng.unit() * this.#restMsMax)
    }
  }

  async #pay(payment: PostedPayment, prng: Prng): Promise<void> {
    const manner = prng.unit()
    if (manner < 0.1) {
      await Promise.all(this.#nodes.map((_, index) => this.#deliver(payment, index, prng)))
      return
    }
    await this.#deliver(payment, prng.integer(0, this.#nodes.length - 1), prng)
    if (manner < 0.2) await this.#deliver(payment, prng.integer(0, this.#nodes.length - 1), prng)
    if (manner < (this.#options.hasJournal ? 0.8 : 0.4) || this.#stopped) return
    // The client posts again much later, perhaps to a coordinator that does not know the payment.
    await sleep(prng.integer(0, laterMsMax), undefined, { signal: this.#stopping.signal }).catch(() => {})
    if (!this.#stopped) await this.#deliver(payment, prng.integer(0, this.#nodes.length - 1), prng)
  }

  async #deliver(payment: PostedPayment, firstNode: number, prng: Prng): Promise<void> {
    for (let posts = 0; posts < postsMax; posts += 1) {
      const level = this.#options.level ?? prng.pick(localAckLevels)
      const taken = await this.#post(payment, (firstNode + posts) % this.#nodes.length, level)
      if (taken || this.#stopped) return
      await sleep(prng.integer(againMsMin, againMsMax))
    }
  }

  /** Whether that was the end of it: 202, or an answer that posting again would not change. */
  async #post(payment: PostedPayment, index: number, level: LocalAckLevel): Promise<boolean> {
    const [client, node] = [this.#nodes[index], nodeNames[index]]
    if (client === undefined || node === undefined) return true
    const sentAtMs = this.#options.nowMs()
    const answer = await client.send({
      method: 'POST',
      path: '/payments',
      headers: { prefer: `ack=${level}` },
      json: { correlationId: payment.id, amount: payment.amountCents / 100 },
    })
    const ackedAtMs = this.#options.nowMs()
    const { name, level: reached } = readPostAnswer(answer)
    if (reached !== undefined) payment.acks.push({ level: reached, node, sentAtMs, ackedAtMs })
    return this.#count(name, reached !== undefined || name.startsWith('wrong'))
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  #count(name: string, isEnd: boolean): boolean {
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1)
    return isEnd
  }
}

/** The answer to a payment as it is counted, and the level of its 202. */
export function readPostAnswer(answer: HttpAnswer): {
  readonly name: string
  readonly level?: LocalAckLevel
} {
  if (answer.kind === 'none') return { name: 'no answer' }
  if (answer.status === 503) return { name: '503' }
  const level = localAckLevels.find(word => answer.preferenceApplied === `ack=${word}`)
  if (answer.status === 202 && level !== undefined) return { name: `202 ${level}`, level }
  return { name: `wrong: ${answer.status} ${answer.preferenceApplied ?? ''}`.trimEnd() }
}
