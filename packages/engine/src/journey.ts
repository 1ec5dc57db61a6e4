import type { Permit } from '@rinha/routing'

/**
 * A journey is what the engine remembers of one payment beyond the ledger's row, from its first attempt until it settles.
 * A payment that is queued and was never sent has none yet.
 *
 * Each journey is in one phase:
 * - `sending`: an attempt is under way. Entered at dispatch, left when it ends.
 * - `lookingUp`: the processor that may have recorded it is being asked. Left when it answers.
 * - `waiting`: nothing is under way; at its deadline it is looked up (again). Entered when an attempt or a look-up ended
 *   in `unknown`, or when a look-up found nothing but the payment cannot be sent again yet.
 * - `queued`: in the queue with a past: `processor` refused it after having read it, so that another processor may only
 *   have it once a look-up at this one has found nothing.
 *
 * `doubt` says what is not known: with `recorded?` an attempt's answer was lost, so the payment stays with `processor`
 * under the same requestedAt until it is found there or recorded again; nothing but a record ends that.
 */
export interface Journey {
  readonly row: number
  readonly acceptedAtMs: number
  phase: 'sending' | 'lookingUp' | 'waiting' | 'queued'
  processor: number
  requestedAtMs: number
  doubt: 'none' | 'refused' | 'recorded?'
  /** Why the look-up under way is made. */
  purpose: 'resolve' | 'readBack' | 'move'
  permit: Permit | undefined
  /** Retries without an answer that helped, for the back-off. */
  retryCount: number
}

/** A payment that is about to be sent for the first time, or that was only ever refused before it was read. */
export function newJourney(row: number, acceptedAtMs: number, processor: number): Journey {
  return {
    row,
    acceptedAtMs,
    phase: 'queued',
    processor,
    requestedAtMs: 0,
    doubt: 'none',
    purpose: 'resolve',
    permit: undefined,
    retryCount: 0,
  }
}
