export type { Logger } from 'pino'
export { type Command, runCommand } from './run-command.ts'
export {
  type ReadyMessage,
  type RunningService,
  runService,
  type ServiceOptions,
  StartProblem,
} from './run-service.ts'
export { onStopSignals } from './stop-signals.ts'
