import { performance } from 'node:perf_hooks'
import { Pool } from 'undici'

export interface ChaosRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
}

export type ChaosAnswer =
  | {
      readonly kind: 'answer'
      readonly status: number
      /** The header `Preference-Applied`, empty where there is none. */
      readonly preferenceApplied: string
      readonly body: string
      readonly latencyMs: number
    }
  /** Refused, broken off, or later than allowed. What was asked for may have been done. */
  | { readonly kind: 'none'; readonly reason: string }

/** HTTP to one origin over connections that are kept. One time limit covers all of a request; nothing is retried. */
export class HttpClient {
  readonly #pool: Pool
  readonly #timeoutMs: number

  constructor(origin: string, timeoutMs: number, connectionCountMax: number) {
    this.#timeoutMs = timeoutMs
    // The limit of our own covers undici's.
    this.#pool = new Pool(origin, { connections: connectionCountMax, headersTimeout: 0, bodyTimeout: 0 })
  }

  async send({ method, path, headers = {}, json }: ChaosRequest): Promise<ChaosAnswer> {
    const startMs = performance.now()
    try {
      const {
        statusCode,
        headers: answered,
        body,
      } = await this.#pool.request({
        method,
        path,
        headers: { ...headers, 'content-type': 'application/json' },
        body: json === undefined ? null : JSON.stringify(json),
        signal: AbortSignal.timeout(this.#timeoutMs),
      })
      const preference = answered['preference-applied']
      return {
        kind: 'answer',
        status: statusCode,
        preferenceApplied: typeof preference === 'string' ? preference : '',
        body: await body.text(),
        latencyMs: performance.now() - startMs,
      }
    } catch (error) {
      return { kind: 'none', reason: (error as NodeJS.ErrnoException).code?.toString() ?? String(error) }
    }
  }

  /** Ends every connection and whatever is under way on them. */
  async close(): Promise<void> {
    await this.#pool.destroy()
  }
}
