import { StartProblem } from '@rinha/service'
import type { Recording } from '../run-report/recorder.ts'
import type { Audit } from '../score/audit.ts'
import { measuredOf } from '../score/closing.ts'
import { onPreparedTargets, type RunRequest } from '../score/preparation.ts'
import type { Played, RunEvents } from '../score/run.ts'
import { type Container, type ContainerUsage, ContainerWatch } from './containers.ts'
import { K6Process, type K6Progress } from './k6-process.ts'
import { auditIn, closingIn } from './measured.ts'
import { planOf } from './plan.ts'
import type { K6Note, K6Reading } from './wire.ts'

/** One run of one schedule against one backend, by k6. */
export interface K6RunRequest extends RunRequest {
  readonly containers: readonly Container[]
}

export interface K6RunEvents extends Omit<RunEvents, 'onTick'> {
  /** Called often. k6 is asked for its progress only when it is about to be shown. */
  readonly isProgressDue: () => boolean
  readonly onProgress: (elapsedMs: number, progress: K6Progress) => void
}

export interface K6Measured extends Played {
  readonly usages: readonly ContainerUsage[]
}

const progressLookMs = 250

/**
 * Leaves everything to k6 (e2e/k6/score.ts) once the targets are ready. However it ends, k6 is gone.
 *
 * Rejects with a StartProblem where the run cannot be played, and with the signal's reason where it was interrupted.
 */
export function playK6Run(
  request: K6RunRequest,
  events: K6RunEvents,
  signal: AbortSignal,
): Promise<K6Measured> {
  const play = () => new K6Run(request, events).play(signal)
  return onPreparedTargets(request, () => {}, events.onWaiting, signal, play)
}

/** One run of k6, from its start to its end. */
class K6Run {
  readonly #request: K6RunRequest
  readonly #events: K6RunEvents
  readonly #watch: ContainerWatch
  readonly #audits: Audit[] = []
  #startedAtMs: number | undefined
  #atEnd: K6Reading | undefined
  #recording: Promise<Recording> | undefined

  constructor(request: K6RunRequest, events: K6RunEvents) {
    this.#request = request
    this.#events = events
    this.#watch = new ContainerWatch(request.containers)
  }

  async play(signal: AbortSignal): Promise<K6Measured> {
    const { schedule, origins, token, recorder } = this.#request
    const k6 = await K6Process.start(planOf(schedule, origins, token, recorder.run), note => this.#take(note))
    const onAbort = () => void k6.kill()
    signal.addEventListener('abort', onAbort, { once: true })
    const showing = setInterval(() => void this.#show(k6), progressLookMs)
    try {
      signal.throwIfAborted()
      const summary = await k6.summary()
      const recording = await this.#recording
      if (this.#atEnd === undefined || recording === undefined)
        throw new StartProblem('k6 ended without reading the totals')
      return {
        measured: measuredOf(schedule, summary, this.#audits, closingIn(this.#atEnd, schedule)),
        recording,
        usages: this.#watch.usages(),
      }
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      clearInterval(showing)
      this.#watch.stop()
      signal.removeEventListener('abort', onAbort)
      await Promise.all([k6.kill(), recorder.close()])
    }
  }

  #take(note: K6Note): void {
    if (note.note === 'started') {
      this.#startedAtMs = performance.now()
      this.#request.recorder.start()
      this.#watch.start()
      this.#events.onStarted()
    } else if (note.note === 'audit') {
      const audit = auditIn(note.reading, this.#request.schedule)
      this.#audits.push(audit)
      this.#events.onAudit(audit)
    } else if (note.note === 'books') {
      // Here the load is over; what containers do from now on is no part of the run.
      this.#watch.stop()
      this.#atEnd = note.reading
      this.#recording = this.#request.recorder.end()
    } else if (note.note === 'posted') {
      this.#request.recorder.posted(note.index, note.atMs)
      if (note.latencyMs !== null) this.#request.recorder.answered(note.latencyMs, note.atMs + note.latencyMs)
    }
  }

  async #show(k6: K6Process): Promise<void> {
    if (this.#startedAtMs === undefined || this.#atEnd !== undefined) return
    if (!this.#events.isProgressDue()) return
    const elapsedMs = performance.now() - this.#startedAtMs
    const progress = await k6.progress()
    if (progress !== undefined) this.#events.onProgress(elapsedMs, progress)
  }
}
