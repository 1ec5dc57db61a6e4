import { percentile } from '../score/percentile.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { Band, Chart, Frame } from './chart.ts'
import type { QueueSample, Recording } from './recorder.ts'
import { postedBefore, type StageRow } from './stages.ts'

/** More points would be finer than a screen. */
const bucketCountMax = 300

/** The run in equal pieces of time, from its start to the reading of the totals. */
export function frameOf(schedule: Schedule, recording: Recording, stages: readonly StageRow[]): Frame {
  const { startedAtMs, endedAtMs } = recording
  const lengthMs = Math.max(durationMs(schedule), endedAtMs - startedAtMs)
  const bucketMs = Math.ceil(lengthMs / bucketCountMax / 1000) * 1000
  const bucketCount = Math.ceil(lengthMs / bucketMs)
  return { bucketMs, bucketCount, bands: stages.map(stage => bandOf(stage)) }
}

function bandOf({ fromMs, toMs, behaviours }: StageRow): Band {
  const lanes = behaviours.map(({ delayMs, failing }, processor) => ({
    words: `${processor === 0 ? 'default' : 'fallback'} ${behaviourWords({ delayMs, failing })}`,
    state: failing ? ('failing' as const) : delayMs > 100 ? ('slow' as const) : ('well' as const),
  }))
  return { fromMs, toMs, lanes }
}

export function behaviourWords({ delayMs, failing }: { delayMs: number; failing: boolean }): string {
  return failing ? `${delayMs} ms, fails` : `${delayMs} ms`
}

export function chartsOf(recording: Recording, frame: Frame): readonly Chart[] {
  const { bucketMs, bucketCount } = frame
  const { startedAtMs, endedAtMs, latencies, samples } = recording
  const bucketOf = (atMs: number) => Math.floor((atMs - startedAtMs) / bucketMs)
  const buckets = Array.from({ length: bucketCount }, (_, at) => at)
  const latenciesOf: number[][] = buckets.map(() => [])
  for (const { atMs, latencyMs } of latencies) latenciesOf[bucketOf(atMs)]?.push(latencyMs)
  const ofLatency = (part: number) =>
    latenciesOf.map(each => (each.length === 0 ? Number.NaN : percentile(each, part)))
  const sampleOf: (QueueSample | undefined)[] = buckets.map(() => undefined)
  for (const sample of samples) sampleOf[bucketOf(sample.atMs)] = sample
  const ofSample = (read: (sample: QueueSample) => number) =>
    sampleOf.map(sample => (sample === undefined ? Number.NaN : read(sample)))
  const postedOf = buckets.map(at => postedBefore(recording, startedAtMs + at * bucketMs))
  const arrivals = buckets.map(at =>
    startedAtMs + (at + 1) * bucketMs > endedAtMs
      ? Number.NaN
      : (((postedOf[at + 1] ?? Number.NaN) - (postedOf[at] ?? 0)) / bucketMs) * 1000,
  )
  const onDefault = settledRates(sampleOf, 0)
  const both = settledRates(sampleOf, 1).map((rate, at) => rate + (onDefault[at] ?? 0))
  return [
    {
      title: 'Queue',
      unit: 'payments',
      series: [
        { label: 'queued', color: 'queue', isArea: true, values: ofSample(each => each.queuedCount) },
        { label: 'in flight', color: 'in', values: ofSample(each => each.inFlightCount) },
      ],
    },
    {
      title: 'Age of the oldest queued',
      unit: 's',
      series: [{ label: 'oldest', color: 'queue', values: ofSample(each => each.oldestQueuedAgeMs / 1000) }],
    },
    {
      title: 'Flow',
      unit: 'payments/s',
      series: [
        { label: 'settled by default', color: 'default', isArea: true, values: onDefault },
        { label: 'by fallback', color: 'fallback', isArea: true, values: both, floor: onDefault },
        { label: 'posted', color: 'in', values: arrivals },
      ],
    },
    {
      title: 'Latency of answers to clients',
      unit: 'ms',
      series: [
        { label: 'p99', color: 'tail', values: ofLatency(0.99) },
        { label: 'median', color: 'median', values: ofLatency(0.5) },
      ],
    },
  ]
}

/** Settlements a second from one sample to the next. None where the count fell, because the coordinator started anew. */
function settledRates(samples: readonly (QueueSample | undefined)[], processor: number): readonly number[] {
  let before: QueueSample | undefined
  return samples.map(sample => {
    if (sample === undefined) return Number.NaN
    const grown = (sample.settledCounts[processor] ?? 0) - (before?.settledCounts[processor] ?? 0)
    const passedMs = sample.atMs - (before?.atMs ?? sample.atMs - 1000)
    before = sample
    return grown < 0 || passedMs <= 0 ? Number.NaN : (grown / passedMs) * 1000
  })
}
