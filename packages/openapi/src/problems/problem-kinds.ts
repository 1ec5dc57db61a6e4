/**
 * The kinds of problem details (RFC 9457) that an HTTP answer may have. The table is closed, and the public API and the
 * admin port share it: `type` is `/problems/KIND`, and a page with the text of `meaning` is there.
 */
export const problemKinds = {
  'bad-request': {
    status: 400,
    phrase: 'Bad Request',
    title: 'The request is not valid',
    meaning:
      'A part of the request is missing, unknown or out of its range. The detail names it. Nothing was changed; the same request will be refused again.',
  },
  unauthenticated: {
    status: 401,
    phrase: 'Unauthorized',
    title: 'No token that is known',
    meaning:
      'The request needs a token, in the header Authorization: Bearer TOKEN, and brought none or one that is not known here.',
  },
  forbidden: {
    status: 403,
    phrase: 'Forbidden',
    title: 'Not allowed',
    meaning:
      'Who asks may not do this, or it is switched off by a setting, or the request came from a page of another origin or under a name that is not this server’s. The detail says which.',
  },
  'not-found': {
    status: 404,
    phrase: 'Not Found',
    title: 'Nothing is here',
    meaning: 'The path is unknown, or what it names does not exist.',
  },
  'method-not-allowed': {
    status: 405,
    phrase: 'Method Not Allowed',
    title: 'The method is not allowed here',
    meaning: 'The path exists and does not know this method. The header Allow lists those it knows.',
  },
  'not-acceptable': {
    status: 406,
    phrase: 'Not Acceptable',
    title: 'No such form of the answer',
    meaning: 'The header Accept names no media type in which this answer is given.',
  },
  'body-too-slow': {
    status: 408,
    phrase: 'Request Timeout',
    title: 'The body came too slowly',
    meaning: 'The request was not whole in time. The connection is closed; nothing was changed.',
  },
  conflict: {
    status: 409,
    phrase: 'Conflict',
    title: 'The id is that of another payment',
    meaning:
      'A payment with this correlationId exists and is not this one: it has another amount, or it was rejected. It is unchanged.',
  },
  'wrong-state': {
    status: 409,
    phrase: 'Conflict',
    title: 'Not in the state for this',
    meaning:
      'What the request names exists, and is not in the state in which this can be done. It is unchanged.',
  },
  'precondition-failed': {
    status: 412,
    phrase: 'Precondition Failed',
    title: 'Changed since it was read',
    meaning:
      'If-Match names another version than there is: somebody changed it in between. Read it again, and decide again.',
  },
  'body-too-large': {
    status: 413,
    phrase: 'Content Too Large',
    title: 'The body is too large',
    meaning: 'The body has more bytes than are read. The detail has the limit.',
  },
  'not-json': {
    status: 415,
    phrase: 'Unsupported Media Type',
    title: 'The body is not declared as JSON',
    meaning: 'The body has to come as Content-Type: application/json, and without a Content-Encoding.',
  },
  'precondition-required': {
    status: 428,
    phrase: 'Precondition Required',
    title: 'If-Match is missing',
    meaning:
      'This change needs the version that it was decided on: the ETag of the last answer, as If-Match.',
  },
  'too-many-requests': {
    status: 429,
    phrase: 'Too Many Requests',
    title: 'More requests than allowed',
    meaning: 'The limit for this key or client is reached. The header Retry-After says when to go on.',
  },
  'headers-too-large': {
    status: 431,
    phrase: 'Request Header Fields Too Large',
    title: 'The headers are too large',
    meaning: 'The headers of the request have more bytes than are read.',
  },
  internal: {
    status: 500,
    phrase: 'Internal Server Error',
    title: 'A bug',
    meaning: 'The server met something that it does not expect. Its log has more.',
  },
  unavailable: {
    status: 503,
    phrase: 'Service Unavailable',
    title: 'Not available now',
    meaning: 'What is needed for the answer is away, full or failing. The same request may succeed later.',
  },
} as const satisfies Record<string, { status: number; phrase: string; title: string; meaning: string }>

export type ProblemKind = keyof typeof problemKinds

/** A relative URI: where it was asked, its page is. */
export function problemType(kind: ProblemKind): string {
  return `/problems/${kind}`
}
