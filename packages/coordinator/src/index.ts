export { Coordinator } from './coordinator.ts'
export { type OpenLog, openLog } from './open-log.ts'
export { operatorLine } from './operator-event.ts'
export type { CoordinatorPorts } from './ports.ts'
