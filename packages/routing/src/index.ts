export { Arrivals } from './arrivals.ts'
export { AuditGuard } from './audit-guard.ts'
export { type HealthReport, Lane, type LaneOptions, type Permit } from './lane.ts'
export type { LaneReport } from './lane-report.ts'
export { Pace, type PaceOptions, paceDefaults } from './pace.ts'
export {
  createPolicy,
  type Flow,
  type LaneView,
  type Policy,
  type PolicyName,
  type PolicyParameters,
  policyNames,
  policyNumberNames,
  policyNumberProblem,
} from './policy.ts'
export { PollSchedule } from './poll-schedule.ts'
export type { Sending } from './sending.ts'
