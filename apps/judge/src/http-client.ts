import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

/** The answer, or the reason why there was none. Even without an answer the request may have been carried out. */
export type HttpAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly body: string
      readonly latencyMs: number
      /** The header `Preference-Applied`, if there is one. */
      readonly preferenceApplied?: string
    }
  | { readonly kind: 'none'; readonly reason: string }

export interface HttpClientOptions {
  readonly timeoutMs: number
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>>
  readonly connectionCountMax?: number
}

/**
 * HTTP to one origin over connections that are kept. A request has one time limit over all of it, connecting included, and
 * its latency runs from the write to the last byte, as k6 measures. Nothing is retried.
 */
export class HttpClient {
  readonly origin: string
  readonly #timeoutMs: number
  readonly #headers: Readonly<Record<string, string>>
  readonly #pool: Pool

  constructor(origin: string, options: HttpClientOptions) {
    // An audit and a stage may ask one processor at the same time.
    const { timeoutMs, headers = {}, connectionCountMax = 4 } = options
    this.origin = origin
    this.#timeoutMs = timeoutMs
    this.#headers = { ...headers, 'content-type': 'application/json' }
    // The limit of our own covers undici's.
    this.#pool = new Pool(origin, { connections: connectionCountMax, headersTimeout: 0, bodyTimeout: 0 })
  }

  send({ method, path, headers = {}, json }: HttpRequest): Promise<HttpAnswer> {
    return new Promise(resolve => {
      const chunks: Buffer[] = []
      let bytes = 0
      let status = 0
      let preference: { readonly preferenceApplied?: string } = {}
      let writtenAtMs = performance.now()
      let abort: ((reason: Error) => void) | undefined
      const finish = (answer: HttpAnswer) => {
        clearTimeout(deadline)
        resolve(answer)
      }
      const giveUp = (reason: string) => {
        finish({ kind: 'none', reason })
        abort?.(new Error(reason))
      }
      const deadline = setTimeout(() => giveUp(`no answer within ${this.#timeoutMs} ms`), this.#timeoutMs)
      const body = json === undefined ? null : JSON.stringify(json)
      this.#pool.dispatch(
        { method, path, headers: { ...this.#headers, ...headers }, body },
        {
          onRequestStart(controller) {
            abort = reason => controller.abort(reason)
            writtenAtMs = performance.now()
          },
          onResponseStart(_controller, statusCode, answered) {
            status = statusCode
            const applied = answered['preference-applied']
            if (typeof applied === 'string') preference = { preferenceApplied: applied }
          },
          onResponseData(_controller, chunk) {
            bytes += chunk.length
            if (bytes > bodyBytesMax) giveUp(`an answer of more than ${bodyBytesMax} bytes`)
            else chunks.push(chunk)
          },
          onResponseEnd() {
            const latencyMs = performance.now() - writtenAtMs
            const text = Buffer.concat(chunks).toString('utf8')
            finish({ kind: 'answer', status, body: text, latencyMs, ...preference })
          },
          onResponseError(_controller, error) {
            finish({ kind: 'none', reason: (error as NodeJS.ErrnoException).code ?? error.message })
          },
        },
      )
    })
  }

  /** Ends every connection and whatever is under way on them. */
  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

/** A summary is some hundred bytes. */
const bodyBytesMax = 65_536
