import type { AnswerShape, ObjectSchema, Operation, Operations } from './operation.ts'
import { type ProblemKind, problemKinds, problemType } from './problems/problem-kinds.ts'
import type { TSchema } from './schema.ts'

/** Problem details, RFC 9457; `field` names the part of the request at fault, where there is one. */
export const problemSchema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail'],
  additionalProperties: false,
  properties: {
    type: { type: 'string', description: 'A relative URI; a page about this kind of problem is there.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    field: { type: 'string' },
  },
}

export interface DocumentInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** How a token is sent, for operations that are not open to everybody. */
  readonly security: { readonly [name: string]: object }
  /** The problems that every operation can answer. */
  readonly everywhere?: readonly ProblemKind[]
}

const everywhereDefault: readonly ProblemKind[] = ['bad-request', 'forbidden', 'not-acceptable']

/** The OpenAPI 3.1 document of these operations. */
export function openApiDocument(
  { security, everywhere = everywhereDefault, ...info }: DocumentInfo,
  operations: Operations,
): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const [operationId, operation] of Object.entries(operations)) {
    paths[operation.path] ??= {}
    const methods = paths[operation.path] as Record<string, object>
    methods[operation.method.toLowerCase()] = describe(
      operationId,
      operation,
      Object.keys(security),
      everywhere,
    )
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/' }],
    paths,
    components: { schemas: { Problem: problemSchema }, securitySchemes: security },
  }
}

function describe(
  operationId: string,
  operation: Operation,
  schemes: readonly string[],
  everywhere: readonly ProblemKind[],
): object {
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
    ...(body && {
      requestBody: { required: isNeeded(body), content: { 'application/json': { schema: body } } },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, shape]) => [status, answer(shape)])),
      ...problemAnswers(problemsOf(operation, everywhere)),
    },
    // A client needs a key only where the server has a list of them.
    ...(role === 'client' && { security: [{}, ...schemes.map(name => ({ [name]: [] }))] }),
    ...(role !== 'open' &&
      role !== 'client' && { security: schemes.map(name => ({ [name]: [] })), 'x-role': role }),
  }
}

/** No body stands for `{}`: whether that is too little. */
function isNeeded(schema: TSchema): boolean {
  const { anyOf, required = [] } = schema as {
    readonly anyOf?: readonly TSchema[]
    readonly required?: readonly string[]
  }
  return required.length > 0 || anyOf?.every(isNeeded) === true
}

function parameters(place: 'path' | 'query' | 'header', schema: ObjectSchema | undefined): readonly object[] {
  const required = schema?.required ?? []
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
  const { properties = {}, required = [] } = shape.headers ?? {}
  const headers = Object.entries(properties).map(([name, schema]) => [
    name,
    { required: required.includes(name), schema },
  ])
  return {
    description,
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) }),
    ...(shapeType(shape) !== '' && { content: { [shapeType(shape)]: { schema: shapeSchema(shape) } } }),
  }
}

export function shapeType(shape: AnswerShape): string {
  if ('json' in shape) return 'application/json'
  return mediaType('text' in shape ? shape.text : shape.stream)
}

function shapeSchema(shape: AnswerShape): object {
  if ('json' in shape) return shape.json
  // The content of a stream is not a string, and no schema describes it.
  return 'text' in shape ? { type: 'string' } : {}
}

export function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0] ?? ''
}

/** The media type of its answers, problems apart. */
export function mediaTypesOf({ answers }: Operation): readonly string[] {
  return [...new Set(Object.values(answers).map(shapeType))]
}

/** The operation's own problems, and those that come from its input and its role. */
export function problemsOf(
  { body, role, problems }: Operation,
  everywhere: readonly ProblemKind[] = everywhereDefault,
): readonly ProblemKind[] {
  const all: ProblemKind[] = [...problems, ...everywhere]
  if (role !== 'open') all.push('unauthenticated')
  if (role === 'client') all.push('too-many-requests')
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
