import type { RampPoint } from '../schedule.ts'

/** What the load generator's process is told. It ends by itself when its parent's channel closes. */
export type ToGenerator = { readonly kind: 'start'; readonly plan: LoadPlan } | { readonly kind: 'stop' }

/** What it tells. `tick` about twice a second, and once more before `done`. */
export type FromGenerator =
  | { readonly kind: 'ready' }
  | ({ readonly kind: 'tick' } & LoadTick)
  | { readonly kind: 'done' }

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
