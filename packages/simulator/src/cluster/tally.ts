/** What may happen to a payment between the coordinator and a processor. */
export const lineFaults = [
  'connection refused',
  'reset before the request was read',
  'reset after it was read',
  'request held up on its way',
  'answer lost',
  'slow body',
  '429 at the door',
  '500 at the door',
  '500 after the insert',
  '502, 503, 504 on the way in',
  '502, 503, 504 on the way out',
] as const
export type LineFault = (typeof lineFaults)[number]

/** Everything that goes wrong in a run, and what it comes to where that is counted. */
export const faultKinds = [
  ...lineFaults,
  'look-up failed',
  'health call failed',
  'connection cut',
  'connection silent',
  'connection refused by the coordinator',
  'client timed out',
  'client request lost',
  'post sent on to another node',
  'told a lower level than was asked for',
  'told 503 by a node that has the payment',
  'hostile connection',
  'API node died',
  'payment in the buffer of a node that died',
  'payment lost with its node',
  'purge',
  'crash',
  'stop in order',
  'power cut',
  'clock set',
  'disk full',
  'disk error',
  'payment lost with its node and the coordinator',
] as const
type FaultKind = (typeof faultKinds)[number]

/** What happened in a run, for the table at the end. Sums of all runs are tallies too. */
export interface Tally {
  payments: number
  accepted: number
  attempts: number
  lookUps: number
  settled: number
  rejected: number
  connections: number
  resends: number
  duplicates: number
  checks: number
  windows: number
  /** Group commits, and snapshots, of the journal. */
  commits: number
  snapshots: number
  virtualMs: number
  readonly faults: Record<FaultKind, number>
}

export function emptyTally(): Tally {
  return {
    payments: 0,
    accepted: 0,
    attempts: 0,
    lookUps: 0,
    settled: 0,
    rejected: 0,
    connections: 0,
    resends: 0,
    duplicates: 0,
    checks: 0,
    windows: 0,
    commits: 0,
    snapshots: 0,
    virtualMs: 0,
    faults: Object.fromEntries(faultKinds.map(kind => [kind, 0])) as Record<FaultKind, number>,
  }
}

/** Adds `more` to `sum`. */
export function addTally(sum: Tally, more: Tally): void {
  for (const kind of faultKinds) sum.faults[kind] += more.faults[kind]
  for (const [key, value] of Object.entries(more) as [keyof Tally, number | object][]) {
    if (key !== 'faults' && typeof value === 'number') sum[key] += value
  }
}
