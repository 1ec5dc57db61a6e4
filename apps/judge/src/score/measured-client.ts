import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'

/** What came back, or why nothing did. */
export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly latencyMs: number }
  | { readonly kind: 'none'; readonly reason: string }

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly json?: unknown
}

/**
 * HTTP to one origin outside the load: a request has one time limit over all of it, connecting included, and its
 * latency runs from the write to the last byte, as k6 measures. Nothing is retried.
 */
export class MeasuredClient {
  readonly origin: string
  readonly #timeoutMs: number
  readonly #headers: Readonly<Record<string, string>>
  readonly #pool: Pool

  constructor(origin: string, timeoutMs: number, headers: Readonly<Record<string, string>> = {}) {
    this.origin = origin
    this.#timeoutMs = timeoutMs
    this.#headers = headers
    // The limit of our own covers undici's.
    this.#pool = new Pool(origin, { connections: connectionsMax, headersTimeout: 0, bodyTimeout: 0 })
  }

  send(request: Request): Promise<Answer> {
    return new Promise(resolve => {
      const chunks: Buffer[] = []
      let bytes = 0
      let status = 0
      let writtenAtMs = performance.now()
      let abort: ((reason: Error) => void) | undefined
      const finish = (answer: Answer) => {
        clearTimeout(deadline)
        resolve(answer)
      }
      const giveUp = (reason: string) => {
        finish({ kind: 'none', reason })
        abort?.(new Error(reason))
      }
      const deadline = setTimeout(() => giveUp(`no answer within ${this.#timeoutMs} ms`), this.#timeoutMs)
      this.#pool.dispatch(
        {
          method: request.method,
          path: request.path,
          headers: { ...this.#headers, 'content-type': 'application/json' },
          body: request.json === undefined ? null : JSON.stringify(request.json),
        },
        {
          onRequestStart(controller) {
            abort = reason => controller.abort(reason)
            writtenAtMs = performance.now()
          },
          onResponseStart(_controller, statusCode) {
            status = statusCode
          },
          onResponseData(_controller, chunk) {
            bytes += chunk.length
            if (bytes > bodyBytesMax) giveUp(`an answer of more than ${bodyBytesMax} bytes`)
            else chunks.push(chunk)
          },
          onResponseEnd() {
            const latencyMs = performance.now() - writtenAtMs
            finish({ kind: 'answer', status, body: Buffer.concat(chunks).toString('utf8'), latencyMs })
          },
          onResponseError(_controller, error) {
            finish({ kind: 'none', reason: (error as NodeJS.ErrnoException).code ?? error.message })
          },
        },
      )
    })
  }

  /** Ends every connection and whatever is under way on them. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}

/** An audit and a stage may ask one processor at the same time. */
const connectionsMax = 4
/** A summary is some hundred bytes. */
const bodyBytesMax = 65_536
