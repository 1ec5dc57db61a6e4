import type { Result } from '@rinha/base'
import type { ProcessorSummary } from '@rinha/channel'
import type { CoordinatorStatus, OrderRefusal } from './ports.ts'

/** The record of a purge, which is written before the purge is made. */
export interface PurgeRecord {
  /** The name of a token, or of an API node. */
  readonly who: string
  /** The way by which the purge was asked for: the admin port, or an API node. */
  readonly via: 'admin' | 'channel'
  /** What it makes the coordinator forget: payments by state, and what each processor has settled. */
  readonly before: Pick<
    CoordinatorStatus,
    'acceptedCount' | 'queuedCount' | 'inFlightCount' | 'settledCount' | 'rejectedCount'
  > & { readonly settled: readonly ProcessorSummary[] }
}

export function purgeRecord(
  who: string,
  via: PurgeRecord['via'],
  status: CoordinatorStatus,
  settled: readonly ProcessorSummary[],
): PurgeRecord {
  const { acceptedCount, queuedCount, inFlightCount, settledCount, rejectedCount } = status
  return {
    who,
    via,
    before: { acceptedCount, queuedCount, inFlightCount, settledCount, rejectedCount, settled },
  }
}

export type PurgeAnswer = Result<{ readonly forgottenCount: number }, OrderRefusal>
