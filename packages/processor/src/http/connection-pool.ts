import { type Dispatcher, Pool } from 'undici'
import { CallError } from './call-error.ts'
import { connectorOf } from './connector.ts'
import { bodyIdleMsMax, headerBytesMax, keepAliveMarginMs, keepAliveMs, keepAliveMsMax } from './limits.ts'

/** What one kind of call needs of HTTP: its connections, how many calls at once, how long one may take. */
export interface ConnectionPoolOptions {
  readonly origin: string
  readonly connectionCountMax: number
  /** Calls under way, those that wait for a connection included. One more is answered with BUSY. */
  readonly callCountMax: number
  readonly connectTimeoutMs: number
  /** From the call to the end of the answer's body, waiting for a connection included. */
  readonly timeoutMs: number
  readonly bodyBytesMax: number
}

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: string
  /** Names and values in turn, where it has no body. */
  readonly headers?: string[]
}

interface Answer {
  readonly status: number
  /** The header `Retry-After`, as it came. */
  readonly retryAfter: string | undefined
  /** Empty where only the status was asked for. */
  readonly body: string
}

/** Called once, never from within the call that it ends. */
export type Done = (result: Answer | CallError) => void

/**
 * The connections for one kind of call to one processor. Kinds do not share them: a look-up that settles an attempt
 * must not wait behind a thousand payments, and a health call that the processor holds for 5 s must not hold a payment.
 *
 * A connection that the server closed while it was idle is found out before it is used again: undici reads from an idle
 * socket once more before writing to it and connects anew where it was closed. What remains is the instant in which both
 * happen at once, which is `unknown`.
 */
export class ConnectionPool {
  readonly #pool: Pool
  readonly #options: ConnectionPoolOptions
  #callCount = 0

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#pool = new Pool(options.origin, {
      connections: options.connectionCountMax,
      pipelining: 1,
      connect: connectorOf(options.connectTimeoutMs),
      // A call has its own deadline, which also covers waiting for a connection; undici's would start later.
      headersTimeout: 0,
      bodyTimeout: Math.min(bodyIdleMsMax, options.timeoutMs),
      maxHeaderSize: headerBytesMax,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMsMax,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
    })
  }

  /** Ends with the status as soon as the headers are in. The body is read after that, within its limits, and thrown away. */
  status(request: Request, done: Done): void {
    this.#call(request, false, done)
  }

  /** Ends with the status and the whole body as text. */
  answer(request: Request, done: Done): void {
    this.#call(request, true, done)
  }

  async close(): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy()
  }

  #call(request: Request, wantsBody: boolean, done: Done): void {
    const { callCountMax, timeoutMs, bodyBytesMax } = this.#options
    if (this.#callCount >= callCountMax) {
      const busy = new CallError('BUSY', false, `at most ${callCountMax}`)
      return queueMicrotask(() => done(busy))
    }
    this.#callCount += 1
    const call = new Call(wantsBody, timeoutMs, bodyBytesMax, result => {
      this.#callCount -= 1
      done(result)
    })
    this.#pool.dispatch(
      {
        ...request,
        body: request.body ?? null,
        headers: request.headers ?? (request.body === undefined ? [] : jsonHeaders),
      },
      call,
    )
  }
}

const jsonHeaders = ['content-type', 'application/json']

/**
 * One request and its answer, told by undici through its handler interface (its `request()` would promise the same, but
 * not tell whether the request was begun).
 *
 * States: waiting (for a connection) → started (bytes may be out) → answering (headers are in) → over. A deadline ends
 * any of them. Ended while waiting, the request is still in undici's queue: it is thrown out when its turn comes, before
 * a byte is written, so "not started" stays true.
 *
 * Invariants:
 * 1. `done` is called exactly once, at the latest at the deadline, and from a microtask: undici would take what is thrown
 *    in it for a fault of the connection.
 * 2. It is given an error with `started` false only where no byte of the request was written or ever will be.
 * 3. The connection is free or closed at the latest at the deadline.
 */
class Call implements Dispatcher.DispatchHandler {
  readonly #wantsBody: boolean
  readonly #bodyBytesMax: number
  readonly #deadline: NodeJS.Timeout
  #done: Done | undefined
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #status = 0
  #retryAfter: string | undefined
  #bodyBytes = 0
  #chunks: Buffer[] = []

  constructor(wantsBody: boolean, timeoutMs: number, bodyBytesMax: number, done: Done) {
    this.#wantsBody = wantsBody
    this.#bodyBytesMax = bodyBytesMax
    this.#done = done
    this.#deadline = setTimeout(() => this.#giveUp('TIMEOUT', `after ${timeoutMs} ms`), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, undici drops the request and keeps the connection.
    if (this.#over) throw new CallError('TIMEOUT', false)
    this.#controller = controller
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return
    this.#status = status
    const retryAfter = headers['retry-after']
    this.#retryAfter = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter
    if (!this.#wantsBody) this.#tell({ status, retryAfter: this.#retryAfter, body: '' })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes > this.#bodyBytesMax) this.#giveUp('BODY_TOO_LARGE', `${this.#bodyBytesMax} bytes`)
    else if (this.#wantsBody) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    const body = Buffer.concat(this.#chunks).toString('utf8')
    this.#tell({ status: this.#status, retryAfter: this.#retryAfter, body })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end()
    this.#tell(CallError.from(error, this.#controller !== undefined))
  }

  #giveUp(code: 'TIMEOUT' | 'BODY_TOO_LARGE', detail: string): void {
    const error = new CallError(code, this.#controller !== undefined, detail)
    this.#end()
    this.#tell(error)
    this.#controller?.abort(error)
  }

  #tell(result: Answer | CallError): void {
    const done = this.#done
    this.#done = undefined
    if (done !== undefined) queueMicrotask(() => done(result))
  }

  #end(): void {
    this.#over = true
    clearTimeout(this.#deadline)
  }
}
