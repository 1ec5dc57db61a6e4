import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PostedPayment, readPostAnswer } from '../chaos/clients.ts'
import { jsonOf, readClusterWord } from '../chaos/collect.ts'
import { HttpClient } from '../http-client.ts'

/** How old a payment was when it was first seen settled; one that was not was so old at the end. */
export interface Age {
  readonly ageMs: number
  readonly isSettled: boolean
}

const requestTimeoutMs = 2000
const connectionCountMax = 128
const tickMs = 5
/** Payments that are watched, evenly spread. */
const watchedPerSecond = 15
/** The pause between two looks at a payment, or a tenth of its age if that is longer, so that thousands that wait make little load. */
const lookMs = 25
const amountCentsMax = 20_000

/**
 * Posts so many payments a second, whatever becomes of those before. A payment is posted once.
 *
 * Ages are measured as a client can: of 15 accepted payments a second `GET /payments/{id}` is asked until each is settled.
 * An age runs from before the POST to the answer that says so, so it is a little too high: by the time between two looks,
 * 25 ms or a tenth of the age.
 */
export class OpenLoop {
  readonly payments: PostedPayment[] = []
  /** Answers by what they were: `202 queued`, `503`, `no answer`, … */
  readonly answers = new Map<string, number>()
  readonly ages: Age[] = []
  acceptedCount = 0
  readonly #client: HttpClient
  readonly #perSecond: number
  readonly #watches: Promise<void>[] = []
  readonly #over = new AbortController()

  constructor(origin: string, perSecond: number) {
    this.#perSecond = perSecond
    this.#client = new HttpClient(origin, { timeoutMs: requestTimeoutMs, connectionCountMax })
    setMaxListeners(0, this.#over.signal)
  }

  /** Resolves when every post has its answer. */
  async post(lengthMs: number, interrupt: AbortSignal): Promise<void> {
    const beganMs = performance.now()
    const count = Math.round((this.#perSecond * lengthMs) / 1000)
    const posts: Promise<void>[] = []
    while (posts.length < count) {
      interrupt.throwIfAborted()
      const dueCount = Math.min(count, Math.ceil(((performance.now() - beganMs) * this.#perSecond) / 1000))
      while (posts.length < dueCount) posts.push(this.#post(posts.length))
      await sleep(tickMs)
    }
    await Promise.all(posts)
  }

  /** Nothing is watched any longer; payments that are not settled have the age they have now. */
  async close(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#watches)
    await this.#client.close()
  }

  async #post(index: number): Promise<void> {
    const payment: PostedPayment = { id: randomUUID(), amountCents: 1 + (index % amountCentsMax), acks: [] }
    this.payments.push(payment)
    const sentAtMs = performance.now()
    const json = { correlationId: payment.id, amount: payment.amountCents / 100 }
    const { name, level } = readPostAnswer(
      await this.#client.send({ method: 'POST', path: '/payments', json }),
    )
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1)
    if (level === undefined) return
    payment.acks.push({ level, node: 'the cluster', sentAtMs, ackedAtMs: performance.now() })
    const watchedOneIn = Math.max(1, Math.floor(this.#perSecond / watchedPerSecond))
    if (this.acceptedCount % watchedOneIn === 0) this.#watches.push(this.#watch(payment.id, sentAtMs))
    this.acceptedCount += 1
  }

  async #watch(id: string, sentAtMs: number): Promise<void> {
    const { signal } = this.#over
    const ageMs = () => performance.now() - sentAtMs
    let isSettled = false
    while (!isSettled && !signal.aborted) {
      await sleep(Math.max(lookMs, ageMs() / 10), undefined, { signal }).catch(() => {})
      const answer = await this.#client.send({ method: 'GET', path: `/payments/${id}` })
      isSettled = readClusterWord(jsonOf(answer)).state === 'settled'
    }
    this.ages.push({ ageMs: ageMs(), isSettled })
  }
}
