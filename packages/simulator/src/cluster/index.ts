export { type ClusterReport, runCluster } from './cluster.ts'
export { drawPlan, type Plan, type PlanOptions } from './plan.ts'
export { addTally, emptyTally, type FaultKind, faultKinds, type Tally } from './tally.ts'
export { type CheckerName, checkerNames } from './violation.ts'
