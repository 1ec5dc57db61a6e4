import { setTimeout as sleep } from 'node:timers/promises'
import { StartProblem } from '@rinha/service'
import type { Backend, Targets } from './targets.ts'

/** Between two tries of a backend that is not there yet. */
export const retryMs = 1000
const readyTriesMax = 15

/** A processor's books rest when they have not changed for longer than its longest official delay. */
const restMs = 5500
const restMsMax = 30_000
const restLookMs = 250

/** Waits as the organisers do, until the backend answers its summary, a number of tries. */
export async function waitForBackend(
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
export async function waitForRest(
  { default: onDefault, fallback }: Pick<Targets, 'default' | 'fallback'>,
  onWaiting: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const count = async () => (await onDefault.recordedCount()) + (await fallback.recordedCount())
  const startedAtMs = performance.now()
  let last = await count()
  if (last === 0) return
  onWaiting('waiting until the payments of an earlier run have landed')
  let changedAtMs = performance.now()
  while (performance.now() - changedAtMs < restMs && performance.now() - startedAtMs < restMsMax) {
    await sleep(restLookMs, undefined, { signal })
    const current = await count()
    if (current !== last) changedAtMs = performance.now()
    last = current
  }
}
