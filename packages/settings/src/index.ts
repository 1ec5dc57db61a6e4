export {
  type CommandLine,
  type CommandPage,
  parseCommandLine,
  printCommandHelp,
  printOptions,
} from './command-line.ts'
export { type LogServers, logSettings } from './log-settings.ts'
export {
  basisPoints,
  choice,
  flag,
  integer,
  number,
  origin,
  printValue,
  required,
  type Schema,
  type Setting,
  type Settings,
  setting,
  several,
  text,
} from './settings.ts'
export { parseSettings, printSettingsHelp, strayArguments } from './variables.ts'
