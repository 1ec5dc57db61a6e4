import type { AttemptOutcome, HealthOutcome, LookupOutcome, SummaryOutcome } from '@rinha/payment'

/**
 * What the coordinator asks of one payment processor, and all it asks. Real (`@rinha/processor/http`) and simulated
 * processors stand behind the same port and pass the same checks ({@link processorContract}).
 *
 * Every call takes a callback, `done`, which is called exactly once and never from within the call. No promise stands in
 * between: whoever implements the port decides in which turn `done` runs, so that an outcome and what follows from it are
 * one event, with the socket's data in production and at an instant of virtual time in a simulation.
 *
 * No call fails: whatever a network or a processor does to a request has a member in the outcome's union, and
 * `unknown` is the one to be used whenever the processor may have recorded the payment, or may yet. (What does throw is
 * an assert, on a bug of ours.)
 */
export interface ProcessorClient {
  /** One attempt. Sending the same id again is safe at the same processor: it keeps the first and answers `duplicate`. */
  pay(payment: ProcessorPayment, done: (outcome: AttemptOutcome) => void): void
  /** Asks whether the processor has a payment. Settles an unknown outcome once the attempt can no longer be under way. */
  lookUp(correlationId: Uint8Array, done: (outcome: LookupOutcome) => void): void
  /** One call to the processor's own health endpoint. It allows one call in 5 s, and lets further callers wait. */
  health(done: (outcome: HealthOutcome) => void): void
}

/**
 * One processor's books, for the reconciler. Calls have connections of their own, so that payments and their look-ups
 * do not wait for them. The callbacks are as above; no call fails.
 */
export interface ProcessorBooks {
  /** The sums of payments with a requestedAt from `fromMs` to the end of the millisecond `toMs`. */
  summary(fromMs: number, toMs: number, done: (outcome: SummaryOutcome) => void): void
  lookUp(correlationId: Uint8Array, done: (outcome: LookupOutcome) => void): void
}

/** What travels with an attempt. The processor books the payment under `requestedAtMs`. */
export interface ProcessorPayment {
  /** 16 bytes. */
  readonly correlationId: Uint8Array
  readonly amountCents: number
  /** Milliseconds since the epoch, when this attempt was dispatched. */
  readonly requestedAtMs: number
}
