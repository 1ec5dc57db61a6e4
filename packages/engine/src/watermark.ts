import type { Time } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import type { Attempts } from './attempts.ts'
import type { Newcomers } from './newcomers.ts'

/**
 * Up to which instant the sums are final. A payment is booked under the requestedAt of an attempt, so one that is booked later
 * than now has an attempt whose outcome is not known yet, an earlier attempt that its processor has refused and may have recorded all the
 * same, or an attempt that is still to come, under the wall clock of that time.
 *
 * It does not know of two things: a wall clock that is set back, and a person who orders that a payment counts as recorded (resolve).
 */
export class Watermark {
  readonly #ledger: Ledger
  readonly #attempts: Attempts
  readonly #newcomers: Newcomers

  constructor(ledger: Ledger, attempts: Attempts, newcomers: Newcomers) {
    this.#ledger = ledger
    this.#attempts = attempts
    this.#newcomers = newcomers
  }

  /**
   * Every payment that is ever booked under a requestedAt at or before this instant is in the sums of now. null: a
   * coordinator before this one may have sent some, and nobody here knows when. It looks at what is in flight.
   */
  completeUpToMs({ nowMs, wallMs }: Time): number | null {
    if (this.#newcomers.mayBeBooked(this.#ledger, nowMs)) return null
    let earliestMs = Math.min(wallMs, this.#ledger.earliestRefusedMs)
    for (const { row } of this.#attempts.journeys)
      if (this.#ledger.state(row) === paymentState.inFlight)
        earliestMs = Math.min(earliestMs, this.#ledger.requestedAtMs(row))
    return Math.max(0, earliestMs - 1)
  }
}
