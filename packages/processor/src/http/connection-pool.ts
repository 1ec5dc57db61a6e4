import { type buildConnector, Client } from 'undici'
import { CallError } from './call-error.ts'
import { Connection, type Done, type Request } from './connection.ts'
import { bodyIdleMsMax, headerBytesMax, keepAliveMarginMs, keepAliveMs, keepAliveMsMax } from './limits.ts'

/** What one kind of call needs of HTTP: its connections, how many calls at once, how long one may take. */
export interface ConnectionPoolOptions {
  readonly origin: string
  /**
   * The most calls whose outcome is not known yet. One more is answered with BUSY. There are as many connections, and at
   * most as many again on which the rest of a body arrives after its status has decided the outcome.
   */
  readonly callCountMax: number
  readonly connect: buildConnector.connector
  /** The time from the call to the end of the answer's body, connecting included. */
  readonly timeoutMs: number
  readonly bodyBytesMax: number
}

/**
 * The connections for one kind of call to one processor. Kinds do not share them: a look-up that settles an attempt
 * must not wait behind a thousand payments, and a health call that the processor holds for 5 s must not hold a payment.
 *
 * The connection that was used last is used next: few are busy, and the rest grow old and are closed. A call that finds none
 * has one made for it and waits for no other call. So there is no pipelining, and no answer that is late holds up another call.
 *
 * A connection that the server closed while it was idle is found out before it is used again: undici reads from an idle
 * socket once more before writing to it and connects anew where it was closed. What remains is the instant in which both
 * happen at once, which is `unknown`.
 */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions
  readonly #clientOptions: Client.Options
  readonly #connections = new Set<Connection>()
  /** The connection that was used last is the last one. */
  readonly #idle: Connection[] = []
  #callCount = 0
  #isClosed = false

  constructor(options: ConnectionPoolOptions) {
    this.#options = options
    this.#clientOptions = {
      pipelining: 1,
      connect: options.connect,
      // A call has its own deadline, which also covers connecting; undici's would start later.
      headersTimeout: 0,
      bodyTimeout: Math.min(bodyIdleMsMax, options.timeoutMs),
      maxHeaderSize: headerBytesMax,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMsMax,
      keepAliveTimeoutThreshold: keepAliveMarginMs,
    }
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
    this.#isClosed = true
    await Promise.all([...this.#connections].map(connection => connection.close()))
  }

  #call(request: Request, wantsBody: boolean, done: Done): void {
    if (this.#isClosed) return queueMicrotask(() => done(new CallError('UND_ERR_CLOSED', false)))
    const { callCountMax } = this.#options
    const connection = this.#callCount < callCountMax ? (this.#idle.pop() ?? this.#open()) : undefined
    if (connection === undefined) {
      const busy = new CallError('BUSY', false, `at most ${callCountMax}`)
      return queueMicrotask(() => done(busy))
    }
    this.#callCount += 1
    connection.call(request, wantsBody, done)
  }

  #open(): Connection | undefined {
    const { origin, timeoutMs, bodyBytesMax, callCountMax } = this.#options
    if (this.#connections.size >= 2 * callCountMax) return undefined
    const client = new Client(origin, this.#clientOptions)
    const connection = new Connection(client, timeoutMs, bodyBytesMax, this)
    this.#connections.add(connection)
    return connection
  }

  onTold(): void {
    this.#callCount -= 1
  }

  onFree(connection: Connection): void {
    this.#idle.push(connection)
  }

  onGone(connection: Connection): void {
    this.#connections.delete(connection)
    const index = this.#idle.indexOf(connection)
    if (index >= 0) this.#idle.splice(index, 1)
  }
}
