import { clairvoyantNet, segmentsOf } from '@rinha/simulator'
import { marketOf } from '../lab/plan.ts'
import { percentile } from '../score/percentile.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { PaymentView } from './look-ups.ts'
import type { Recording } from './recorder.ts'

/** A payment that was looked up after the run. */
export interface Looked {
  readonly index: number
  readonly id: string
  readonly atMs: number
  readonly view: PaymentView
}

/** What became of the payments that were posted in one stage. Amounts are in the currency. */
export interface StageRow {
  readonly fromMs: number
  readonly toMs: number
  /** The values of each processor, the cheapest first. */
  readonly behaviours: readonly { readonly delayMs: number; readonly failing: boolean }[]
  readonly arrivedCount: number
  /**
   * The parts of the looked-up payments by processor, 0 to 1. The last part is of those that were not settled when the
   * totals were read.
   */
  readonly shares: readonly number[]
  readonly lookedCount: number
  /** From the post to the requestedAt that was recorded. NaN where none was looked up. */
  readonly waitP50Ms: number
  readonly waitMsMax: number
  readonly net: number
  /** The most that a policy could have earned from them that knew the schedule. */
  readonly bound: number
}

const processorNames: readonly (string | undefined)[] = ['default', 'fallback']

/** The stages of a run, with the time before the first. */
export function stageRows(
  schedule: Schedule,
  recording: Recording,
  acceptedCount: number,
  looked: readonly Looked[],
): readonly StageRow[] {
  const market = marketOf(schedule)
  const segments = segmentsOf(market)
  const { startedAtMs } = recording
  const edges = segments.map(({ atMs }) => atMs).concat(Number.POSITIVE_INFINITY)
  const counts = segments.map(
    (_, at) =>
      postedBefore(recording, startedAtMs + (edges[at + 1] ?? 0)) -
      (at === 0 ? 0 : postedBefore(recording, startedAtMs + (edges[at] ?? 0))),
  )
  const postedCount = counts.reduce((sum, each) => sum + each, 0)
  // Includes failed posts.
  const acceptedUpTo = (at: number) => {
    const before = counts.slice(0, at).reduce((sum, each) => sum + each, 0)
    return Math.round((before * acceptedCount) / Math.max(1, postedCount))
  }
  return segments.map(({ atMs, processors: behaviours }, at) => {
    const toMs = edges[at + 1] ?? 0
    const arrivedCount = acceptedUpTo(at + 1) - acceptedUpTo(at)
    const here = looked.filter(each => each.atMs >= startedAtMs + atMs && each.atMs < startedAtMs + toMs)
    const taken = market.feesBps.map((_, processor) =>
      here.filter(
        each => each.view.processor === processorNames[processor] && isSettledBy(each, recording.endedAtMs),
      ),
    )
    const shares = taken.map(each => each.length / Math.max(1, here.length))
    const waitsMs = taken.flat().map(({ view, atMs: postedAtMs }) => (view.requestedAtMs ?? 0) - postedAtMs)
    const gross = (arrivedCount * market.amountCents) / 100
    return {
      fromMs: atMs,
      toMs: Math.min(toMs, durationMs(schedule)),
      behaviours,
      arrivedCount,
      shares: [...shares, 1 - shares.reduce((sum, share) => sum + share, 0)],
      lookedCount: here.length,
      waitP50Ms: waitsMs.length === 0 ? Number.NaN : Math.max(0, percentile(waitsMs, 0.5)),
      waitMsMax: waitsMs.length === 0 ? Number.NaN : Math.max(0, ...waitsMs),
      net: shares.reduce(
        (sum, share, processor) => sum + gross * share * (1 - (market.feesBps[processor] ?? 0) / 10_000),
        0,
      ),
      bound: clairvoyantNet(
        market,
        segments.map((_, other) => (other === at ? arrivedCount : 0)),
      ),
    }
  })
}

/** Whether the payment was settled, under an instant before the totals were read. Only such a payment is in the totals. */
export function isSettledBy({ view }: Looked, endedAtMs: number): boolean {
  return view.state === 'settled' && (view.requestedAtMs ?? Number.POSITIVE_INFINITY) <= endedAtMs
}

/** How many payments had been posted by then: between two that are known, in a straight line. */
export function postedBefore({ posted }: Recording, wallMs: number): number {
  let [low, high] = [0, posted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((posted[middle]?.atMs ?? 0) < wallMs) low = middle + 1
    else high = middle
  }
  const [before, after] = [posted[low - 1], posted[low]]
  if (before === undefined) return 0
  if (after === undefined) return before.index + 1
  const part = (wallMs - before.atMs) / (after.atMs - before.atMs)
  return before.index + 1 + Math.floor(part * (after.index - before.index - 1))
}

/** When a payment was posted, by its number, the other way round. */
export function postedAtMs({ posted }: Recording, index: number): number {
  let [low, high] = [0, posted.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((posted[middle]?.index ?? 0) <= index) low = middle
    else high = middle - 1
  }
  const [before, after] = [posted[low], posted[low + 1]]
  if (before === undefined) return Number.NaN
  if (after === undefined || before.index === index) return before.atMs
  const part = (index - before.index) / (after.index - before.index)
  return before.atMs + part * (after.atMs - before.atMs)
}
