export { temporaryDirectory } from './temporary-directory.ts'
export { until } from './until.ts'
