import { type Dispatcher, Pool } from 'undici'
import { ExchangeError } from './exchange-error.ts'
import { bodyIdleMsMax, headerBytesMax, keepAliveMarginMs, keepAliveMs, keepAliveMsMax } from './limits.ts'

/** What one kind of call needs of HTTP: its connections, how many calls at once, how long one may take. */
export interface LaneOptions {
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
}

export interface Answer {
  readonly status: number
  /** Empty where only the status was asked for. */
  readonly body: string
}

/**
 * The connections for one kind of call to one processor. Kinds do not share them: a look-up that settles an attempt
 * must not wait behind a thousand payments, and a health call that the processor holds for 5 s must not hold a payment.
 *
 * The promises of its calls reject with {@link ExchangeError} and nothing else.
 *
 * A connection that the server closed while it was idle is found out before it is used again: undici reads from an idle
 * socket once more before writing to it and connects anew where it was closed. What remains is the instant in which both
 * happen at once, which is `unknown`.
 */
export class Lane {
  readonly #pool: Pool
  readonly #options: LaneOptions
  #callCount = 0

  constructor(options: LaneOptions) {
    this.#options = options
    this.#pool = new Pool(options.origin, {
      connections: options.connectionCountMax,
      pipelining: 1,
      connect: { timeout: options.connectTimeoutMs },
      // An exchange has its own deadline, which also covers waiting for a connection; undici's would start later.
      headersTimeout: 0,
      bodyTimeout: Math.min(bodyIdleMsMax, options.timeoutMs),
      maxHeaderSize: headerBytesMax,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMsMax,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
    })
  }

  /** The status, as soon as the headers are in. The body is read after that, within its limits, and thrown away. */
  status(request: Request): Promise<number> {
    return this.#call(request, false).then(({ status }) => status)
  }

  /** The status and the whole body as text. */
  answer(request: Request): Promise<Answer> {
    return this.#call(request, true)
  }

  async close(): Promise<void> {
    if (!this.#pool.destroyed) await this.#pool.destroy()
  }

  async #call(request: Request, wantsBody: boolean): Promise<Answer> {
    const { callCountMax, timeoutMs, bodyBytesMax } = this.#options
    if (this.#callCount >= callCountMax) throw new ExchangeError('BUSY', false, `at most ${callCountMax}`)
    this.#callCount += 1
    try {
      const exchange = new Exchange(wantsBody, timeoutMs, bodyBytesMax)
      this.#pool.dispatch(
        { ...request, body: request.body ?? null, headers: request.body === undefined ? [] : jsonHeaders },
        exchange,
      )
      return await exchange.answered
    } finally {
      this.#callCount -= 1
    }
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
 * 1. `answered` is settled exactly once, at the latest at the deadline.
 * 2. It rejects with `started` false only where no byte of the request was written or ever will be.
 * 3. The connection is free or closed at the latest at the deadline.
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly answered: Promise<Answer>
  readonly #wantsBody: boolean
  readonly #bodyBytesMax: number
  readonly #deadline: NodeJS.Timeout
  #resolve: (answer: Answer) => void = () => {}
  #reject: (error: ExchangeError) => void = () => {}
  #controller: Dispatcher.DispatchController | undefined
  #over = false
  #status = 0
  #bodyBytes = 0
  #chunks: Buffer[] = []

  constructor(wantsBody: boolean, timeoutMs: number, bodyBytesMax: number) {
    this.#wantsBody = wantsBody
    this.#bodyBytesMax = bodyBytesMax
    this.answered = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#deadline = setTimeout(() => this.#giveUp('TIMEOUT', `after ${timeoutMs} ms`), timeoutMs)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown here, undici drops the request and keeps the connection.
    if (this.#over) throw new ExchangeError('TIMEOUT', false)
    this.#controller = controller
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return
    this.#status = status
    if (!this.#wantsBody) this.#resolve({ status, body: '' })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes > this.#bodyBytesMax) this.#giveUp('BODY_TOO_LARGE', `${this.#bodyBytesMax} bytes`)
    else if (this.#wantsBody) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#end()
    this.#resolve({ status: this.#status, body: Buffer.concat(this.#chunks).toString('utf8') })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end()
    this.#reject(ExchangeError.from(error, this.#controller !== undefined))
  }

  #giveUp(code: 'TIMEOUT' | 'BODY_TOO_LARGE', detail: string): void {
    const error = new ExchangeError(code, this.#controller !== undefined, detail)
    this.#end()
    this.#reject(error)
    this.#controller?.abort(error)
  }

  #end(): void {
    this.#over = true
    clearTimeout(this.#deadline)
  }
}
