/** The instructions for the load's process: payments at a steady rate, whatever happens to earlier ones. */
export interface SteadyPlan {
  readonly origin: string
  readonly perSecond: number
  readonly lengthMs: number
  /** Of the payments' ids; see correlationIdOf in k6/wire.ts. */
  readonly run: string
}

/** The answer of the load's process. */
export interface SteadyResult {
  /** The latency of every accepted payment, from the write to the last byte of the answer, in milliseconds. */
  readonly latenciesMs: Float64Array
  readonly failedCount: number
  /** The CPU time of the load itself, user and system. */
  readonly cpuMs: number
}
