import { setTimeout as sleep } from 'node:timers/promises'
import { StartProblem } from '@rinha/service'
import type { Recording } from '../run-report/recorder.ts'
import { type Audit, audit } from './audit.ts'
import { closeBooks, type Measured, measuredOf } from './closing.ts'
import { GeneratorProcess } from './load/generator-process.ts'
import type { LoadCounts } from './load/messages.ts'
import { onPreparedTargets, type RunRequest } from './preparation.ts'
import { durationMs } from './schedule.ts'
import { behave, type Targets } from './targets.ts'

/**
 * One run, in the order of the official script:
 *
 * 1. Wait until the backend answers its summary, a number of tries.
 * 2. Set-up: confirm the token, purge both processors, then the backend. (And, which the script leaves to chance: heal
 *    both processors first, and where they hold payments of an earlier run wait until no more of them land. What is
 *    under way at a slow processor survives a purge, and would be counted in this run.)
 * 3. At the same time: the load, in a process of its own; the stages, each set at its time; the auditor, which looks
 *    first at the start and then again `everyMs` after each look, and begins no look after the ramp's end. The run
 *    goes on until all three are done: iterations and the auditor's last pause may run past the ramp's end.
 * 4. Totals: both processors and the backend, of the last `lookBackMs`.
 *
 * However it ends, the processors are healed and the load's process is gone.
 */
export interface RunEvents {
  readonly onWaiting: (text: string) => void
  readonly onStarted: () => void
  readonly onTick: (progress: Progress) => void
  readonly onAudit: (audit: Audit) => void
}

/** How far a run has got. */
export interface Progress extends LoadCounts {
  readonly elapsedMs: number
  readonly latenciesMs: readonly number[]
  readonly audits: readonly Audit[]
}

/** The results of a run, and its course. */
export interface Played {
  readonly measured: Measured
  readonly recording: Recording
}

/** Rejects with a StartProblem where the run cannot be played, and with the signal's reason where it was interrupted. */
export function playRun(request: RunRequest, events: RunEvents, interrupt: AbortSignal): Promise<Played> {
  // Every latency of the run: exact percentiles need each value.
  const latenciesMs: number[] = []
  const onLatency = (latencyMs: number) => latenciesMs.push(latencyMs)
  return onPreparedTargets(request, onLatency, events.onWaiting, interrupt, async targets => {
    const run = new Run(request, events, { targets, latenciesMs, interrupt })
    try {
      return await run.play()
    } finally {
      await run.end()
    }
  })
}

class Run {
  readonly #request: RunRequest
  readonly #events: RunEvents
  readonly #latenciesMs: number[]
  readonly #targets: Targets
  /** Aborted by the user's interrupt, and by the first of the three parts that fails. */
  readonly #stopped = new AbortController()
  readonly #signal: AbortSignal
  readonly #audits: Audit[] = []
  readonly #failures: Record<string, number> = {}
  #generator: GeneratorProcess | undefined
  #last: LoadCounts = { vus: 0, acceptedCount: 0, failedCount: 0 }

  constructor(
    request: RunRequest,
    events: RunEvents,
    parts: { readonly targets: Targets; readonly latenciesMs: number[]; readonly interrupt: AbortSignal },
  ) {
    this.#request = request
    this.#events = events
    this.#targets = parts.targets
    this.#latenciesMs = parts.latenciesMs
    this.#signal = AbortSignal.any([parts.interrupt, this.#stopped.signal])
  }

  async play(): Promise<Played> {
    const { backend, default: onDefault, fallback } = this.#targets
    const problem = (await onDefault.purge()) ?? (await fallback.purge())
    if (problem !== undefined) throw new StartProblem(problem)
    await backend.purge()
    this.#signal.throwIfAborted()
    this.#generator = await GeneratorProcess.start()
    this.#signal.throwIfAborted()
    this.#events.onStarted()
    this.#request.recorder.start()
    const startedAtMs = performance.now()
    const parts = [
      this.#load(this.#generator, startedAtMs),
      this.#stages(startedAtMs),
      this.#auditor(startedAtMs),
    ]
    try {
      await Promise.all(parts)
    } catch (error) {
      this.#stopped.abort()
      await Promise.allSettled(parts)
      throw error
    }
    return this.#measured()
  }

  /** Leaves no process running. */
  async end(): Promise<void> {
    this.#stopped.abort()
    await Promise.all([this.#generator?.stop(), this.#request.recorder.close()])
  }

  async #load(generator: GeneratorProcess, startedAtMs: number): Promise<void> {
    const { schedule, origins, recorder } = this.#request
    const stop = () => void generator.stop()
    this.#signal.addEventListener('abort', stop, { once: true })
    await generator.play({ ...schedule, backendOrigin: origins.backend, run: recorder.run }, tick => {
      recorder.postedNext(tick.postedAtMs)
      for (const latencyMs of tick.latenciesMs) recorder.answered(latencyMs)
      for (const latencyMs of tick.latenciesMs) this.#latenciesMs.push(latencyMs)
      for (const [cause, count] of Object.entries(tick.failures))
        this.#failures[cause] = (this.#failures[cause] ?? 0) + count
      this.#last = tick
      const elapsedMs = performance.now() - startedAtMs
      const [latenciesMs, audits] = [this.#latenciesMs, this.#audits]
      this.#events.onTick({ ...tick, elapsedMs, latenciesMs, audits })
    })
  }

  async #stages(startedAtMs: number): Promise<void> {
    for (const stage of this.#request.schedule.stages) {
      const waitMs = startedAtMs + stage.atMs - performance.now()
      await sleep(Math.max(0, waitMs), undefined, { signal: this.#signal })
      const problem = await behave(this.#targets, stage.behaviour)
      this.#signal.throwIfAborted()
      if (problem !== undefined)
        throw new StartProblem(`the stage at ${stage.atMs / 1000} s could not be set: ${problem}`)
    }
  }

  async #auditor(startedAtMs: number): Promise<void> {
    const { schedule } = this.#request
    while (performance.now() - startedAtMs < durationMs(schedule)) {
      const found = await audit(this.#targets, schedule.audit, Date.now())
      this.#signal.throwIfAborted()
      this.#audits.push(found)
      this.#events.onAudit(found)
      await sleep(schedule.audit.everyMs, undefined, { signal: this.#signal })
    }
  }

  async #measured(): Promise<Played> {
    const { schedule, recorder } = this.#request
    const closing = await closeBooks(this.#targets, schedule, Date.now(), this.#latenciesMs)
    const requests = { ...this.#last, failures: this.#failures, p99Ms: closing.p99Ms }
    const measured = measuredOf(schedule, requests, this.#audits, closing)
    return { measured, recording: await recorder.end() }
  }
}
