/** Limits and pauses of the engine, each with its reason. */

/** The first pause before a question about a payment is asked (once more): its attempt may still land, or look-ups are many. */
const retryMsMin = 100

/** The longest pause, so that every unknown is resolved within a few seconds after its processor is back. */
const retryMsMax = 1000

/**
 * The same pause, after an answer that another look-up will hardly change. The processor may have been wrong for a
 * while.
 */
const hopelessRetryMsMax = 10_000

/** The pause before try number `retryCount` (from 0): doubling, bounded. */
export function retryMs(retryCount: number, isHopeless: boolean): number {
  return Math.min(retryMsMin * 2 ** Math.min(retryCount, 10), isHopeless ? hopelessRetryMsMax : retryMsMax)
}

/**
 * A payment that has been in doubt, or refused, for so long is shown to a person: an attempt, its look-ups and a repeat take
 * less, unless its processor does not answer. For as long its processor must have recorded others, where it is refused.
 */
export const attentionAgeMs = 60_000
/** The most entries of a list that are shown to a person, beside the count of all. */
export const attentionCountMax = 100

/** A page of a list examines at most this many rows, which takes some 0.05 ms, */
export const pageRowsMax = 200_000
/** and at most this many payments of its state. Then it ends early, with a cursor for the next page. */
export const pageLookedAtMax = 1000

/** The most conflicts that are shown to a person; the latest ones. */
export const conflictCountMax = 20

/** So many look-ups are under way at one processor, whatever they are for; more wait. */
export const lookUpCountMax = 100

/** So many payments are looked up at one time before their first attempt: a processor is asked, not flooded. */
export const firstLookUpCountMax = 100

/**
 * How long a processor's look-up may not find what it has recorded: a replica that lags. An absence in this time after a
 * dead coordinator's attempt says nothing.
 */
export const lookUpLagMsMax = 5000

/** Rows that leave memory in one step: some 1 ms. */
export const retiredRowCountMax = 1024

/**
 * No payment leaves within this time after it was accepted, nor after a start, unless an archive knows it then: API nodes that
 * have it and do not know that the coordinator has it, send it again. They do that as soon as they are connected.
 */
export const keptMsMin = 60_000

/** Periods in which fees were the same. With more of them a fee changes only by a purge, or at another start. */
export const feePeriodCountMax = 256

/** The wall clock was set where it has moved so far from the monotonic clock. */
export const clockStepMsMin = 1000
/** Spans between such steps that are known apart. Of more, the two oldest count as one. */
export const clockSpanCountMax = 64
