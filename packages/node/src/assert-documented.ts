import { assert } from '@rinha/base'
import { answerProblem, Router } from '@rinha/openapi'
import { publicOperations } from '@rinha/public-api'

/** An answer of a node. */
interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const router = new Router(publicOperations)

/** For tests: asserts that the document of the API has this answer, with these headers. */
export function assertDocumented(method: string, target: string, { status, headers, text }: Answered): void {
  const [path = ''] = target.split('?')
  const found = router.find(method.toUpperCase(), path)
  if (found.kind !== 'route' || method === 'head') return
  const { operation } = found.route
  const problem = answerProblem(operation, { status, contentType: headers['Content-Type'] ?? '', body: text })
  assert(problem === undefined, `${method} ${target}: ${problem}`)
  const { required = [] } = operation.answers[status]?.headers ?? {}
  const missing = required.filter(name => headers[name] === undefined)
  assert(missing.length === 0, `${method} ${target}: no header ${missing}`)
}
