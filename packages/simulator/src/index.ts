export * from './cluster/index.ts'
export { type Candidate, candidateLabels, createCandidate } from './lab/candidate.ts'

export { randomSchedule } from './lab/generator.ts'
export { playRun, type RunResult } from './lab/play.ts'
export { hasCleanWay, type LabSchedule } from './lab/schedule.ts'
export { type SetSummary, summarize } from './lab/summary.ts'
export { SimProcessor } from './processor.ts'

export { World } from './world.ts'
