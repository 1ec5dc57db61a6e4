import type { IncomingMessage, ServerResponse } from 'node:http'
import { assert, unreachable } from '@rinha/base'
import {
  type Found,
  mediaTypesOf,
  type Operation,
  type ProblemAnswer,
  type Route,
  type Router,
  readInput,
  type Sink,
} from '@rinha/openapi'
import { accepts } from './accepts.ts'
import type { Access } from './access.ts'
import { AuditFailure } from './audit-log.ts'
import { readBody } from './read-body.ts'
import { send, sendProblem, sendStream } from './send.ts'

/** The parts from which requests are answered. */
export interface AdminContext {
  readonly access: Access
  readonly router: Router
  readonly handlers: AdminHandlers
  readonly onBug: (error: unknown) => void
}

/** Handlers without their types: the document's schemas have said what each is given. */
export interface AdminHandlers {
  readonly [operationId: string]: (request: unknown) => AnyAnswer | Promise<AnyAnswer>
}

type AnyAnswer =
  | ProblemAnswer
  | {
      readonly status: number
      readonly body: object | string | ((sink: Sink) => void)
      readonly headers?: { readonly [name: string]: string }
    }

/** Answers one request: the first thing that is wrong with it, or what its handler says. */
export function handleRequest(
  context: AdminContext,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [path = '/', search = ''] = split(request.url ?? '/')
  const refusal = context.access.refusalOf(request)
  if (refusal !== undefined) return sendProblem(response, refusal)
  const found = context.router.find(request.method ?? '', path)
  if (found.kind === 'otherMethods' && request.method === 'OPTIONS') {
    response.writeHead(204, { allow: found.allow }).end()
    return
  }
  if (found.kind !== 'route') return sendProblem(response, notFound(found))
  answer(context, found.route, search, request).then(
    given => sendAnswer(response, found.route.operation, given),
    error => {
      if (error instanceof AuditFailure)
        return sendProblem(response, { problem: 'unavailable', detail: error.message })
      context.onBug(error)
      sendProblem(response, { problem: 'internal', detail: 'The log of the coordinator has more.' })
    },
  )
}

function notFound(found: Exclude<Found, { kind: 'route' }>): ProblemAnswer {
  switch (found.kind) {
    case 'none':
      return { problem: 'not-found', detail: 'The paths that there are stand in /openapi.json.' }
    case 'notDecodable':
      return { problem: 'bad-request', detail: 'The path is not percent-encoded UTF-8.' }
    case 'otherMethods': {
      const { allow } = found
      return { problem: 'method-not-allowed', detail: `Allowed here: ${allow}.`, headers: { allow } }
    }
    default:
      return unreachable(found)
  }
}

async function answer(
  { access, handlers }: AdminContext,
  { operationId, operation, params }: Route,
  search: string,
  request: IncomingMessage,
): Promise<AnyAnswer> {
  const asking = access.whoMay(request, operation.role)
  if ('problem' in asking) return asking
  const types = mediaTypesOf(operation)
  if (!accepts(request.headers.accept, types))
    return { problem: 'not-acceptable', detail: `The answer comes as ${types.join(' or ')}.` }
  const body = operation.body === undefined ? undefined : await readBody(request, operation.bodyBytesMax)
  if (body?.ok === false) return body.error
  const query = readSearch(search)
  if (query === undefined)
    return { problem: 'bad-request', detail: 'The query is not percent-encoded UTF-8.' }
  const input = readInput(operation, { params, query, headers: request.headers, body: body?.value })
  if (!input.ok) return { problem: 'bad-request', detail: input.error }
  const handler = handlers[operationId]
  assert(handler !== undefined, 'each operation has a handler')
  return handler({ ...input.value, ...asking })
}

function readSearch(search: string): URLSearchParams | undefined {
  try {
    decodeURIComponent(search)
    return new URLSearchParams(search)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}

function sendAnswer(response: ServerResponse, operation: Operation, answer: AnyAnswer): void {
  if ('problem' in answer) return sendProblem(response, answer)
  const { status, body, headers = {} } = answer
  const shape = operation.answers[status]
  assert(shape !== undefined, 'the document has the status of every answer')
  if ('stream' in shape) return sendStream(response, shape.stream, body as (sink: Sink) => void)
  const type = 'json' in shape ? 'application/json' : shape.text
  const isText = !('json' in shape) || shape.isPrinted
  send(
    response,
    status,
    { ...headers, 'content-type': type },
    isText ? `${body}` : `${JSON.stringify(body)}\n`,
  )
}

function split(url: string): readonly [path: string, search: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
