import { assert } from '@rinha/base'
import type { AckLevel } from './ack-level.ts'
import type { OpenRequests } from './open-requests.ts'
import type { HttpRequest, HttpResponse } from './ports.ts'
import { type Problem, printProblem, problemHeaders, problemMediaType, statusLine } from './problem.ts'

type Headers = readonly (readonly [name: string, value: string])[]

/** Answers one kind of request, now or later. The request is readable only until the handler returns. */
export type Handler = (call: HttpCall, request: HttpRequest) => void

/** The parameter of a path that has one. */
export function lastSegment(request: HttpRequest): string {
  const path = request.getUrl()
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * One request and its one answer.
 *
 *   open --answer--> answered   the response belongs to the server again and must not be touched
 *   open --client gone--> aborted   the same; whatever is answered later is dropped, since nobody is there to read it
 *
 * Invariants: 1. at most one answer is written. 2. The response is touched only while open. 3. The count of open
 * requests falls exactly once for each call.
 */
export class HttpCall {
  readonly #response: HttpResponse
  readonly #open: OpenRequests
  /** A HEAD request is answered without a body: the client would read it as the next answer. */
  readonly #head: boolean
  #state: 'open' | 'answered' | 'aborted' = 'open'
  #takesBody = false
  /** Told the status that it is answered with. */
  onAnswered: ((status: number) => void) | undefined
  /** The address of what the request has created. */
  location = ''
  #isHeld = false
  #onLeave: (() => void) | undefined

  constructor(response: HttpResponse, open: OpenRequests, head: boolean) {
    this.#response = response
    this.#open = open
    this.#head = head
    open.begin()
    response.onAborted(() => {
      if (this.#leave('aborted')) this.#onLeave?.()
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Hands over the body piece by piece, each valid only during the call, until the call is no longer open. */
  onBody(handler: (piece: Uint8Array, isLast: boolean) => void): void {
    assert(this.isOpen, 'the body is read before the answer')
    this.#takesBody = true
    this.#response.onData((piece, isLast) => {
      // An answer given early leaves the rest of the body to come; the library reads it off the connection.
      if (!this.isOpen) return
      handler(new Uint8Array(piece), isLast)
      if (isLast) this.#hold()
    })
  }

  /**
   * The answer may take seconds. `run` is called if the client leaves before it. To notice that, the connection is
   * read: a client that sends another request, or closes its end, counts as gone.
   */
  onLeave(run: () => void): void {
    this.#onLeave = run
  }

  /** The handler has returned; unless it takes the body, the whole request is there. */
  handled(): void {
    if (!this.#takesBody && this.#onLeave === undefined) this.#hold()
  }

  /**
   * Reads nothing more off the connection until the answer. The library ends a connection on which it reads the next
   * request, or the client's end, before it has written an answer.
   */
  #hold(): void {
    if (!this.isOpen) return
    this.#isHeld = true
    this.#response.pause()
  }

  /** 202 without a body. The headers tell a client of `POST /payments` who has the payment (RFC 7240), and its address. */
  acknowledge(level: AckLevel): void {
    if (!this.#leave('answered')) return
    this.onAnswered?.(202)
    const response = this.#response
    response.cork(() => {
      if (this.#isHeld) response.resume()
      response.writeStatus('202 Accepted')
      response.writeHeader('Preference-Applied', preferencesApplied[level])
      response.writeHeader('Location', this.location)
      response.end(undefined, this.#open.draining)
    })
  }

  json(body: string, headers: Headers = []): void {
    this.#answer('200 OK', 'application/json', body, headers)
  }

  html(body: string): void {
    this.#answer('200 OK', 'text/html; charset=utf-8', body, [])
  }

  /** With `close` the connection is closed after the answer, whatever the client is still sending. */
  problem(problem: Problem, close = this.#open.draining): void {
    this.#answer(statusLine(problem), problemMediaType, printProblem(problem), problemHeaders(problem), close)
  }

  /**
   * A problem after which the client should not go on sending: it is asked to close (RFC 9112 § 9.6). The connection
   * is not closed from here, because closing with unread bytes resets it and the client may lose the answer. What
   * still comes is thrown away, for the ten seconds that the library grants an idle connection.
   */
  problemAndClose(problem: Problem): void {
    const headers = [...problemHeaders(problem), ['Connection', 'close'] as const]
    this.#answer(statusLine(problem), problemMediaType, printProblem(problem), headers, false)
  }

  #answer(
    status: string,
    mediaType: string,
    body: string,
    headers: Headers,
    close = this.#open.draining,
  ): void {
    if (!this.#leave('answered')) return
    this.onAnswered?.(Number(status.slice(0, 3)))
    const response = this.#response
    response.cork(() => {
      if (this.#isHeld) response.resume()
      response.writeStatus(status)
      response.writeHeader('Content-Type', mediaType)
      for (const [name, value] of headers) response.writeHeader(name, value)
      if (!this.#head) response.end(body, close)
      else {
        // Without a length: given one, the library waits for that many bytes and never frees the connection.
        if (close) response.writeHeader('Connection', 'close')
        response.endWithoutBody()
      }
    })
  }

  #leave(state: 'answered' | 'aborted'): boolean {
    if (this.#state !== 'open') return false
    this.#state = state
    this.#open.end()
    return true
  }
}

const preferencesApplied: Readonly<Record<AckLevel, string>> = {
  received: 'ack=received',
  queued: 'ack=queued',
  journaled: 'ack=journaled',
  replicated: 'ack=replicated',
}
