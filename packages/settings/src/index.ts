export {
  choice,
  flag,
  integer,
  origin,
  parseSettings,
  printSettingsHelp,
  type Schema,
  type Setting,
  type Settings,
  text,
} from './settings.ts'
