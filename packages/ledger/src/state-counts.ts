/** How many payments stand where. accepted = queued + in flight + settled + rejected: conservation. */
export interface StateCounts {
  /** Includes those that a processor has refused. */
  readonly queued: number
  readonly refused: number
  readonly inFlight: number
  readonly settled: number
  /** Includes those that a person has discarded. */
  readonly rejected: number
  readonly discarded: number
}
