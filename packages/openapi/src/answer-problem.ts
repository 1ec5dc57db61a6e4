import { mediaType, problemSchema, problemsOf, shapeType } from './document.ts'
import type { Operation } from './operation.ts'
import { problemKinds, problemType } from './problems/problem-kinds.ts'
import { schemaProblem } from './read-input.ts'

/**
 * Why an answer does not match the document, or undefined. Only tests call it: answers are not checked in production.
 */
export function answerProblem(
  operation: Operation,
  {
    status,
    contentType,
    body,
  }: { readonly status: number; readonly contentType: string; readonly body: string },
): string | undefined {
  const shape = operation.answers[status]
  const type = mediaType(contentType)
  if (type === 'application/problem+json') {
    const problem = JSON.parse(body) as { readonly type?: unknown; readonly status?: unknown }
    const kind = problemsOf(operation).find(kind => problemType(kind) === problem.type)
    if (kind === undefined) return `${status} ${problem.type} is no problem of it`
    if (problem.status !== status || problemKinds[kind].status !== status)
      return `${status} is not the status of ${kind}`
    return schemaProblem(problemSchema, problem, 'problem')
  }
  if (shape === undefined) return `${status} is no answer of it`
  const expected = shapeType(shape)
  if (type !== expected) return `${type} is not ${expected}`
  return 'json' in shape && body !== '' ? schemaProblem(shape.json, JSON.parse(body), 'answer') : undefined
}
