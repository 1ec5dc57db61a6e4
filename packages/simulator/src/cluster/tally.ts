import { upheavalKinds } from './replicated/upheavals.ts'

/** Counts of what happens to payments between the coordinator and a processor. */
export const lineFaults = [
  'connection refused',
  'reset before the request was read',
  'reset after it was read',
  'request held up on its way',
  'answer lost',
  'slow body',
  '429 at the door',
  '500 at the door',
  'repeat rejected',
  '500 after the insert',
  'unlisted status on the way in',
  'unlisted status on the way out',
  'unlisted status, the insert later',
] as const
export type LineFault = (typeof lineFaults)[number]

/** Counts of all faults in a run, and of their effects. */
export const faultKinds = [
  ...lineFaults,
  'answered about the way',
  'look-up failed',
  'look-up stale',
  'look-up nonsense',
  'health call failed',
  'connection cut',
  'connection silent',
  'connection refused by the coordinator',
  'client timed out',
  'client request lost',
  'node cut off from a shard',
  'shard cut off from shard 0',
  'post sent on to another node',
  'told a lower level than was asked for',
  'posted with another amount',
  'told 409',
  'told 503 by a node that has the payment',
  'told 503 because room is short',
  'told 503 because the queue is too long',
  'hostile connection',
  'API node died',
  'payment in the buffer of a node that died',
  'payment lost with its node',
  'health stuck at failing',
  'ended by a person',
  'resubmitted by a person',
  'discarded by a person',
  'paused or drained by a person',
  'configured by a person',
  'purge',
  'crash',
  'stop in order',
  'power cut',
  'clock set',
  'stall',
  'spell of noise',
  'hiccup',
  'disk full',
  'disk error',
  'second coordinator on the disk',
  'damage by two writers found',
  ...upheavalKinds,
  'takeover',
  'payment lost with its node and the coordinator',
] as const
type FaultKind = (typeof faultKinds)[number]

/** Further counts. */
const countNames = [
  'payments',
  'accepted',
  'attempts',
  'lookUps',
  'settled',
  'rejected',
  'connections',
  'resends',
  /** Clients that waited for the end of a payment and were told of it. */
  'waitedFor',
  /** Payments that a node had answered and written, and that were still on their way when it died. */
  'lastWords',
  'duplicates',
  /** Payments that left the ledger. */
  'retired',
  'checks',
  'windows',
  /** Sums over all shards that were called final and compared. */
  'finalSums',
  /** Group commits, and snapshots, of the journal. */
  'commits',
  'snapshots',
  'virtualMs',
] as const

/** What happened in a run, for the table at the end. Sums of all runs are tallies too. */
export interface Tally extends Record<(typeof countNames)[number], number> {
  readonly faults: Record<FaultKind, number>
}

export function emptyTally(): Tally {
  return { ...zeroOfEach(countNames), faults: zeroOfEach(faultKinds) }
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const kind of faultKinds) sum.faults[kind] += more.faults[kind]
  for (const name of countNames) sum[name] += more[name]
}

function zeroOfEach<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>
}
