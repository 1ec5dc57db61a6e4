import type { AuditRule, PerProcessor } from './schedule.ts'
import { inconsistenciesOf } from './scoring.ts'
import type { Reading, Readings, Targets } from './targets.ts'

/** One reading of the three books. */
export interface Audit {
  readonly fromMs: number
  readonly toMs: number
  /** Payments in the window. What could not be read counts as 0, as in the official script. */
  readonly backend: PerProcessor<number>
  readonly processors: PerProcessor<number>
  readonly inconsistencyCount: number
  /** Which of the three could not be read, and why. */
  readonly missing: readonly string[]
}

/**
 * Reads backend and processors at the same time. The three reads are not one snapshot: what is booked between two of
 * them differs, which is why the window ends `guardMs` ago.
 */
export async function audit(targets: Targets, rule: AuditRule, nowMs: number): Promise<Audit> {
  const fromMs = nowMs - rule.lookBackMs
  const toMs = nowMs - rule.guardMs
  const [onDefault, onFallback, backend] = await Promise.all([
    targets.default.summary(fromMs, toMs),
    targets.fallback.summary(fromMs, toMs),
    targets.backend.summary(fromMs, toMs),
  ])
  return auditOf({ fromMs, toMs }, { backend, default: onDefault, fallback: onFallback }, rule)
}

/** The result of three readings of one window. */
export function auditOf(
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  { backend, default: onDefault, fallback: onFallback }: Readings,
  rule: Pick<AuditRule, 'inconsistency'>,
): Audit {
  const processors = { default: readOr(onDefault, none).count, fallback: readOr(onFallback, none).count }
  const both = readOr(backend, { default: none, fallback: none })
  const counted = { default: both.default.count, fallback: both.fallback.count }
  return {
    fromMs,
    toMs,
    backend: counted,
    processors,
    inconsistencyCount: inconsistenciesOf(rule.inconsistency, counted, processors),
    missing: missingOf({ backend, default: onDefault, fallback: onFallback }),
  }
}

export const none = { count: 0, amountCents: 0, feePerTransaction: undefined }

export function readOr<T>(reading: Reading<T>, otherwise: T): T {
  return reading.kind === 'read' ? reading.value : otherwise
}

/** A line for each reading that is missing. */
export function missingOf(readings: Readings): readonly string[] {
  const named: Readonly<Record<string, Reading<unknown>>> = {
    'default processor': readings.default,
    'fallback processor': readings.fallback,
    backend: readings.backend,
  }
  return Object.entries(named).flatMap(([who, reading]) =>
    reading.kind === 'missing' ? [`${who}: ${reading.reason}`] : [],
  )
}
