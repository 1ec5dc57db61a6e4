import type { HttpAnswer } from '../http-client.ts'
import type { Schedule } from '../score/schedule.ts'
import type { TargetOrigins } from '../score/targets.ts'

/**
 * What this command and the script that k6 runs (e2e/k6/score.ts) say to each other. k6 takes the types out and loads
 * the rest of this file into its own engine: it may import nothing but types.
 *
 * The plan goes in as JSON in one environment variable; notes come out as lines of the script's console, while it runs;
 * k6's own metrics come out as JSON on its standard output, at the end.
 */
export const planVariable = 'SCORE_PLAN'

/** A schedule in k6's words, with the addresses it is played against. */
export interface K6Plan
  extends Pick<Schedule, 'thinkTimeMs' | 'clientTimeoutMs' | 'audit' | 'totals' | 'stages'> {
  readonly origins: TargetOrigins
  readonly token: string
  /** Makes the payments' ids unique to the run; see {@link correlationIdOf}. */
  readonly run: string
  /** Every payment whose number is a multiple of this is noted. */
  readonly noteEvery: number
  /** The amount as it stands in the body of a payment. */
  readonly amountText: string
  readonly startVus: number
  readonly ramp: readonly { readonly durationMs: number; readonly targetVus: number }[]
  readonly durationMs: number
}

/** One window, with the answers of the backend and both processors. */
export interface K6Reading {
  readonly fromMs: number
  readonly toMs: number
  readonly backend: HttpAnswer
  readonly default: HttpAnswer
  readonly fallback: HttpAnswer
}

export type K6Note =
  | { readonly note: 'started' }
  | { readonly note: 'audit'; readonly reading: K6Reading }
  | { readonly note: 'books'; readonly reading: K6Reading }
  /** One of the payments: its number in the run, when it was posted, and how long its answer took, null where none came. */
  | {
      readonly note: 'posted'
      readonly index: number
      readonly atMs: number
      readonly latencyMs: number | null
    }
  /** Why the script gives the run up. */
  | { readonly note: 'problem'; readonly reason: string }

/** The most payments that are noted with their time and latency, evenly spread over the run. */
export const notedCountMax = 10_000

/**
 * The correlationId of the payment that is posted as number `index` of a run, from 0. So a run's ids are known afterwards without a
 * list of them. `run` is 20 hexadecimal digits, as random as can be.
 */
export function correlationIdOf(run: string, index: number): string {
  const at = index.toString(16).padStart(12, '0')
  return `${run.slice(0, 8)}-${run.slice(8, 12)}-4${run.slice(13, 16)}-8${run.slice(17, 20)}-${at}`
}

/** The query of a summary: both ends are part of the window. */
export function windowQuery(fromMs: number, toMs: number): string {
  return `?from=${new Date(fromMs).toISOString()}&to=${new Date(toMs).toISOString()}`
}

/** The script's own counters. */
export const metricNames = { accepted: 'payments_accepted', failed: 'payments_failed' } as const

/** The tag of a failed payment, which is counted for each of {@link failureCauses}. */
export const causeTag = 'cause'

/** k6 counts by a tag only if the tag was declared before the run. */
export const failureCauses: readonly string[] = [
  'timeout',
  'refused',
  'reset',
  ...'400 401 403 404 408 409 413 415 422 429 500 501 502 503 504'.split(' '),
  'other',
]

/** How k6 calls a metric, or that part of it that carries a tag. */
export function taggedMetric(name: string, tag: string, value: string): string {
  return `${name}{${tag}:${value}}`
}
