import type { Client, Dispatcher } from 'undici'
import { CallError } from './call-error.ts'

export interface Request {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body: string | null
  /** Names and values alternate. */
  readonly headers: string[]
}

export function getting(path: string, headers: string[] = []): Request {
  return { method: 'GET', path, body: null, headers }
}

export interface Answer {
  readonly status: number
  /** The header `Retry-After`, as it came. */
  readonly retryAfter: string | undefined
  /** Empty where only the status was asked for. */
  readonly body: string
}

/** Called once, and never during the call that it ends. */
export type Done = (result: Answer | CallError) => void

interface Owner {
  /** The outcome of a call is told; its connection may still have a body to bring. */
  onTold(): void
  /** The call on this connection is over, and it can take another one. */
  onFree(connection: Connection): void
  /** The connection takes no further call. */
  onGone(connection: Connection): void
}

/**
 * One connection and the call that is under way on it, one at a time. What a call needs is made once for the connection, and
 * used again. undici tells of the call through its handler interface. Its `request()` would not tell whether the request was
 * begun.
 *
 * States: idle → waiting (for the connection to be made, or looked at once more) → started (bytes may be out) → over (the
 * answer is whole) → idle, once a turn of the event loop has passed. From each of them → gone: what broke, was closed or was
 * given up at the deadline is not used again.
 *
 * Invariants:
 * 1. `done` is called exactly once, at the latest at the deadline, and from a microtask: undici would take what is thrown
 *    in it for a fault of the connection.
 * 2. It is given an error with `started` false only where no byte of the request was written or ever will be.
 * 3. The connection is free or closed at the latest at the deadline.
 */
export class Connection implements Dispatcher.DispatchHandler {
  readonly #client: Client
  readonly #owner: Owner
  readonly #bodyBytesMax: number
  /** Begins anew with each call, and means nothing where none is under way. */
  readonly #deadline: NodeJS.Timeout
  #state: 'idle' | 'waiting' | 'started' | 'over' | 'gone' = 'idle'
  /** The call whose outcome is not known yet. */
  #done: Done | undefined
  #wantsBody = false
  #status = 0
  #retryAfter: string | undefined
  #bodyBytes = 0
  #chunks: Buffer[] = []

  constructor(client: Client, timeoutMs: number, bodyBytesMax: number, owner: Owner) {
    this.#client = client
    this.#bodyBytesMax = bodyBytesMax
    this.#owner = owner
    this.#deadline = setTimeout(() => {
      if (this.#state === 'waiting' || this.#state === 'started')
        this.#end('TIMEOUT', `after ${timeoutMs} ms`)
    }, timeoutMs).unref()
    client.on('drain', () => {
      if (this.#state !== 'over') return
      this.#state = 'idle'
      owner.onFree(this)
    })
    client.on('disconnect', () => {
      if (this.#state === 'idle' || this.#state === 'over') this.#end('UND_ERR_SOCKET')
    })
  }

  call(request: Request, wantsBody: boolean, done: Done): void {
    this.#state = 'waiting'
    this.#done = done
    this.#wantsBody = wantsBody
    this.#deadline.refresh()
    this.#client.dispatch(request, this)
  }

  /** Ends the call under way, if one is. */
  async close(): Promise<void> {
    this.#end('UND_ERR_DESTROYED')
    await this.#client.destroy()
  }

  onRequestStart(): void {
    this.#state = 'started'
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
    if (this.#bodyBytes > this.#bodyBytesMax) this.#end('BODY_TOO_LARGE', `${this.#bodyBytesMax} bytes`)
    else if (this.#wantsBody) this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#state !== 'started') return
    if (this.#wantsBody) {
      const body = Buffer.concat(this.#chunks).toString('utf8')
      this.#chunks = []
      this.#tell({ status: this.#status, retryAfter: this.#retryAfter, body })
    }
    this.#state = 'over'
    this.#bodyBytes = 0
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#leave(CallError.from(error, this.#state === 'started'))
  }

  #end(code: 'TIMEOUT' | 'BODY_TOO_LARGE' | 'UND_ERR_DESTROYED' | 'UND_ERR_SOCKET', detail?: string): void {
    this.#leave(new CallError(code, this.#state === 'started', detail))
  }

  #leave(reason: CallError): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    clearTimeout(this.#deadline)
    this.#tell(reason)
    this.#owner.onGone(this)
    void this.#client.destroy()
  }

  #tell(result: Answer | CallError): void {
    const done = this.#done
    this.#done = undefined
    if (done === undefined) return
    this.#owner.onTold()
    void Promise.resolve(result).then(done)
  }
}
