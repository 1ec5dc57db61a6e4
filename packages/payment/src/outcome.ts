/**
 * What became of one attempt at a processor. Closed: every switch over it is exhaustive, and `unknown` is a member,
 * because "we do not know" is an answer a network gives. The word `failed` is not used, because it could mean `refused`
 * or `unknown`.
 *
 * - `recorded`: the processor has it, from this attempt.
 * - `duplicate`: the processor says it had the id already (422). Whether that was us is the engine's to judge.
 * - `refused`: not recorded. `sent` is true if the processor may have read the request (a 500, a 404), and false if it
 *   cannot have (connection refused, 429 from a limiter). It decides whether another processor may be tried without a
 *   look-up. `pushedBack` marks the 429: a sign of congestion, not of ill health. `retryAfterMs` is how long the
 *   processor asked us to wait. `withdrawn` marks an attempt that we did not start, so it says nothing about the
 *   processor. `wayStatus` marks an answer about the way to the processor and not about the payment (401, 404, a
 *   redirect).
 * - `unknown`: it may have been recorded, or may be yet: a timeout, a reset after the request was written, any status that
 *   no processor is documented to say.
 * - `rejected`: the processor will never take this payment (400, 413, 415).
 */
export type AttemptOutcome =
  | { readonly kind: 'recorded' }
  | { readonly kind: 'duplicate' }
  | {
      readonly kind: 'refused'
      readonly sent: boolean
      readonly pushedBack: boolean
      readonly reason: string
      readonly retryAfterMs?: number
      readonly wayStatus?: number
      readonly withdrawn?: true
    }
  | { readonly kind: 'unknown'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string }

/** The answer of a processor to the look-up of one id. */
export type LookupOutcome =
  | { readonly kind: 'found'; readonly requestedAtMs: number; readonly amountCents: number }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string }

/** A processor's sums of a window, as its admin endpoint answers them. */
export type SummaryOutcome =
  | { readonly kind: 'summed'; readonly count: number; readonly amountCents: number }
  | { readonly kind: 'unknown'; readonly reason: string }

/** The answer of a processor's own health endpoint. */
export type HealthOutcome =
  | { readonly kind: 'answered'; readonly failing: boolean; readonly minResponseTimeMs: number }
  | { readonly kind: 'unknown'; readonly reason: string }
