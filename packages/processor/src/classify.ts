import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import { readHealthBody, readLookupBody } from './bodies.ts'

/**
 * What an HTTP status means for a payment. The one question behind every row: may the processor have recorded it?
 *
 * | status | outcome | because |
 * |---|---|---|
 * | 2xx | recorded | |
 * | 422 | duplicate | the id is there; whether from us is the engine's to judge |
 * | 429 | refused, not sent, pushed back | the limiter stands before everything else: nothing read it |
 * | 500, 501, 505 to 599 | refused, sent | the processor's own failure, which comes before its insert |
 * | 408, 502, 503, 504 | unknown | said by something in between, which may have passed the request on |
 * | other 4xx, 3xx | rejected | sending it again as it is would change nothing |
 * | anything else | unknown | not a status of HTTP: no promise follows from it |
 */
export function classifyAttempt(status: number): AttemptOutcome {
  const reason = `the processor answered ${status}`
  if (status >= 200 && status < 300) return { kind: 'recorded' }
  if (status === 422) return { kind: 'duplicate' }
  if (status === 429) return { kind: 'refused', sent: false, pushedBack: true, reason }
  if (status === 408 || status === 502 || status === 503 || status === 504) return { kind: 'unknown', reason }
  if (status >= 300 && status < 500) return { kind: 'rejected', reason }
  if (status >= 500 && status < 600) return { kind: 'refused', sent: true, pushedBack: false, reason }
  return { kind: 'unknown', reason }
}

/** What a look-up's answer means: 200 with a sound body, 404, or nothing to rely on. */
export function classifyLookup(status: number, body: string, correlationId: Uint8Array): LookupOutcome {
  if (status === 404) return { kind: 'absent' }
  if (status === 200) return readLookupBody(body, correlationId)
  return { kind: 'unknown', reason: `the look-up answered ${status}` }
}

/** What the health endpoint's answer means. */
export function classifyHealth(status: number, body: string): HealthOutcome {
  if (status === 200) return readHealthBody(body)
  return { kind: 'unknown', reason: `the health endpoint answered ${status}` }
}
