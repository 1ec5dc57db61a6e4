export { Coordinator } from './coordinator.ts'
export { type LogOptions, type OpenLog, openLog } from './open-log.ts'
export type { CoordinatorPorts, FactLog } from './ports.ts'
