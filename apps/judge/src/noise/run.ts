import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { adminHeaders } from '@rinha/local-cluster'
import { everyNoiseAtOnce } from '@rinha/processor-model'
import { StartProblem } from '@rinha/service'
import { collect, jsonOf } from '../chaos/collect.ts'
import { nodesAreReady, type QueueCounts, queueCounts, settle } from '../chaos/settle.ts'
import { judge, type Verdict } from '../chaos/verdict.ts'
import { HttpClient } from '../http-client.ts'
import { type Held, heldBy } from '../score/may-forget.ts'
import { onPreparedTargets } from '../score/preparation.ts'
import type { Targets } from '../score/targets.ts'
import { type Age, OpenLoop } from './open-loop.ts'
import type { NoiseFlags } from './options.ts'

/** The figures of the table at the end. */
export interface NoiseResult extends Pick<OpenLoop, 'acceptedCount' | 'answers'> {
  readonly postedCount: number
  /** How many payments were settled when the load ended, and when the time of grace ended. */
  readonly settledInLoadCount: number
  readonly settledInGraceCount: number
  /** The time from the load's end, under noise, until everything was settled. Undefined if it took longer than {@link graceMs}. */
  readonly settledMs: number | undefined
  /** The time from the noise's end until everything was settled, 0 if it was before. Undefined if it took longer than a minute. */
  readonly settledLateMs: number | undefined
  readonly ages: readonly Age[]
  readonly auditGuardMs: number
  /** The part of the recorded payments, by the processors' books. */
  readonly dearerShare: number
  readonly verdict: Verdict
}

export interface NoiseProgress {
  readonly phase: 'load' | 'grace' | 'quiet' | 'comparing'
  /** Milliseconds since the load began. */
  readonly elapsedMs: number
  readonly postedCount: number
  readonly acceptedCount: number
  readonly queue: QueueCounts | undefined
  readonly comparedCount: number
}

export interface NoiseEvents {
  readonly say: (line: string) => void
  /** Rejects if the payments that are held must not be purged. */
  readonly mayForget: (held: Held) => Promise<void>
  readonly onProgress: (progress: NoiseProgress) => void
}

/** The load is over, noise goes on. */
export const graceMs = 10_000
/** Load and noise are over. By then every waiting payment has to be found somewhere. */
const quietMsMax = 60_000
const progressMs = 1000
const requestTimeoutMs = 3000
/** The concurrency of the comparison's requests. */
const connectionCountMax = 16

/**
 * Plays noise at a cluster that runs: purge where something is held and may be forgotten, noise on, load, wait with the noise, noise off, wait, compare
 * every id. However it ends, the noise does. Rejects with a {@link StartProblem} where it cannot be played.
 */
export async function playNoise(
  flags: NoiseFlags,
  events: NoiseEvents,
  interrupt: AbortSignal,
): Promise<NoiseResult> {
  const run = new NoiseRun(flags, events, interrupt)
  const { backend, default: onDefault, fallback, token } = flags
  const request = {
    schedule: { clientTimeoutMs: requestTimeoutMs },
    origins: { backend, default: onDefault, fallback },
    token,
    prepare: (targets: Targets) => run.prepare(targets),
  }
  const ticking = setInterval(() => run.tick(), progressMs)
  try {
    return await onPreparedTargets(
      request,
      () => {},
      events.say,
      interrupt,
      targets => run.play(targets),
    )
  } finally {
    clearInterval(ticking)
    await run.close()
  }
}

class NoiseRun {
  readonly #flags: NoiseFlags
  readonly #events: NoiseEvents
  readonly #interrupt: AbortSignal
  readonly #loop: OpenLoop
  readonly #admin: HttpClient
  readonly #books: Parameters<typeof collect>[0] & { readonly nodes: readonly [HttpClient] }
  #phase: NoiseProgress['phase'] | undefined
  #isPurged = false
  #beganMs = 0
  #comparedCount = 0

