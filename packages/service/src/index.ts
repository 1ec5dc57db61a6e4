export type { Logger } from 'pino'
export {
  type ReadyMessage,
  type RunningService,
  runService,
  type ServiceOptions,
  StartProblem,
} from './run-service.ts'
