import { drawPlan, type PlanOptions, runCluster } from '@rinha/simulator'

/** Plays one run for each message; it ends when nobody is left to play for. */
process.on('message', (options: PlanOptions) => {
  process.send?.(runCluster(drawPlan(options)))
})
