export type { CircuitOptions, CircuitState } from './circuit.ts'
export { Lane, type LaneOptions, type LaneReport, type Permit } from './lane.ts'
export type { LimiterOptions } from './limiter.ts'
export { type Choice, type LaneView, type Policy, type PolicyName, policies, policyNames } from './policy.ts'
