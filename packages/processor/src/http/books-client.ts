import { printCorrelationId } from '@rinha/payment'
import { summaryQuery } from '../bodies.ts'
import { classifyLookup, classifySummary } from '../classify.ts'
import type { ProcessorBooks } from '../port.ts'
import { CallError } from './call-error.ts'
import { getting } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { connectorOf } from './connector.ts'
import { booksCallCountMax } from './limits.ts'

interface BooksClientOptions {
  /** Such as `http://payment-processor-default:8080`. */
  readonly origin: string
  /** The processor's `X-Rinha-Token`. */
  readonly token: string
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly bodyBytesMax: number
}

interface HttpProcessorBooks extends ProcessorBooks {
  /** Ends the call under way, and the connection. */
  close(): Promise<void>
}

/** Reads a processor's books through its admin endpoint, over one connection. */
export function createBooksClient({
  token,
  connectTimeoutMs,
  ...options
}: BooksClientOptions): HttpProcessorBooks {
  const pool = new ConnectionPool({
    ...options,
    connect: connectorOf(connectTimeoutMs),
    callCountMax: booksCallCountMax,
  })
  return {
    summary(fromMs, toMs, done) {
      const path = `/admin/payments-summary?${summaryQuery(fromMs, toMs)}`
      pool.answer(getting(path, ['x-rinha-token', token]), result =>
        done(result instanceof CallError ? result.unknown : classifySummary(result.status, result.body)),
      )
    },
    lookUp(correlationId, done) {
      pool.answer(getting(`/payments/${printCorrelationId(correlationId)}`), result =>
        done(
          result instanceof CallError
            ? result.unknown
            : classifyLookup(result.status, result.body, correlationId),
        ),
      )
    },
    close: () => pool.close(),
  }
}
