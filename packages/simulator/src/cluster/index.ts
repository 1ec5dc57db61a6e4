export { type ClusterReport, runCluster } from './cluster.ts'
export { drawPlan, type PlanOptions } from './plan.ts'
export { addTally, emptyTally, faultKinds, type Tally } from './tally.ts'
export type { CheckerName } from './violation.ts'
