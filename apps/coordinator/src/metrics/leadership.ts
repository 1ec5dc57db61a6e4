import type { Shard } from '@rinha/payment'
import type { Metrics } from '@rinha/service/metrics'

/**
 * Whether this coordinator leads, as one without a replicated log always does, and in which epoch. Each of several shards has a leader
 * of its own, so there the metric has a label.
 */
export function addLeadership(
  metrics: Metrics,
  leads: boolean,
  epoch: () => number,
  { index, count }: Shard,
): void {
  const labelled = count > 1 ? { labels: { shard: index } } : {}
  metrics.add(
    'gauge',
    'coordinator_leads',
    '1 if this coordinator leads, as one that is alone does; 0 if it is a standby.',
    () => [{ ...labelled, value: Number(leads) }],
  )
  metrics.add(
    'gauge',
    'coordinator_epoch',
    'The epoch of the leader that this coordinator knows; 0 without a replicated log.',
    () => [{ ...labelled, value: epoch() }],
  )
}
