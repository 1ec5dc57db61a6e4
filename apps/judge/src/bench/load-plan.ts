/** What the load's process is told: payments at a steady rate, whatever becomes of those before. */
export interface SteadyPlan {
  readonly origin: string
  readonly perSecond: number
  readonly lengthMs: number
  /** Of the payments' ids; see correlationIdOf in k6/wire.ts. */
  readonly run: string
}

/** What it answers. */
export interface SteadyResult {
  /** Of every payment that was accepted, from the write to the last byte of the answer, in milliseconds. */
  readonly latenciesMs: Float64Array
  readonly failedCount: number
  /** Its own, in both modes. */
  readonly cpuMs: number
}
