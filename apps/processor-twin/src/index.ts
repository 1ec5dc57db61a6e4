export type { TwinOptions } from './options.ts'
export { startTwin, type Twin } from './twin.ts'
