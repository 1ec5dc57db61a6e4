export { type TwinOptions, twinDefaults } from './options.ts'
export { startTwin, type Twin } from './twin.ts'
