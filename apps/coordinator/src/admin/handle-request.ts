import type { IncomingMessage, ServerResponse } from 'node:http'
import { assert } from '@rinha/base'
import {
  type Operation,
  type ProblemAnswer,
  type Route,
  type Router,
  readInput,
  type Sink,
} from '@rinha/openapi'
import { AuditFailure } from './audit-log.ts'
import { readBody } from './read-body.ts'
import { refusalOf } from './refusal.ts'
import { send, sendProblem, sendStream } from './send.ts'

/** What requests are answered with. */
export interface AdminContext {
  /** ADMIN_HOST */
  readonly host: string
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
  const found = context.router.find(request.method ?? '', path)
  switch (found.kind) {
    case 'none':
      return sendProblem(response, {
        problem: 'not-found',
        detail: 'The paths that there are stand in /openapi.json.',
      })
    case 'notDecodable':
      return sendProblem(response, {
        problem: 'bad-request',
        detail: 'The path is not percent-encoded UTF-8.',
      })
    case 'otherMethods': {
      const headers = { allow: found.allow }
      const detail = `Allowed here: ${found.allow}.`
      return sendProblem(response, { problem: 'method-not-allowed', detail, headers })
    }
  }
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

async function answer(
  { host, handlers }: AdminContext,
  { operationId, operation, params }: Route,
  search: string,
  request: IncomingMessage,
): Promise<AnyAnswer> {
  const refusal = refusalOf(request, host)
  if (refusal !== undefined) return refusal
  const body = operation.body === undefined ? undefined : await readBody(request, operation.bodyBytesMax)
  if (body?.ok === false) return body.error
  const query = new URLSearchParams(search)
  const input = readInput(operation, { params, query, headers: request.headers, body: body?.value })
  if (!input.ok) return { problem: 'bad-request', detail: input.error }
  const handler = handlers[operationId]
  assert(handler !== undefined, 'each operation has a handler')
  return handler({ ...input.value, who: 'loopback' })
}

function sendAnswer(response: ServerResponse, operation: Operation, answer: AnyAnswer): void {
  if ('problem' in answer) return sendProblem(response, answer)
  const { status, body, headers = {} } = answer
  const shape = operation.answers[status]
  assert(shape !== undefined, 'the document has the status of every answer')
  if ('stream' in shape) return sendStream(response, shape.stream, body as (sink: Sink) => void)
  const type = 'json' in shape ? 'application/json' : shape.text
  send(
    response,
    status,
    { ...headers, 'content-type': type },
    'json' in shape ? `${JSON.stringify(body)}\n` : `${body}`,
  )
}

function split(url: string): readonly [path: string, search: string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
