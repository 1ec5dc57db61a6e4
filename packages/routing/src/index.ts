export type { CircuitOptions, CircuitState } from './circuit.ts'
export { Lane, type LaneOptions, type LaneReport, type Permit } from './lane.ts'
export type { LimiterOptions } from './limiter.ts'
export { Pace, type PaceOptions, paceDefaults } from './pace.ts'
export {
  type Choice,
  createPolicy,
  type Flow,
  type LaneView,
  type Policy,
  type PolicyName,
  type PolicyParameters,
  policyNames,
  type TrafficView,
} from './policy.ts'
export { PollSchedule } from './poll-schedule.ts'
export { Traffic } from './traffic.ts'
