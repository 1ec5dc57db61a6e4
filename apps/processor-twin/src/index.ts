export { type TwinOptions, twinDefaults } from './options.ts'
export { type Sabotage, startTwin, type Twin } from './twin.ts'
