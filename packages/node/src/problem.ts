import { type ProblemKind, problemKinds, problemType } from '@rinha/openapi/problems'
import { onlyShard, type Shard } from '@rinha/payment'

/**
 * Errors as problem details (RFC 9457). `detail` says what to change.
 *
 * `type` is a relative URI that names the kind for programs; `title` is the same for every occurrence; `detail` and
 * `field` are of this one.
 */
export interface Problem {
  readonly kind: ProblemKind
  readonly detail: string
  /** The field or parameter that is wrong, if there is one. */
  readonly field?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
}

/** Seconds after which an unavailable node is worth asking again: reconnecting and draining take about as long. */
const retryAfterSeconds = 1

/** The coordinator did not answer, answered too late, or refused. The channel gives the reason. */
export function coordinatorAway(reason: string, { index, count }: Shard = onlyShard): Problem {
  const detail =
    count === 1
      ? `The coordinator gave no answer (COORDINATOR_HOST, COORDINATOR_PORT): ${reason}`
      : `The coordinator of shard ${index} of ${count} gave no answer (COORDINATORS): ${reason}`
  return { kind: 'unavailable', detail }
}

export const problemMediaType = 'application/problem+json'

/** The status line of a problem's answer, without the version. */
export function statusLine(problem: Problem): string {
  const { status, phrase } = problemKinds[problem.kind]
  return `${status} ${phrase}`
}

export function problemHeaders(problem: Problem): readonly (readonly [string, string])[] {
  if (problem.headers !== undefined) return problem.headers
  return problem.kind === 'unavailable' ? [['Retry-After', String(retryAfterSeconds)]] : []
}

/** A full node sends the same answer to thousands of clients a second, so the last printed one is cached. */
let last: Problem | undefined
let lastBody = ''

/** The body: `{"type","title","status","detail"}`, and `field` where one is at fault. */
export function printProblem(problem: Problem): string {
  if (problem === last) return lastBody
  const { kind, detail, field } = problem
  const { status, title } = problemKinds[kind]
  last = problem
  lastBody = JSON.stringify({ type: problemType(kind), title, status, detail, field })
  return lastBody
}
