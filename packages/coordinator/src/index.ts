export { Coordinator } from './coordinator.ts'
export { type OpenLog, openLog } from './open-log.ts'
