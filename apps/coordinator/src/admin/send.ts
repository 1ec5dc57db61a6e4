import type { ServerResponse } from 'node:http'
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ProblemAnswer, Sink } from '@rinha/openapi'
import { problemKinds, problemType } from '@rinha/openapi/problems'

type Headers = { readonly [name: string]: string }

/** Headers of every answer: no caching, no framing, no content sniffing, and pages may load nothing from elsewhere. */
const always: Headers = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export function send(response: ServerResponse, status: number, headers: Headers, body: string): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, { ...always, ...headers, 'content-length': bytes.length })
  response.end(bytes)
}

/** Problem details, RFC 9457. */
export function sendProblem(response: ServerResponse, answer: ProblemAnswer): void {
  const { status, headers, body } = printProblem(answer)
  send(response, status, headers, body)
}

function printProblem({ problem, detail, headers = {} }: ProblemAnswer) {
  const { status, title } = problemKinds[problem]
  const body = `${JSON.stringify({ type: problemType(problem), title, status, detail })}\n`
  return { status, headers: { ...headers, 'content-type': 'application/problem+json' }, body }
}

/**
 * Answers bytes that are no request (`clientError` of a server), or a request that is not complete in time, and closes the
 * connection.
 */
export function sendRawProblem(socket: Duplex, answer: ProblemAnswer): void {
  if (!socket.writable) return void socket.destroy()
  const { status, headers, body } = printProblem(answer)
  const lines = Object.entries({
    ...always,
    ...headers,
    'content-length': `${Buffer.byteLength(body)}`,
    connection: 'close',
  })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

export function sendStream(response: ServerResponse, contentType: string, open: (sink: Sink) => void): void {
  response.writeHead(200, { ...always, 'content-type': contentType })
  if (response.req.method === 'HEAD') return void response.end()
  response.flushHeaders()
  open({
    write: text => response.write(text),
    pendingBytes: () => response.writableLength,
    destroy: () => response.destroy(),
    onClose: run => response.on('close', run),
  })
}
