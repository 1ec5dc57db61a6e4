import { type Audit, missingOf, none, readOr } from './audit.ts'
import { percentile } from './percentile.ts'
import type { PerProcessor, Schedule, TotalsSource } from './schedule.ts'
import type { Counts, Totals } from './scoring.ts'
import type { ProcessorTotals, Readings, Targets } from './targets.ts'

/** Everything a run found out. */
export interface Measured {
  readonly counts: Counts
  readonly failures: Readonly<Record<string, number>>
  readonly audits: readonly Audit[]
  /** Both books at the end, whichever of them is scored. */
  readonly books: Books
  readonly warnings: readonly string[]
}

/** The totals of each side, by processor. */
type Books = Readonly<Record<TotalsSource, PerProcessor<Totals>>>

/** The books of a whole run, and the oddities in them. */
export interface Closing {
  readonly books: Books
  readonly warnings: readonly string[]
}

/**
 * Reads the totals of [now − lookBackMs, now], one after the other as the official script does. Both sides are always read,
 * because the one that is not scored shows whether the other tells the truth. If the backend's totals are not part of the
 * score, the official script does not ask for them, so that request's latency is not part of the p99.
 */
export async function closeBooks(
  targets: Targets,
  schedule: Schedule,
  nowMs: number,
  latenciesMs: readonly number[],
): Promise<Closing & { readonly p99Ms: number }> {
  const fromMs = nowMs - schedule.totals.lookBackMs
  const onDefault = await targets.default.summary(fromMs, nowMs)
  const onFallback = await targets.fallback.summary(fromMs, nowMs)
  const p99MsBefore = percentile(latenciesMs, 0.99)
  const backend = await targets.backend.summary(fromMs, nowMs)
  return {
    ...closingOf(schedule, { backend, default: onDefault, fallback: onFallback }),
    p99Ms: schedule.totals.source === 'backend' ? percentile(latenciesMs, 0.99) : p99MsBefore,
  }
}

/** The result of three readings of the whole run. */
export function closingOf(schedule: Schedule, readings: Readings): Closing {
  const { backend, default: onDefault, fallback } = readings
  const processors = { default: readOr(onDefault, none), fallback: readOr(fallback, none) }
  return {
    books: { backend: readOr(backend, { default: none, fallback: none }), processors },
    warnings: [
      ...missingOf(readings).map(line => `no summary at the end, counted as 0, from the ${line}`),
      ...feeWarnings(schedule, processors),
    ],
  }
}

/** The results of the posts. */
export interface PostedPayments {
  readonly acceptedCount: number
  readonly failedCount: number
  readonly failures: Readonly<Record<string, number>>
  /** The p99 of every request that got an answer below 400, not rounded. 0 if there was none. */
  readonly p99Ms: number
}

export function measuredOf(
  schedule: Schedule,
  { acceptedCount, failedCount, failures, p99Ms }: PostedPayments,
  audits: readonly Audit[],
  { books, warnings }: Closing,
): Measured {
  const totals = books[schedule.totals.source]
  const inconsistencyCount = audits.reduce((sum, audit) => sum + audit.inconsistencyCount, 0)
  const counts = { acceptedCount, failedCount, totals, p99Ms, inconsistencyCount }
  return { counts, failures, audits, books, warnings }
}

/** The schedule's fees are the ones scored; a processor that charges others plays another schedule. */
function feeWarnings(schedule: Schedule, processors: PerProcessor<ProcessorTotals>): readonly string[] {
  return (['default', 'fallback'] as const).flatMap(name => {
    const charged = processors[name].feePerTransaction
    const scheduled = schedule.feesBps[name] / 10_000
    if (charged === undefined || Math.abs(charged - scheduled) < 1e-9) return []
    return [`the ${name} processor charges ${charged}, the schedule says ${scheduled}, which the score is by`]
  })
}
