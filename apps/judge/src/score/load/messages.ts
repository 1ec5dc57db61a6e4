import type { Schedule } from '../schedule.ts'

/** The messages of the load generator's process: `tick` about twice a second, and once more before `done`. */
export type FromGenerator = ({ readonly kind: 'tick' } & LoadTick) | { readonly kind: 'done' }

/** The message to the process, once it is ready. */
export interface LoadPlan
  extends Pick<Schedule, 'amountCents' | 'vusMax' | 'ramp' | 'thinkTimeMs' | 'clientTimeoutMs'> {
  readonly backendOrigin: string
  /** Makes the payments' ids unique to the run; see correlationIdOf in k6/wire.ts. */
  readonly run: string
}

/** Milliseconds since the start. */
export interface LoadCounts {
  readonly vus: number
  readonly acceptedCount: number
  readonly failedCount: number
}

/** Latencies and failures are those since the tick before. */
export interface LoadTick extends LoadCounts {
  /** The latency of every answer that k6 would call expected (200 to 399), in milliseconds. */
  readonly latenciesMs: Float64Array
  /** When each payment was posted, by the wall clock, in the order of their numbers. */
  readonly postedAtMs: Float64Array
  /** How often each cause of failure occurred: a status, `timeout`, or what the connection said. */
  readonly failures: Readonly<Record<string, number>>
}