  constructor(flags: NoiseFlags, events: NoiseEvents, interrupt: AbortSignal) {
    this.#flags = flags
    this.#events = events
    this.#interrupt = interrupt
    const client = (
      origin: string,
      headers: Readonly<Record<string, string>> = { 'x-rinha-token': flags.token },
    ) => new HttpClient(origin, { timeoutMs: requestTimeoutMs, headers, connectionCountMax })
    this.#loop = new OpenLoop(flags.backend, flags.rate)
    this.#admin = client(flags.admin, adminHeaders(flags.admin))
    this.#books = {
      nodes: [client(flags.backend)],
      processors: { default: client(flags.default), fallback: client(flags.fallback) },
    }
  }

  /**
   * Purges all payments if that is allowed, and otherwise rejects. The cluster is purged before the processors, so that its
   * payments under way arrive there before their purge.
   */
  async prepare(targets: Targets): Promise<void> {
    const held = await heldBy(targets, this.#flags.admin)
    await this.#events.mayForget(held)
    this.#isPurged = held.heldCount > 0
    if (this.#isPurged) await targets.backend.purge()
  }

  async play(targets: Targets): Promise<NoiseResult> {
    const { default: onDefault, fallback } = targets
    if (this.#isPurged) {
      const problem = (await onDefault.purge()) ?? (await fallback.purge())
      if (problem !== undefined) throw new StartProblem(problem)
    }
    if ((await heldBy(targets, this.#flags.admin)).heldCount > 0)
      throw new StartProblem('the cluster still holds payments: its coordinator needs PURGE_ALLOWED=true')
    const auditGuardMs = await this.#auditGuardMs()
    const noisy = await this.#underNoise(targets)
    this.#begin('quiet')
    const settledLateMs = noisy.settledMs === undefined ? (await this.#settled(quietMsMax)).idleMs : 0
    this.#begin('comparing')
    const { payments, answers, acceptedCount, ages } = this.#loop
    const onDone = (count: number) => {
      this.#comparedCount = count
    }
    const evidence = await collect(this.#books, payments, onDone, () => this.#interrupt.aborted)
    this.#interrupt.throwIfAborted()
    const { default: cheaper, fallback: dearer } = evidence.totals
    return {
      ...{ ...noisy, settledLateMs, auditGuardMs, answers, acceptedCount, ages },
      postedCount: payments.length,
      dearerShare: dearer.processor.count / Math.max(1, cheaper.processor.count + dearer.processor.count),
      verdict: judge({ ...evidence, deaths: [], hasJournal: true }),
    }
  }

  async tick(): Promise<void> {
    const phase = this.#phase
    if (phase === undefined) return
    const queue = phase === 'comparing' ? undefined : await this.#queue().catch(() => undefined)
    const { payments, acceptedCount } = this.#loop
    const elapsedMs = performance.now() - this.#beganMs
    const comparedCount = this.#comparedCount
    this.#events.onProgress({
      ...{ phase, elapsedMs, acceptedCount, queue, comparedCount },
      postedCount: payments.length,
    })
  }

  async close(): Promise<void> {
    this.#phase = undefined
    await this.#loop.close()
    const { nodes, processors } = this.#books
    const clients = [this.#admin, ...nodes, ...Object.values(processors)]
    await Promise.all(clients.map(client => client.close()))
  }

  async #underNoise({ default: onDefault, fallback }: Targets) {
    try {
      const problem =
        (await onDefault.setNoise(everyNoiseAtOnce)) ?? (await fallback.setNoise(everyNoiseAtOnce))
      if (problem !== undefined) throw new StartProblem(problem)
      this.#beganMs = performance.now()
      this.#begin('load')
      await this.#loop.post(this.#flags.seconds * 1000, this.#interrupt)
      this.#begin('grace')
      const settledInLoadCount = (await this.#queue())?.settledCount ?? 0
      const { idleMs, count } = await this.#settled(graceMs)
      return { settledInLoadCount, settledMs: idleMs, settledInGraceCount: count }
    } finally {
      const left = [await onDefault.setNoise({}), await fallback.setNoise({})]
      for (const problem of left) if (problem !== undefined) this.#events.say(`noise goes on: ${problem}`)
      await this.#loop.close()
    }
  }

  #begin(phase: NoiseProgress['phase']): void {
    this.#interrupt.throwIfAborted()
    this.#phase = phase
  }

  /**
   * The time from now until everything was settled, undefined if that took too long, and how many payments were settled by
   * then.
   */
  async #settled(msMax: number): Promise<{ readonly idleMs: number | undefined; readonly count: number }> {
    const fromMs = performance.now()
    const nowMs = () => performance.now() - fromMs
    let count = 0
    const queue = async () => {
      const counts = await this.#queue()
      if (nowMs() <= msMax) count = counts?.settledCount ?? count
      return counts
    }
    const { idleMs } = await settle(
      {
        queue,
        nodesAreReady: () => nodesAreReady(this.#books.nodes),
        nowMs,
        pause: durationMs => sleep(durationMs),
        isOver: () => this.#interrupt.aborted,
      },
      msMax,
    )
    return { idleMs: idleMs !== undefined && idleMs <= msMax ? idleMs : undefined, count }
  }

  #queue(): Promise<QueueCounts | undefined> {
    return queueCounts(this.#admin)
  }

  async #auditGuardMs(): Promise<number> {
    const answer = await this.#admin.send({ method: 'GET', path: '/queue-status' })
    const { auditGuardMs } = (jsonOf(answer) ?? {}) as { auditGuardMs?: unknown }
    if (typeof auditGuardMs === 'number') return auditGuardMs
    throw new StartProblem(
      `no coordinator of this project answers at --admin ${this.#flags.admin}: ${JSON.stringify(answer)}`,
    )
  }
}
