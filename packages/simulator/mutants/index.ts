export { type Bundler, buildMutant } from './build.ts'
export type { Edit, Mutant } from './mutant.ts'
export { mutants } from './mutants.ts'
