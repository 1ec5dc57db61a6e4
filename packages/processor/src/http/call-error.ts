import type { AttemptOutcome } from '@rinha/payment'

/** The reasons why a call can break off, beyond the platform's own. */
type CallProblem = 'TIMEOUT' | 'BODY_TOO_LARGE' | 'BUSY'

/**
 * The one error of this border: a call that ended without a usable answer. The platform's and undici's codes become
 * a reason an operator can act on, and `started` becomes the outcome.
 *
 * `started` is a fact, not a guess: undici calls a handler's `onRequestStart` on a connected socket, directly before
 * it writes the first byte (lib/dispatcher/client-h1.js, writeH1). Before it the processor cannot have seen the request,
 * whatever the code; after it bytes may have arrived, whatever the code. Codes alone could not tell: ECONNRESET comes
 * while connecting as well as after the processor read everything.
 */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly code: string
  readonly started: boolean

  constructor(code: string, started: boolean, detail = '') {
    super(
      `${reasons[code] ?? 'the call to the processor broke'} (${[code, detail].filter(Boolean).join(': ')})`,
    )
    this.code = code
    this.started = started
  }

  static from(error: unknown, started: boolean): CallError {
    if (error instanceof CallError) return error
    if (!(error instanceof Error)) return new CallError('UNKNOWN', started, String(error))
    const code = (error as { code?: unknown }).code
    return new CallError(typeof code === 'string' ? code : error.name, started, error.message)
  }

  /**
   * Never written is a definite refusal; everything else may have been recorded. BUSY is our own limit of calls at once:
   * congestion, of which the processor's health is innocent.
   */
  get attemptOutcome(): AttemptOutcome {
    return this.started
      ? { kind: 'unknown', reason: this.message }
      : { kind: 'refused', sent: false, pushedBack: this.code === 'BUSY', reason: this.message }
  }

  /** A failed look-up or health call says nothing about the payment. */
  get unknown(): { readonly kind: 'unknown'; readonly reason: string } {
    return { kind: 'unknown', reason: this.message }
  }
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens at the processor’s address',
  ENOTFOUND: 'the processor’s host name is not known',
  EAI_AGAIN: 'the processor’s host name could not be resolved now',
  EHOSTUNREACH: 'the processor’s host cannot be reached',
  ENETUNREACH: 'the processor’s network cannot be reached',
  ETIMEDOUT: 'the network gave the connection up',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while writing',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within connectTimeoutMs',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer’s body stopped coming',
  UND_ERR_HEADERS_OVERFLOW: 'the answer’s headers are too large',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_ABORTED: 'the call was given up',
  UND_ERR_CLOSED: 'the client is closed',
  UND_ERR_DESTROYED: 'the client is closed',
  TIMEOUT: 'no answer in time',
  BODY_TOO_LARGE: 'the answer’s body is larger than bodyBytesMax',
  BUSY: 'too many calls at once',
} satisfies Record<CallProblem, string> & Record<string, string>
