import { assert } from '@rinha/base'
import { printCorrelationId } from '@rinha/payment'
import { printPaymentBody, readRetryAfterMs } from '../bodies.ts'
import { classifyAttempt, classifyHealth, classifyLookup } from '../classify.ts'
import type { ProcessorClient } from '../port.ts'
import { CallError } from './call-error.ts'
import { getting } from './connection.ts'
import { ConnectionPool } from './connection-pool.ts'
import { connectorOf } from './connector.ts'
import { healthCallCountMax, lookupCountMax } from './limits.ts'

export interface ProcessorClientOptions {
  /** The name of the processor in reasons. */
  readonly name: string
  /** Such as `http://payment-processor-default:8080`. */
  readonly origin: string
  /** Attempts at once. At least the engine's limit of concurrency. */
  readonly callCountMax: number
  /**
   * An attempt or a look-up with no answer for so long is given up. Generous: an attempt that is given up is not over,
   * its outcome is `unknown`, and only the same processor can settle it. Longer than the slowest processor answers.
   */
  readonly attemptTimeoutMs: number
  /** For a health call. Longer than 5 s: the endpoint makes callers wait for its next window. */
  readonly healthTimeoutMs: number
  /** The timeout of a TCP connection. An attempt that fails here was certainly not sent, so the timeout may be short. */
  readonly connectTimeoutMs: number
  /** The largest body that is read of any answer. */
  readonly bodyBytesMax: number
}

export interface HttpProcessorClient extends ProcessorClient {
  /** Ends every call under way (attempts already sent end as `unknown`) and all connections. */
  close(): Promise<void>
}

/** A payment processor behind HTTP/1.1, on undici: kept connections, one request on each at a time. */
export function createProcessorClient(options: ProcessorClientOptions): HttpProcessorClient {
  const { name, origin, callCountMax, attemptTimeoutMs, healthTimeoutMs } = options
  const { connectTimeoutMs, bodyBytesMax } = options
  const timeoutsMs = [attemptTimeoutMs, healthTimeoutMs, connectTimeoutMs]
  for (const limit of [callCountMax, bodyBytesMax, ...timeoutsMs])
    assert(isPositive(limit), 'every limit of a processor client is a positive integer')
  const shared = { origin, connect: connectorOf(connectTimeoutMs), bodyBytesMax }
  const payments = new ConnectionPool({ ...shared, callCountMax, timeoutMs: attemptTimeoutMs })
  const lookups = new ConnectionPool({
    ...shared,
    callCountMax: lookupCountMax,
    timeoutMs: attemptTimeoutMs,
  })
  const health = new ConnectionPool({
    ...shared,
    callCountMax: healthCallCountMax,
    timeoutMs: healthTimeoutMs,
  })
  return {
    pay(payment, done) {
      const body = printPaymentBody(payment)
      payments.status({ method: 'POST', path: '/payments', body, headers: jsonHeaders }, result => {
        const outcome =
          result instanceof CallError
            ? result.attemptOutcome
            : classifyAttempt(result.status, readRetryAfterMs(result.retryAfter, Date.now()))
        done(withName(name, outcome))
      })
    },
    lookUp(correlationId, done) {
      lookups.answer(getting(`/payments/${printCorrelationId(correlationId)}`), result => {
        const outcome =
          result instanceof CallError
            ? result.unknown
            : classifyLookup(result.status, result.body, correlationId)
        done(withName(name, outcome))
      })
    },
    health(done) {
      health.answer(getting('/payments/service-health'), result => {
        const outcome =
          result instanceof CallError ? result.unknown : classifyHealth(result.status, result.body)
        done(withName(name, outcome))
      })
    },
    async close() {
      await Promise.all([payments.close(), lookups.close(), health.close()])
    },
  }
}

const jsonHeaders = ['content-type', 'application/json']

function isPositive(limit: number): boolean {
  return Number.isSafeInteger(limit) && limit > 0
}

function withName<Outcome extends { readonly kind: string }>(name: string, outcome: Outcome): Outcome {
  return 'reason' in outcome ? { ...outcome, reason: `${name}: ${outcome.reason}` } : outcome
}
