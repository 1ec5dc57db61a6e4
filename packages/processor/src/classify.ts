import type { AttemptOutcome, HealthOutcome, LookupOutcome, SummaryOutcome } from '@rinha/payment'
import { readHealthBody, readLookupBody, readSummaryBody } from './bodies.ts'

/**
 * What an HTTP status means for a payment. The one question behind every row: may the processor have recorded it? Only
 * what a processor is documented to say is definite. The table is closed; what it does not list is unknown.
 *
 * | status | outcome | because |
 * |---|---|---|
 * | 200, 201 | recorded | |
 * | 422 | duplicate | the id is there; whether from us is the engine's to judge |
 * | 429 | refused, not sent, pushed back, with the `Retry-After` it came with | the limiter stands before everything else: nothing read it |
 * | 500 | refused, sent | the processor's own failure, which comes before its insert |
 * | 400, 413, 415 | rejected | about this payment: sending it again as it is would change nothing |
 * | 3xx, 401, 403, 404, 405, 407, 421, 426 | refused, sent, with `wayStatus` | about the way: no processor judged the payment |
 * | anything else | unknown | a gateway, a timeout on the way, another 2xx: the request may have been passed on |
 *
 * What can still go wrong. A processor that records a payment and answers 500 breaks its own documents. The look-up before
 * such a payment moves finds the record, unless that look-up is wrong as well: a lagging replica, or a wrong way that answers
 * 404 to everything. Both mistakes for one payment charge it twice, and nothing that this system sees tells them from a
 * payment that is not there. Where an answer was lost the payment never moves, so no look-up can do harm.
 */
export function classifyAttempt(status: number, retryAfterMs?: number): AttemptOutcome {
  const reason = `the processor answered ${status}`
  if (status === 200 || status === 201) return { kind: 'recorded' }
  if (status === 422) return { kind: 'duplicate' }
  if (status === 429) {
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
    return { kind: 'refused', sent: false, pushedBack: true, reason, ...wait }
  }
  if (status === 500) return { kind: 'refused', sent: true, pushedBack: false, reason }
  if (status === 400 || status === 413 || status === 415) return { kind: 'rejected', reason }
  if ((status >= 300 && status < 400) || wayStatuses.has(status)) {
    return { kind: 'refused', sent: true, pushedBack: false, reason, wayStatus: status }
  }
  return { kind: 'unknown', reason }
}

const wayStatuses: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 421, 426])

/** What a look-up's answer means: 200 with a sound body, 404, or nothing to rely on. */
export function classifyLookup(status: number, body: string, correlationId: Uint8Array): LookupOutcome {
  if (status === 404) return { kind: 'absent' }
  if (status === 200) return readLookupBody(body, correlationId)
  return { kind: 'unknown', reason: `the look-up answered ${status}` }
}

/** The meaning of the health endpoint's answer. */
export function classifyHealth(status: number, body: string): HealthOutcome {
  if (status === 200) return readHealthBody(body)
  return { kind: 'unknown', reason: `the health endpoint answered ${status}` }
}

/** The meaning of the answer to `GET /admin/payments-summary`. */
export function classifySummary(status: number, body: string): SummaryOutcome {
  if (status === 200) return readSummaryBody(body)
  const hint = status === 401 ? ': it refuses the token' : ''
  return { kind: 'unknown', reason: `the summary answered ${status}${hint}` }
}
