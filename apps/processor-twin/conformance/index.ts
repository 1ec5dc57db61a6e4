export { type ConformanceOptions, checkConformance, checks } from './conformance.ts'
export type { CheckResult, Observation } from './notes.ts'
export { defaultParameters, type Parameters } from './parameters.ts'
