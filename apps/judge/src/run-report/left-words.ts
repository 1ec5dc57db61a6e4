import { count, seconds } from '@rinha/base'
import type { QueueSample } from './recorder.ts'

/** What was left, and why, in words. `last` is how the queue stood when the totals were read. */
export function leftWords(lagCount: number, last: QueueSample | undefined): string {
  if (lagCount === 0) return '0 lag: every accepted payment was counted.'
  if (lagCount < 0)
    return `${count(-lagCount)} more were settled than were posted here: by others meanwhile, or payments were charged twice.`
  const lag = `${count(lagCount)} lag: `
  if (last === undefined)
    return `${lag}accepted and not counted. The coordinator did not say where they were.`
  const { queuedCount, inFlightCount, rejectedCount, oldestQueuedAgeMs, reason } = last
  const parts = [
    ...(queuedCount > 0
      ? [
          `${count(queuedCount)} waited in the queue, the oldest for ${seconds(oldestQueuedAgeMs, 1)} (${reason})`,
        ]
      : []),
    ...(inFlightCount > 0 ? [`${count(inFlightCount)} were in flight`] : []),
    ...(rejectedCount > 0 ? [`${count(rejectedCount)} had been rejected`] : []),
  ]
  const explainedCount = queuedCount + inFlightCount + rejectedCount
  const rest =
    explainedCount < lagCount
      ? ` ${count(lagCount - explainedCount)} are in none of the coordinator's counts: never accepted by it, or settled under an instant before the totals begin.`
      : ''
  if (parts.length === 0) return `${lag}accepted and not counted.${rest}`
  return `${lag}payments stopped while ${parts.join(', ')}.${rest}`
}
