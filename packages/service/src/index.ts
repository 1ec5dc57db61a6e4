export type { Logger } from 'pino'
export { Child, type NodeModule } from './child.ts'
export { LineWriter, markTextLine } from './line-writer.ts'
export { canWriteOver, LiveLine } from './live-line.ts'
export { freePort, freePorts, portProblem } from './ports.ts'
export { readableLine } from './readable-line.ts'
export { type Command, type Complain, command, type Output, runProgram, UsageProblem } from './run-command.ts'
export {
  logLevel,
  type ReadyMessage,
  type RunningService,
  runService,
  SettingsProblem,
  StartProblem,
} from './run-service.ts'
export { interruptible, onStopSignals, whenAborted } from './stop-signals.ts'
export { type ProcessPlan, Supervisor, type SupervisorOptions } from './supervisor.ts'
export { syncDirectory } from './sync-directory.ts'
export { workerModule } from './worker-module.ts'
