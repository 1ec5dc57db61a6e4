import { parentPort } from 'node:worker_threads'
import { drawPlan, type PlanOptions, runCluster } from '@rinha/simulator'

/** A thread that plays one run after the other, as it is told. */
parentPort?.on('message', (options: PlanOptions) => {
  parentPort?.postMessage(runCluster(drawPlan(options)))
})
