export { Auditor, type AuditorOptions, type AuditorReport, type WindowReader } from './auditor.ts'
export * from './cluster/index.ts'
export { type Candidate, candidateLabels, createCandidate } from './lab/candidate.ts'
export { clairvoyantNet } from './lab/clairvoyant.ts'
export { type GeneratorOptions, randomSchedule } from './lab/generator.ts'
export { playRun, type RunResult } from './lab/play.ts'
export { hasCleanWay, type LabAudit, type LabSchedule, type LabStage, segmentsOf } from './lab/schedule.ts'
export { percentile, type SetSummary, summarize } from './lab/summary.ts'
export {
  type ProcessorStage,
  SimProcessor,
  type SimProcessorOptions,
  type Spread,
} from './processor.ts'
export {
  type RampPoint,
  userStartsMs,
  usualAnswerMs,
  usualArrivalMs,
  Workload,
  type WorkloadOptions,
} from './workload.ts'
export { World, worldStartMs } from './world.ts'
