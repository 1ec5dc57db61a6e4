import { randomBytes } from 'node:crypto'
import { waitingReason } from '@rinha/coordinator'
import type { QueueStatus } from '@rinha/engine'
import { adminHeaders } from '@rinha/local-cluster'
import { HttpClient } from '../http-client.ts'

/** The coordinator's queue at one moment. */
export interface QueueSample {
  readonly atMs: number
  readonly queuedCount: number
  readonly oldestQueuedAgeMs: number
  readonly inFlightCount: number
  readonly rejectedCount: number
  /** Payments settled since the purge, by processor, the cheapest first. */
  readonly settledCounts: readonly number[]
  /** The problem of each processor that takes no payments now. */
  readonly reason: string
}

/** What a run showed while it went on. Times are the wall clock's. */
export interface Recording {
  /** The ids of payments. */
  readonly run: string
  readonly startedAtMs: number
  /** When the totals were read. */
  readonly endedAtMs: number
  /** Known payments, in the order of their numbers. Payments that are left out were posted between their neighbours. */
  readonly posted: readonly Posted[]
  readonly latencies: readonly Latency[]
  readonly samples: readonly QueueSample[]
  /** The reason why samples end: the coordinator did not answer once. */
  readonly sampleProblem: string | undefined
}

interface Posted {
  readonly index: number
  readonly atMs: number
}

interface Latency {
  readonly atMs: number
  readonly latencyMs: number
}

const sampleEveryMs = 1000
const timeoutMs = 1000

/** Takes down a run as it goes on, and asks the coordinator once a second how its queue stands. */
export class RunRecorder {
  readonly run = randomBytes(10).toString('hex')
  readonly #admin: HttpClient | undefined
  readonly #posted: Posted[] = []
  readonly #latencies: Latency[] = []
  readonly #samples: QueueSample[] = []
  #problem: string | undefined
  #startedAtMs = 0
  #sampling: NodeJS.Timeout | undefined

  /** Without an origin no samples are taken. */
  constructor(adminOrigin: string | undefined) {
    if (adminOrigin === undefined) return
    const headers = adminHeaders(adminOrigin)
    this.#admin = new HttpClient(adminOrigin, { timeoutMs, headers, connectionCountMax: 1 })
  }

  start(): void {
    this.#startedAtMs = Date.now()
    this.#sampling = setInterval(() => void this.#sample(), sampleEveryMs)
  }

  posted(index: number, atMs: number): void {
    this.#posted.push({ index, atMs })
  }

  /** The next ones, in the order of their numbers. */
  postedNext(atMs: Iterable<number>): void {
    for (const each of atMs) this.posted(this.#posted.length, each)
  }

  answered(latencyMs: number, atMs = Date.now()): void {
    this.#latencies.push({ atMs, latencyMs })
  }

  /** Call it right after the totals were read, so that its last sample shows the payments that were not counted. */
  async end(): Promise<Recording> {
    const endedAtMs = Date.now()
    await this.#sample()
    await this.close()
    return {
      run: this.run,
      startedAtMs: this.#startedAtMs,
      endedAtMs,
      posted: this.#posted.sort((one, other) => one.index - other.index),
      latencies: this.#latencies,
      samples: this.#samples,
      sampleProblem: this.#problem,
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#sampling)
    await this.#admin?.close()
  }

  async #sample(): Promise<void> {
    const answer = await this.#admin?.send({ method: 'GET', path: '/queue-status' })
    if (answer === undefined) return
    if (answer.kind === 'none' || answer.status !== 200) {
      this.#problem = answer.kind === 'none' ? answer.reason : `answered ${answer.status}`
      return
    }
    try {
      this.#samples.push(sampleOf(JSON.parse(answer.body)))
    } catch {
      this.#problem = 'answered no queue status'
    }
  }
}

function sampleOf(status: QueueStatus): QueueSample {
  return {
    atMs: Date.now(),
    queuedCount: status.queuedCount,
    oldestQueuedAgeMs: status.oldestQueuedAgeMs,
    inFlightCount: status.inFlightCount,
    rejectedCount: status.rejectedCount,
    settledCounts: status.processors.map(lane => lane.settledCount),
    reason: waitingReason(status),
  }
}
