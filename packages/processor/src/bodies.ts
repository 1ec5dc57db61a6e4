import type { HealthOutcome, LookupOutcome, SummaryOutcome } from '@rinha/payment'
import { centsOfDecimal, parseInstantMs, printCents, printCorrelationId, printInstant } from '@rinha/payment'
import type { ProcessorPayment } from './port.ts'

/**
 * The processor's JSON, both ways. What is written is put together as text: the amount is printed from its cents and
 * never becomes a float. What is read is checked field by field, since it decides where money is booked; anything that is
 * not as documented is `unknown`, with what was wrong with it.
 */

/** The body of `POST /payments`. */
export function printPaymentBody({ correlationId, amountCents, requestedAtMs }: ProcessorPayment): string {
  const id = printCorrelationId(correlationId)
  const amount = printCents(amountCents)
  return `{"correlationId":"${id}","amount":${amount},"requestedAt":"${printInstant(requestedAtMs)}"}`
}

/**
 * Reads the body of a 200 to `GET /payments/{id}`. Its requestedAt comes without a zone and is UTC; a fraction finer
 * than a millisecond is cut, because what we sent had none.
 */
export function readLookupBody(text: string, correlationId: Uint8Array): LookupOutcome {
  const body = parseObject(text)
  if (body === undefined) return unknown('the look-up answered no JSON object')
  const { correlationId: id, amount, requestedAt } = body
  if (typeof id !== 'string' || id.toLowerCase() !== printCorrelationId(correlationId)) {
    return unknown('the look-up answered another correlationId')
  }
  const amountCents = typeof amount === 'number' ? centsOfDecimal(amount) : undefined
  if (amountCents === undefined)
    return unknown('the look-up answered an amount that is no whole number of cents')
  const requestedAtMs = typeof requestedAt === 'string' ? parseInstantMs(requestedAt, 'down') : undefined
  if (requestedAtMs === undefined) return unknown('the look-up answered a requestedAt that is no instant')
  return { kind: 'found', requestedAtMs, amountCents }
}

/** The longest pause that a processor may ask for. An hour, for example, is ignored. */
const minResponseMsMax = 3_600_000

/** Reads the body of a 200 to `GET /payments/service-health`. */
export function readHealthBody(text: string): HealthOutcome {
  const body = parseObject(text)
  if (body === undefined) return unknown('the health endpoint answered no JSON object')
  const { failing, minResponseTime } = body
  if (typeof failing !== 'boolean') return unknown('the health endpoint answered no boolean as failing')
  const isSound =
    Number.isSafeInteger(minResponseTime) &&
    Number(minResponseTime) >= 0 &&
    Number(minResponseTime) <= minResponseMsMax
  if (!isSound)
    return unknown('the health endpoint answered no whole milliseconds of an hour as minResponseTime')
  return { kind: 'answered', failing, minResponseTimeMs: Number(minResponseTime) }
}

/**
 * The window of `GET /admin/payments-summary`, both of whose ends are included. Processors keep microseconds, and others may
 * have sent them: so the last millisecond is asked for to its end, and windows that follow each other leave nothing out.
 */
export function summaryQuery(fromMs: number, toMs: number): string {
  return `from=${printInstant(fromMs)}&to=${printInstant(toMs).replace('Z', '999Z')}`
}

/** Reads the body of a 200 to `GET /admin/payments-summary`. */
export function readSummaryBody(text: string): SummaryOutcome {
  const { totalRequests, totalAmount } = parseObject(text) ?? {}
  if (!Number.isSafeInteger(totalRequests) || Number(totalRequests) < 0)
    return unknown('the summary has no count as totalRequests')
  const amountCents = typeof totalAmount === 'number' ? centsOfDecimal(totalAmount) : undefined
  if (amountCents === undefined)
    return unknown('the summary has a totalAmount that is no whole number of cents')
  return { kind: 'summed', count: Number(totalRequests), amountCents }
}

/** Reads a header `Retry-After`, which has seconds or a date (RFC 9110, 10.2.3). Undefined where it has neither. */
export function readRetryAfterMs(text: string | undefined, wallMs: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000
  const atMs = /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - wallMs)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function unknown(reason: string): { readonly kind: 'unknown'; readonly reason: string } {
  return { kind: 'unknown', reason }
}
