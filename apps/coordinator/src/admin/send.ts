import type { ServerResponse } from 'node:http'
import type { ProblemAnswer, Sink } from '@rinha/openapi'
import { problemKinds, problemType } from '@rinha/openapi/problems'

type Headers = { readonly [name: string]: string }

export function send(response: ServerResponse, status: number, headers: Headers, body: string): void {
  response.writeHead(status, { 'cache-control': 'no-store', ...headers })
  response.end(body)
}

/** Problem details, RFC 9457. */
export function sendProblem(
  response: ServerResponse,
  { problem, detail, headers = {} }: ProblemAnswer,
): void {
  const { status, title } = problemKinds[problem]
  const body = { type: problemType(problem), title, status, detail }
  send(
    response,
    status,
    { ...headers, 'content-type': 'application/problem+json' },
    `${JSON.stringify(body)}\n`,
  )
}

export function sendStream(response: ServerResponse, contentType: string, open: (sink: Sink) => void): void {
  response.writeHead(200, { 'cache-control': 'no-store', 'content-type': contentType })
  response.flushHeaders()
  open({
    write: text => response.write(text),
    end: () => response.end(),
    onClose: run => response.on('close', run),
  })
}
