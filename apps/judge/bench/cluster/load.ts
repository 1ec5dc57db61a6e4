import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Prng } from '@rinha/base'
import { type AckLevel, ackLevels } from '@rinha/node'
import { parseCorrelationId, shardOf } from '@rinha/payment'
import type { PostedPayment } from '../../src/chaos/clients.ts'
import { nodeNames } from '../../src/chaos/plan.ts'
import type { HttpClient } from '../../src/http-client.ts'

const tickMs = 5
/** A payment is posted until it is acknowledged, or so often. */
const postCountMax = 60
const pauseMs = { min: 100, max: 500 }
/** One payment in so many is posted to both nodes at once. */
const twiceOneIn = 10
const amountCentsMax = 20_000

/** Posts at a fixed rate, whatever becomes of earlier payments, and remembers each answer. */
export class SteadyLoad {
  readonly payments: PostedPayment[] = []
  /** Answers by what they were. */
  readonly answers = new Map<string, number>()
  readonly #nodes: readonly HttpClient[]
  readonly #prng: Prng
  readonly #nowMs: () => number
  readonly #timer: NodeJS.Timeout
  readonly #pending = new Set<Promise<void>>()
  /** By shards. */
  readonly #ackedAtMs: readonly Record<AckLevel, number[]>[]
  #isStopped = false

  constructor(
    nodes: readonly HttpClient[],
    shards: number,
    perSecond: number,
    prng: Prng,
    nowMs: () => number,
  ) {
    this.#nodes = nodes
    this.#ackedAtMs = Array.from({ length: shards }, () => ({
      received: [],
      queued: [],
      journaled: [],
      replicated: [],
    }))
    this.#prng = prng
    this.#nowMs = nowMs
    const beganMs = nowMs()
    this.#timer = setInterval(() => {
      const dueCount = Math.floor(((nowMs() - beganMs) * perSecond) / 1000)
      while (this.payments.length < dueCount) this.#pay()
    }, tickMs)
  }

  /** When payments of a shard were acknowledged at this level, between two instants. */
  acksBetween(level: AckLevel, shard: number, fromMs: number, toMs: number): readonly number[] {
    const all = this.#ackedAtMs[shard]?.[level] ?? []
    let first = all.length
    while (first > 0 && (all[first - 1] ?? 0) >= fromMs) first -= 1
    return all.slice(first).filter(atMs => atMs <= toMs)
  }

  /** Posts nothing new. Resolves when every payment has been acknowledged or given up. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
    this.#isStopped = true
  }

  /** Gives up. */
  abort(): void {
    clearInterval(this.#timer)
    this.#isStopped = true
  }

  #pay(): void {
    const prng = this.#prng
    const payment = { id: randomUUID(), amountCents: prng.integer(1, amountCentsMax), acks: [] }
    const level = prng.chance(0.5) ? 'replicated' : prng.pick(ackLevels)
    this.payments.push(payment)
    const first = prng.integer(0, 1)
    const places = prng.integer(1, twiceOneIn) === 1 ? [first, 1 - first] : [first]
    for (const place of places) {
      const delivered = this.#deliver(payment, place, level)
      this.#pending.add(delivered)
      delivered.finally(() => this.#pending.delete(delivered))
    }
  }

  async #deliver(payment: PostedPayment, first: number, level: AckLevel): Promise<void> {
    for (let count = 0; count < postCountMax && !this.#isStopped; count += 1) {
      if (await this.#post(payment, (first + count) % 2, level)) return
      await sleep(pauseMs.min + Math.random() * (pauseMs.max - pauseMs.min))
    }
  }

  async #post({ id, amountCents, acks }: PostedPayment, place: number, level: AckLevel): Promise<boolean> {
    const [client, node] = [this.#nodes[place], nodeNames[place]]
    if (client === undefined || node === undefined) return true
    const sentAtMs = this.#nowMs()
    const answer = await client.send({
      method: 'POST',
      path: '/payments',
      headers: { prefer: `ack=${level}` },
      json: { correlationId: id, amount: amountCents / 100 },
    })
    const ackedAtMs = this.#nowMs()
    const reached =
      answer.kind === 'answer' && answer.status === 202
        ? ackLevels.find(word => answer.preferenceApplied === `ack=${word}`)
        : undefined
    const name = answer.kind === 'none' ? 'no answer' : `${answer.status} ${reached ?? ''}`.trimEnd()
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1)
    if (reached === undefined) return name.startsWith('4')
    const shard = shardOf(parseCorrelationId(id) as Uint8Array, this.#ackedAtMs.length)
    this.#ackedAtMs[shard]?.[reached].push(ackedAtMs)
    // Both are promises without an exception.
    acks.push({ level: reached === 'replicated' ? 'journaled' : reached, node, sentAtMs, ackedAtMs })
    return true
  }
}
