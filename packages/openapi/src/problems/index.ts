export { type ProblemKind, problemKinds, problemType } from './problem-kinds.ts'
export { problemPage } from './problem-page.ts'
