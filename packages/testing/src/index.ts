export { listen } from './listen.ts'
export { outcomeOf } from './outcome-of.ts'
export { temporaryDirectory } from './temporary-directory.ts'
export { until } from './until.ts'
