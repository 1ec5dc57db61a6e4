import { drawPlan, Recording, runCluster } from '@rinha/simulator'
import type { SimulateJob } from './run.ts'

/** Plays one run for each message; it ends with its parent. */
process.on('message', ({ records, ...options }: SimulateJob) => {
  process.send?.(runCluster(drawPlan(options), records ? new Recording() : undefined))
})
