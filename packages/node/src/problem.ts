/**
 * What goes wrong at the HTTP border, as problem details (RFC 9457). The table is closed: every error answer of this
 * node is one of these, with a detail that says what to change.
 *
 * `type` is a relative URI that names the kind for programs; `title` is the same for every occurrence; `detail` and
 * `field` are of this one.
 */
const kinds = {
  'bad-request': { status: 400, line: '400 Bad Request', title: 'The request is not valid' },
  forbidden: { status: 403, line: '403 Forbidden', title: 'Not allowed by the coordinator’s settings' },
  'not-found': { status: 404, line: '404 Not Found', title: 'Nothing is here' },
  'method-not-allowed': {
    status: 405,
    line: '405 Method Not Allowed',
    title: 'The method is not allowed here',
  },
  'body-too-slow': { status: 408, line: '408 Request Timeout', title: 'The body came too slowly' },
  conflict: { status: 409, line: '409 Conflict', title: 'The id is that of another payment' },
  'body-too-large': { status: 413, line: '413 Content Too Large', title: 'The body is too large' },
  'not-json': { status: 415, line: '415 Unsupported Media Type', title: 'The body is not declared as JSON' },
  unavailable: { status: 503, line: '503 Service Unavailable', title: 'Not available now' },
} as const

export type ProblemKind = keyof typeof kinds

export interface Problem {
  readonly kind: ProblemKind
  readonly detail: string
  /** The field or parameter at fault, where there is one. */
  readonly field?: string
  /** For `method-not-allowed`: the methods that are, as the Allow header has them. */
  readonly allow?: string
}

/** Seconds after which an unavailable node is worth asking again: reconnecting and draining take about as long. */
const retryAfterSeconds = 1

/** The coordinator's part is missing: it is away, late, or said no. The reason is the channel's. */
export function coordinatorAway(reason: string): Problem {
  return {
    kind: 'unavailable',
    detail: `The coordinator gave no answer (COORDINATOR_HOST, COORDINATOR_PORT): ${reason}`,
  }
}

export const problemMediaType = 'application/problem+json'

/** The status line of a problem's answer, without the version. */
export function statusLine(problem: Problem): string {
  return kinds[problem.kind].line
}

export function problemHeaders(problem: Problem): readonly (readonly [string, string])[] {
  if (problem.allow !== undefined) return [['Allow', problem.allow]]
  return problem.kind === 'unavailable' ? [['Retry-After', String(retryAfterSeconds)]] : []
}

/** A node that is full tells thousands of clients a second the same, so the last one is kept as it was printed. */
let last: Problem | undefined
let lastBody = ''

/** The body: `{"type","title","status","detail"}`, and `field` where one is at fault. */
export function printProblem(problem: Problem): string {
  if (problem === last) return lastBody
  const { kind, detail, field } = problem
  const { status, title } = kinds[kind]
  last = problem
  lastBody = JSON.stringify({ type: `/problems/${kind}`, title, status, detail, field })
  return lastBody
}
