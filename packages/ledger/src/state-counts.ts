/** How many payments stand where. accepted = queued + in flight + settled + rejected: conservation. */
export interface StateCounts {
  /** Those that a processor has refused included. */
  readonly queued: number
  readonly inFlight: number
  readonly settled: number
  /** Those that a person has discarded included. */
  readonly rejected: number
  readonly discarded: number
}
