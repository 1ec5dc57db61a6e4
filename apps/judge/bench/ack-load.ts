import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LocalAckLevel, localAckLevels } from '@rinha/node'
import { HttpClient } from '../src/http-client.ts'
import { readBackendSummary } from '../src/score/targets.ts'

/** A request that was answered. */
export interface PostedPayment {
  readonly level: LocalAckLevel
  /** On the machine's monotonic clock, as `perf` records it. */
  readonly fromMs: number
  readonly tookMs: number
}

const [steadyMs, maximumMs, connectionCount] = [12_000, 1500, 64]
const [settledMsMax, answerMsMax] = [60_000, 5000]
/** The offset from this process's clock to the machine's. */
const clockMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/**
 * Posts payments that ask for a level each, and counts them. No other load may run against the same deployment meanwhile.
 */
export class AckLoad {
  readonly #client: HttpClient
  readonly #settledBefore: number
  #postedCount = 0

  private constructor(client: HttpClient, settledBefore: number) {
    this.#client = client
    this.#settledBefore = settledBefore
  }

  static async open(origin: string): Promise<AckLoad> {
    const client = new HttpClient(origin, { timeoutMs: answerMsMax, connectionCountMax: connectionCount })
    return new AckLoad(client, await settledCount(client))
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /**
   * At a fixed rate, whatever the answers do: slow answers do not slow the questions down. The levels take turns from request
   * to request, so whatever the machine does meanwhile happens to all of them.
   */
  async steady(
    perSecond: number,
    levels: readonly LocalAckLevel[] = localAckLevels,
    forMs = steadyMs,
  ): Promise<readonly PostedPayment[]> {
    const answers: Promise<PostedPayment>[] = []
    const startedMs = performance.now()
    let count = 0
    while (performance.now() - startedMs < forMs) {
      const dueCount = Math.floor(((performance.now() - startedMs) * perSecond) / 1000)
      for (; count < dueCount; count += 1) {
        // Which comes first in a group of three changes too: they often leave together.
        const level = levels[(count + Math.floor(count / levels.length)) % levels.length] ?? 'received'
        answers.push(this.#post(level))
      }
      await sleep(1)
    }
    return Promise.all(answers)
  }

  /** As many as 64 connections get through in 1.5 s; a second. */
  async flood(level: LocalAckLevel): Promise<number> {
    let count = 0
    const untilMs = performance.now() + maximumMs
    const worker = async () => {
      while (performance.now() < untilMs) {
        await this.#post(level)
        count += 1
      }
    }
    await Promise.all(Array.from({ length: connectionCount }, worker))
    return count / (maximumMs / 1000)
  }

  /**
   * Waits until all posted payments are in the summary. Otherwise the rest of a flood would be measured with the next
   * block.
   */
  async settled(): Promise<void> {
    const untilMs = performance.now() + settledMsMax
    for (;;) {
      const settled = (await settledCount(this.#client)) - this.#settledBefore
      const leftCount = this.#postedCount - settled
      if (leftCount === 0) return
      if (leftCount < 0) throw new Error(`${-leftCount} more payments are settled than were posted here`)
      if (performance.now() > untilMs)
        throw new Error(`${leftCount} payments are not settled after ${settledMsMax} ms`)
      await sleep(200)
    }
  }

  async #post(level: LocalAckLevel): Promise<PostedPayment> {
    this.#postedCount += 1
    const startedMs = performance.now()
    const answer = await this.#client.send({
      method: 'POST',
      path: '/payments',
      headers: { prefer: `ack=${level}` },
      json: { correlationId: randomUUID(), amount: 19.9 },
    })
    if (answer.kind === 'none' || answer.status !== 202 || answer.preferenceApplied !== `ack=${level}`)
      throw new Error(`${level}: ${JSON.stringify(answer)}`)
    return { level, fromMs: startedMs + clockMs, tookMs: performance.now() - startedMs }
  }
}

async function settledCount(client: HttpClient): Promise<number> {
  const summary = readBackendSummary(await client.send({ method: 'GET', path: '/payments-summary' }))
  if (summary.kind === 'missing') throw new Error(`the summary of ${client.origin}: ${summary.reason}`)
  return summary.value.default.count + summary.value.fallback.count
}
