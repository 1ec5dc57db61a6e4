/** The answer to a request, before it is written as HTTP. */
export interface Answer {
  /** Code and reason, as the status line has them. */
  readonly status: string
  readonly body: string
  readonly type: 'json' | 'problem' | 'text' | 'none'
  readonly retryAfterS?: number
  /** For 405: the methods that are allowed. */
  readonly allow?: string
}

const bare = (status: string): Answer => ({ status, body: '', type: 'none' })

export const noContent = bare('204 No Content')
export const badRequest = bare('400 Bad Request')
export const unauthorized = bare('401 Unauthorized')
export const notFound = bare('404 Not Found')
export const payloadTooLarge = bare('413 Payload Too Large')
export const unsupportedMediaType = bare('415 Unsupported Media Type')
/** The failure switch answers so: a status and nothing else. */
export const internalServerError = bare('500 Internal Server Error')

export function json(body: string, status = '200 OK'): Answer {
  return { status, body, type: 'json' }
}

export function plainText(body: string): Answer {
  return { status: '200 OK', body, type: 'text' }
}

export function message(text: string, status = '200 OK'): Answer {
  return json(JSON.stringify({ message: text }), status)
}

/** The problem with a body, in a form that the original does not have (RFC 9457). */
export function problem(detail: string): Answer {
  const body = JSON.stringify({ type: 'about:blank', title: 'Bad Request', status: 400, detail })
  return { status: '400 Bad Request', body, type: 'problem' }
}

export function methodNotAllowed(allow: string): Answer {
  return { ...bare('405 Method Not Allowed'), allow }
}

/** Both limiters answer like this, with the health window's length, as the original does. */
export function tooManyRequests(healthWindowMs: number): Answer {
  return {
    status: '429 Too Many Requests',
    body: 'Too many requests. Try again later.',
    type: 'text',
    retryAfterS: Math.ceil(healthWindowMs / 1000),
  }
}
