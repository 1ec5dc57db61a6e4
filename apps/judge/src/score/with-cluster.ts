import { Cluster } from '@rinha/local-cluster'
import { onStopSignals, StartProblem } from '@rinha/service'
import type { Schedule } from './schedule.ts'
import type { TargetOrigins } from './targets.ts'

/**
 * Starts a cluster for one run, at the addresses that the run will ask and with the schedule's fees, and stops it when the
 * run is over. Resolves with what the run resolves with; rejects with a StartProblem where the cluster does not start or
 * ends before the run does.
 */
export async function withCluster<T>(
  origins: TargetOrigins,
  { feesBps }: Pick<Schedule, 'feesBps'>,
  run: () => Promise<T>,
): Promise<T> {
  const cluster = new Cluster({
    port: portOf(origins.backend),
    defaultPort: portOf(origins.default),
    fallbackPort: portOf(origins.fallback),
    defaultFeeBps: feesBps.default,
    fallbackFeeBps: feesBps.fallback,
  })
  let running = false
  const forget = onStopSignals(
    // A run under way has its own answer to Ctrl-C: it puts the processors right again, then returns.
    () => {
      if (!running) cluster.stop()
    },
    () => cluster.kill(),
  )
  const brokenEarly = cluster.ended.then(how => {
    throw new StartProblem(how === 'stopped' ? 'the cluster was stopped' : how.broken)
  })
  brokenEarly.catch(() => {})
  try {
    await cluster.start()
    running = true
    return await Promise.race([run(), brokenEarly])
  } finally {
    await cluster.stop()
    forget()
  }
}

function portOf(origin: string): number {
  // An origin leaves its scheme's own port out.
  return Number(new URL(origin).port || 80)
}
