import { correlationIdOf } from '../k6/wire.ts'
import type { Audit } from '../score/audit.ts'
import type { Measured } from '../score/closing.ts'
import type { TargetOrigins } from '../score/targets.ts'
import { lookUp } from './look-ups.ts'
import { type Compared, type Difference, differenceOf, type Mismatch, mismatchOf } from './mismatches.ts'
import type { Recording } from './recorder.ts'
import { type Looked, postedAtMs, postedBefore } from './stages.ts'

/** The answers to the questions that are asked after a run. */
export interface Findings {
  readonly looked: readonly Looked[]
  readonly mismatches: readonly Mismatch[]
  /** If more was settled than posted: the looked-up payments that both processors have. */
  readonly twice: readonly Difference[]
  readonly tookMs: number
}

/** Evenly over the run. */
const lookedCountMax = 10_000
/** The first audits that differed, and so many payments of each, the latest first. */
const auditCountMax = 3
const comparedCountMax = 5000
/** A payment of a window was posted before it, too. */
const postedEarlierMs = 5000

/** Asks the backend, and where books differed both processors, about payments of the run. */
export async function findOut(
  origins: TargetOrigins,
  recording: Recording,
  { counts, audits }: Measured,
): Promise<Findings> {
  const startedAtMs = performance.now()
  const postedCount = counts.acceptedCount + counts.failedCount
  const step = Math.max(1, Math.ceil(postedCount / lookedCountMax))
  const indexes = Array.from({ length: Math.ceil(postedCount / step) }, (_, at) => at * step)
  const ids = indexes.map(index => correlationIdOf(recording.run, index))
  const views = await lookUp(origins.backend, ids)
  const looked = indexes.map((index, at) => ({
    index,
    id: ids[at] ?? '',
    atMs: postedAtMs(recording, index),
    view: views[at] ?? { state: 'unknown' },
  }))
  const mismatches: Mismatch[] = []
  for (const audit of audits.filter(each => each.inconsistencyCount > 0).slice(0, auditCountMax))
    mismatches.push(mismatchOf(audit, await compare(origins, idsOf(recording, audit))))
  const isMore = counts.totals.default.count + counts.totals.fallback.count > counts.acceptedCount
  const twice = isMore ? (await compare(origins, ids.slice(0, comparedCountMax))).flatMap(differenceOf) : []
  return { looked, mismatches, twice, tookMs: performance.now() - startedAtMs }
}

async function compare(origins: TargetOrigins, ids: readonly string[]): Promise<readonly Compared[]> {
  const [backend, onDefault, onFallback] = await Promise.all([
    lookUp(origins.backend, ids),
    lookUp(origins.default, ids),
    lookUp(origins.fallback, ids),
  ])
  const unknown = { state: 'unknown' }
  return ids.map((id, at) => ({
    id,
    backend: backend[at] ?? unknown,
    processors: { default: onDefault[at] ?? unknown, fallback: onFallback[at] ?? unknown },
  }))
}

/** Payments that may have been sent in the window: posted in it, or earlier by at most the age of the oldest queued one. */
function idsOf(recording: Recording, { fromMs, toMs }: Audit): readonly string[] {
  const agesMs = recording.samples
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map(({ oldestQueuedAgeMs }) => oldestQueuedAgeMs)
  const earliestMs = fromMs - Math.max(0, ...agesMs) - postedEarlierMs
  const last = postedBefore(recording, toMs)
  const first = Math.max(postedBefore(recording, earliestMs), last - comparedCountMax)
  return Array.from({ length: last - first }, (_, at) => correlationIdOf(recording.run, first + at))
}
