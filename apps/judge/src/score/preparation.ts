import { setTimeout as sleep } from 'node:timers/promises'
import { StartProblem } from '@rinha/service'
import type { RunRecorder } from '../run-report/recorder.ts'
import type { Schedule } from './schedule.ts'
import { Backend, type OnLatency, Processor, type TargetOrigins, type Targets } from './targets.ts'

/** The backend and the processors of a run. */
export interface TargetsRequest {
  readonly schedule: Pick<Schedule, 'clientTimeoutMs'>
  readonly origins: TargetOrigins
  readonly token: string
  /** The pause between two tries of a backend that does not answer yet. */
  readonly waitMs?: number
  /** Called once they answer, before anything is changed there. */
  readonly prepare?: (targets: Targets) => Promise<void>
}

export interface RunRequest extends TargetsRequest {
  readonly recorder: RunRecorder
  readonly schedule: Schedule
}

const retryMs = 1000
const readyTriesMax = 15

/** A processor's books rest when they have not changed for longer than its longest official delay. */
const restMs = 5500
const restMsMax = 30_000
const restLookMs = 250

/**
 * Plays a run on targets that are ready for it: the backend answers, both processors take the token, have no delay and no
 * failure, and no payment of an earlier run lands any more. However it ends, the processors are healed and no connection is
 * open.
 *
 * Rejects with a {@link StartProblem} where they are not, and with the signal's reason where it was interrupted.
 */
export async function onPreparedTargets<T>(
  { schedule, origins, token, waitMs = retryMs, prepare = async () => {} }: TargetsRequest,
  onLatency: OnLatency,
  onWaiting: (text: string) => void,
  signal: AbortSignal,
  play: (targets: Targets) => Promise<T>,
): Promise<T> {
  const processor = (name: 'default' | 'fallback') =>
    new Processor(name, origins[name], schedule.clientTimeoutMs, token, onLatency)
  const backend = new Backend(origins.backend, schedule.clientTimeoutMs, onLatency)
  const targets = { backend, default: processor('default'), fallback: processor('fallback') }
  const heal = () => Promise.all([targets.default.heal(), targets.fallback.heal()])
  let touched = false
  try {
    await waitForBackend(backend, origins.backend, waitMs, onWaiting, signal)
    const refusal = (await targets.default.setToken(token)) ?? (await targets.fallback.setToken(token))
    if (refusal !== undefined) throw new StartProblem(refusal)
    await prepare(targets)
    touched = true
    await heal()
    await waitForRest(targets, onWaiting, signal)
    signal.throwIfAborted()
    return await play(targets)
  } finally {
    if (touched) await heal()
    await Promise.all([backend.close(), targets.default.close(), targets.fallback.close()])
  }
}

/** Waits as the organisers do, until the backend answers its summary, a number of tries. */
async function waitForBackend(
  backend: Backend,
  origin: string,
  waitMs: number,
  onWaiting: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const problem = await backend.notReady()
    signal.throwIfAborted()
    if (problem === undefined) return
    if (attempt === readyTriesMax)
      throw new StartProblem(
        `no backend at ${origin} after ${readyTriesMax} tries (${problem}): start it with \`npm start\`, or set --backend`,
      )
    onWaiting(
      `waiting for the backend at ${origin}: ${problem} (try ${attempt} of ${readyTriesMax}; \`npm start\` starts one)`,
    )
    await sleep(waitMs, undefined, { signal })
  }
}

/** Waits until no payment of an earlier run lands any more; not at all where there was none. */
async function waitForRest(
  { default: onDefault, fallback }: Targets,
  onWaiting: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const recordedCount = async () => (await onDefault.recordedCount()) + (await fallback.recordedCount())
  const startedAtMs = performance.now()
  let last = await recordedCount()
  if (last === 0) return
  onWaiting('waiting until the payments of an earlier run have landed')
  let changedAtMs = performance.now()
  while (performance.now() - changedAtMs < restMs && performance.now() - startedAtMs < restMsMax) {
    await sleep(restLookMs, undefined, { signal })
    const current = await recordedCount()
    if (current !== last) changedAtMs = performance.now()
    last = current
  }
}
