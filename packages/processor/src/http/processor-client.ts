import { assert } from '@rinha/base'
import { printCorrelationId } from '@rinha/payment'
import { printPaymentBody } from '../bodies.ts'
import { classifyAttempt, classifyHealth, classifyLookup } from '../classify.ts'
import type { ProcessorClient } from '../port.ts'
import { ExchangeError } from './exchange-error.ts'
import { Lane } from './lane.ts'
import { healthCallCountMax, lookupConnectionCountMax, lookupCountMax } from './limits.ts'

export interface ProcessorClientOptions {
  /** What the processor is called in reasons. */
  readonly name: string
  /** Such as `http://payment-processor-default:8080`. */
  readonly origin: string
  /** Connections for payments, and so the most attempts at once. At least the engine's limit of concurrency. */
  readonly connectionCountMax: number
  /**
   * An attempt or a look-up with no answer for so long is given up. Generous: an attempt that is given up is not over,
   * its outcome is `unknown`, and only the same processor can settle it. Longer than the slowest processor answers.
   */
  readonly attemptTimeoutMs: number
  /** For a health call. Longer than 5 s: the endpoint makes callers wait for its next window. */
  readonly healthTimeoutMs: number
  /** For a TCP connection. What fails here was certainly not sent, so it may be short. */
  readonly connectTimeoutMs: number
  /** The largest body that is read of any answer. */
  readonly bodyBytesMax: number
}

/** A payment processor behind HTTP/1.1, on undici: kept connections, one request on each at a time. */
export function createProcessorClient(options: ProcessorClientOptions): ProcessorClient {
  const {
    name,
    origin,
    connectionCountMax,
    attemptTimeoutMs,
    healthTimeoutMs,
    connectTimeoutMs,
    bodyBytesMax,
  } = options
  for (const limit of [
    connectionCountMax,
    attemptTimeoutMs,
    healthTimeoutMs,
    connectTimeoutMs,
    bodyBytesMax,
  ]) {
    assert(
      Number.isSafeInteger(limit) && limit > 0,
      'every limit of a processor client is a positive integer',
    )
  }
  const shared = { origin, connectTimeoutMs, bodyBytesMax }
  const payments = new Lane({
    ...shared,
    connectionCountMax,
    callCountMax: connectionCountMax,
    timeoutMs: attemptTimeoutMs,
  })
  const lookups = new Lane({
    ...shared,
    connectionCountMax: lookupConnectionCountMax,
    callCountMax: lookupCountMax,
    timeoutMs: attemptTimeoutMs,
  })
  const health = new Lane({
    ...shared,
    connectionCountMax: healthCallCountMax,
    callCountMax: healthCallCountMax,
    timeoutMs: healthTimeoutMs,
  })
  return {
    pay: payment =>
      payments
        .status({ method: 'POST', path: '/payments', body: printPaymentBody(payment) })
        .then(classifyAttempt, error => asExchangeError(error).attemptOutcome)
        .then(outcome => withName(name, outcome)),
    lookUp: correlationId =>
      lookups
        .answer({ method: 'GET', path: `/payments/${printCorrelationId(correlationId)}` })
        .then(({ status, body }) => classifyLookup(status, body, correlationId))
        .catch(error => asExchangeError(error).unknown)
        .then(outcome => withName(name, outcome)),
    health: () =>
      health
        .answer({ method: 'GET', path: '/payments/service-health' })
        .then(({ status, body }) => classifyHealth(status, body))
        .catch(error => asExchangeError(error).unknown)
        .then(outcome => withName(name, outcome)),
    async close() {
      await Promise.all([payments.close(), lookups.close(), health.close()])
    },
  }
}

/** Anything but an {@link ExchangeError} is a bug of ours, and a bug about money must not look like a network's fault. */
function asExchangeError(error: unknown): ExchangeError {
  if (error instanceof ExchangeError) return error
  throw error
}

function withName<Outcome extends { readonly kind: string }>(name: string, outcome: Outcome): Outcome {
  return 'reason' in outcome ? { ...outcome, reason: `${name}: ${outcome.reason}` } : outcome
}
