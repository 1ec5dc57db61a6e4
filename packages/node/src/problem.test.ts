import type { ProblemKind } from '@rinha/openapi/problems'
import { expect, test } from 'vitest'
import { coordinatorAway, type Problem, printProblem, problemHeaders, statusLine } from './problem.ts'

test.each([
  ['bad-request', 400],
  ['forbidden', 403],
  ['not-found', 404],
  ['method-not-allowed', 405],
  ['body-too-large', 413],
  ['not-json', 415],
  ['unavailable', 503],
] as const satisfies readonly (readonly [ProblemKind, number])[])(
  '%s is told with %d in the line and in the body',
  (kind, status) => {
    const problem: Problem = { kind, detail: 'Why.' }
    expect(statusLine(problem)).toMatch(new RegExp(`^${status} [A-Z]`))
    expect(JSON.parse(printProblem(problem))).toEqual({
      type: `/problems/${kind}`,
      title: expect.stringMatching(/\w/),
      status,
      detail: 'Why.',
    })
  },
)

test('a field at fault is a member of its own', () => {
  const problem: Problem = { kind: 'bad-request', field: 'amount', detail: 'Why.' }
  expect(JSON.parse(printProblem(problem))).toMatchObject({ field: 'amount' })
})

test('a problem is answered with its headers, and an absent coordinator with Retry-After', () => {
  const headers = [['Allow', 'GET']] as const
  expect(problemHeaders({ kind: 'method-not-allowed', detail: '', headers })).toEqual(headers)
  expect(problemHeaders(coordinatorAway('timeout'))).toEqual([['Retry-After', '1']])
  expect(problemHeaders({ kind: 'bad-request', detail: '' })).toEqual([])
})

test('the problem of an absent coordinator has the reason, and the settings of its address', () => {
  expect(coordinatorAway('connection refused').detail).toMatch(
    /COORDINATOR_HOST.*COORDINATOR_PORT.*connection refused/,
  )
})
