export { buildMutant } from './build.ts'
export { mutants } from './mutants.ts'
