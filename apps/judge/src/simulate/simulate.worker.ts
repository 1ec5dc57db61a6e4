import { drawPlan, type PlanOptions, runCluster } from '@rinha/simulator'

/** Plays one run for each message. A process of its own for each core; it ends when nobody is left to play for. */
process.on('message', (options: PlanOptions) => {
  process.send?.(runCluster(drawPlan(options)))
})
