import type { Metrics } from '@rinha/service/metrics'

/** Whether this coordinator leads, as one without a replicated log always does, and in which epoch. */
export function addLeadership(metrics: Metrics, leads: boolean, epoch: () => number): void {
  metrics.add(
    'gauge',
    'coordinator_leads',
    '1 if this coordinator leads, as one that is alone does; 0 if it is a standby.',
    () => Number(leads),
  )
  metrics.add(
    'gauge',
    'coordinator_epoch',
    'The epoch of the leader that this coordinator knows; 0 without a replicated log.',
    epoch,
  )
}
