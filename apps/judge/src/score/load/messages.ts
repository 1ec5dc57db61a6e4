import type { RampPoint } from '../schedule.ts'

/** What the load generator's process tells: `tick` about twice a second, and once more before `done`. */
export type FromGenerator = ({ readonly kind: 'tick' } & LoadTick) | { readonly kind: 'done' }

/** What it is told, once it is ready. */
export interface LoadPlan {
  readonly backendOrigin: string
  readonly amountCents: number
  readonly vusMax: number
  readonly ramp: readonly RampPoint[]
  readonly thinkTimeMs: number
  readonly clientTimeoutMs: number
}

/** Counts since the start; latencies and failures since the tick before. */
export interface LoadTick {
  readonly vus: number
  readonly acceptedCount: number
  readonly failedCount: number
  /** Of every answer k6 would call expected (200 to 399), in milliseconds. */
  readonly latenciesMs: Float64Array
  /** How often each cause of failure occurred: a status, `timeout`, or what the connection said. */
  readonly failures: Readonly<Record<string, number>>
}
