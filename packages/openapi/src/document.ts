import type { AnswerShape, Operation, Operations } from './operation.ts'
import { type ProblemKind, problemKinds, problemType } from './problems/problem-kinds.ts'
import { schemaProblem } from './read-input.ts'
import { integer, object, optional, type TObject, text } from './schema.ts'

/** Problem details, RFC 9457; `field` names the part of the request at fault, where there is one. */
const problemSchema = object({
  type: text({ description: 'A relative URI; a page about this kind of problem is there.' }),
  title: text(),
  status: integer(),
  detail: text(),
  field: optional(text()),
})

export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** How a token is sent, for what is not open to everybody. */
  readonly security: { readonly [name: string]: object }
}

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument({ security, ...info }: DocumentInfo, operations: Operations): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [operationId, operation] of Object.entries(operations)) {
    paths[operation.path] ??= {}
    const methods = paths[operation.path] as Record<string, object>
    methods[operation.method.toLowerCase()] = describe(operationId, operation, Object.keys(security))
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: problemSchema }, securitySchemes: security },
  }
}

function describe(operationId: string, operation: Operation, schemes: readonly string[]): object {
  const { tag, summary, description, body, role, answers } = operation
  return {
    operationId,
    tags: [tag],
    summary,
    description,
    parameters: [
      ...parameters('path', operation.params),
      ...parameters('query', operation.query),
      ...parameters('header', operation.headers),
    ],
    ...(body && { requestBody: { content: { 'application/json': { schema: body } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, shape]) => [status, answer(shape)])),
      ...problemAnswers(problemsOf(operation)),
    },
    ...(role !== 'open' && { security: schemes.map(name => ({ [name]: [] })), 'x-role': role }),
  }
}

function parameters(place: 'path' | 'query' | 'header', schema: TObject | undefined): readonly object[] {
  const required = (schema as { readonly required?: readonly string[] } | undefined)?.required ?? []
  return Object.entries(schema?.properties ?? {}).map(([name, value]) => ({
    name,
    in: place,
    required: required.includes(name),
    description: (value as { readonly description?: string }).description,
    schema: value,
  }))
}

function answer(shape: AnswerShape): object {
  const { description } = shape
  if ('json' in shape) return { description, content: { 'application/json': { schema: shape.json } } }
  const type = 'text' in shape ? shape.text : shape.stream
  return { description, content: { [mediaType(type)]: { schema: { type: 'string' } } } }
}

function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0] ?? ''
}

/** Its own, and those that come from its input and its role. */
function problemsOf({ body, role, problems }: Operation): readonly ProblemKind[] {
  const all: ProblemKind[] = [...problems, 'bad-request', 'forbidden', 'not-acceptable']
  if (role !== 'open') all.push('unauthenticated')
  if (role === 'operator') all.push('unavailable')
  if (body !== undefined) all.push('body-too-slow', 'body-too-large', 'not-json')
  return [...new Set(all)]
}

function problemAnswers(kinds: readonly ProblemKind[]): { readonly [status: string]: object } {
  const byStatus = new Map<number, ProblemKind[]>()
  for (const kind of kinds) {
    const { status } = problemKinds[kind]
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind])
  }
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => [
      status,
      {
        description: kinds.map(kind => `${problemKinds[kind].title} (\`${problemType(kind)}\`).`).join(' '),
        content,
      },
    ]),
  )
}

/** Why an answer is not one that the document has, or undefined. For tests: no answer is checked while it ships. */
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
  const expected =
    'json' in shape ? 'application/json' : mediaType('text' in shape ? shape.text : shape.stream)
  if (type !== expected) return `${type} is not ${expected}`
  return 'json' in shape && body !== '' ? schemaProblem(shape.json, JSON.parse(body), 'answer') : undefined
}
