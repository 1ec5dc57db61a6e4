export { answerProblem } from './answer-problem.ts'
export { mediaTypesOf, openApiDocument } from './document.ts'
export { documentOperations } from './document-operations.ts'
export {
  type Answer,
  type Handlers,
  type Operation,
  operations,
  type ProblemAnswer,
  type Sink,
} from './operation.ts'
export { readInput } from './read-input.ts'
export { type Found, type Route, Router } from './route.ts'
export {
  anything,
  boolean,
  integer,
  list,
  literal,
  nothing,
  number,
  object,
  oneOf,
  optional,
  type TSchema,
  text,
  union,
  type Value,
} from './schema.ts'
