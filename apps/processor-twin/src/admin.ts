import {
  type Answer,
  badRequest,
  json,
  message,
  noContent,
  unauthorized,
  unsupportedMediaType,
} from './answer.ts'
import type { Processor } from './processor.ts'
import { boolean, int32, isJsonContentType, readFields, text } from './wire-json.ts'

/** The endpoints behind `X-Rinha-Token`. */
export type AdminCall = 'summary' | 'setToken' | 'setDelay' | 'setFailure' | 'purge'

export interface AdminRequest {
  readonly call: AdminCall
  /** The `X-Rinha-Token` header, empty where it is missing. */
  readonly token: string
  readonly contentType: string
  /** The raw query string, without the question mark. */
  readonly query: string
  readonly body: Uint8Array
}

/**
 * Answers the admin endpoints. The body is read before the token is looked at, as the original's filters do: a wrong
 * body is 400 or 415 for anyone, the rest is 401 without the token.
 */
export class Admin {
  readonly #processor: Processor

  constructor(processor: Processor) {
    this.#processor = processor
  }

  answer(request: AdminRequest): Answer {
    const action = this.#read(request)
    if (typeof action !== 'function') return action
    return this.authorizes(request.token) ? action() : unauthorized
  }

  authorizes(token: string): boolean {
    return token === this.#processor.token
  }

  setToken(token: string): Answer {
    this.#processor.token = token
    return noContent
  }

  setDelay(delayMs: number): Answer {
    const was = this.#processor.delayMs
    this.#processor.delayMs = delayMs
    return json(JSON.stringify({ config: 'delay', was, is: delayMs }))
  }

  setFailure(failing: boolean): Answer {
    const was = this.#processor.failing
    this.#processor.failing = failing
    return json(JSON.stringify({ config: 'failure', was, is: failing }))
  }

  purge(): Answer {
    this.#processor.store.purge()
    return message('All payments purged.')
  }

  /** What the request asks for, or why it cannot be read. */
  #read(request: AdminRequest): (() => Answer) | Answer {
    switch (request.call) {
      case 'summary': {
        const { from, to } = readWindow(request.query)
        return () => this.#processor.summary(from, to)
      }
      case 'purge':
        return () => this.purge()
      case 'setToken': {
        const fields = unreadable(request) ?? readFields(request.body, { token: text }, { token: '' })
        return fieldsOr400(fields, ({ token }) => this.setToken(token))
      }
      case 'setDelay': {
        const fields = unreadable(request) ?? readFields(request.body, { delay: int32 }, { delay: 0 })
        return fieldsOr400(fields, ({ delay }) => this.setDelay(delay))
      }
      case 'setFailure': {
        const fields =
          unreadable(request) ?? readFields(request.body, { failure: boolean }, { failure: false })
        return fieldsOr400(fields, ({ failure }) => this.setFailure(failure))
      }
    }
  }
}

/** Why a body is not even tried: none (400), or one that does not say it is JSON (415). */
export function unreadable(request: { contentType: string; body: Uint8Array }): Answer | undefined {
  if (request.body.length === 0) return badRequest
  return isJsonContentType(request.contentType) ? undefined : unsupportedMediaType
}

function fieldsOr400<T extends object>(
  fields: T | Answer | undefined,
  action: (fields: T) => Answer,
): (() => Answer) | Answer {
  if (fields === undefined) return badRequest
  return 'status' in fields ? fields : () => action(fields)
}

/** `from` and `to` of a query string; names in any case, as ASP.NET has them. */
function readWindow(query: string): { from: string | undefined; to: string | undefined } {
  const window: { from: string | undefined; to: string | undefined } = { from: undefined, to: undefined }
  for (const [name, value] of new URLSearchParams(query)) {
    const known = name.toLowerCase()
    if (known === 'from' || known === 'to') window[known] ??= value
  }
  return window
}
