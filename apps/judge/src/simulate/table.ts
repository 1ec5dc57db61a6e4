import { alignedTable, count, seconds } from '@rinha/base'
import { faultKinds, type Tally } from '@rinha/simulator'

export interface Summary {
  readonly seedCount: number
  readonly tally: Tally
  readonly wallMs: number
  /** The longest it took, after all had healed, until everything was settled. */
  readonly settledAfterMsMax: number
  readonly violationCount: number
  readonly hash: string
}

/** The table at the end: a line for each figure, then the faults by kind. */
export function printTable(summary: Summary): string {
  const { seedCount, tally, wallMs, settledAfterMsMax, violationCount, hash } = summary
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', count(seedCount)],
    ['virtual minutes', count(Math.round(tally.virtualMs / 60_000))],
    ['× real time', `${count(Math.round(tally.virtualMs / Math.max(1, wallMs)))} (${seconds(wallMs, 1)})`],
    ['payments', `${count(tally.payments)} (told 202: ${count(tally.accepted)})`],
    ['attempts', `${count(tally.attempts)} (look-ups: ${count(tally.lookUps)})`],
    ['settled', `${count(tally.settled)} (rejected: ${count(tally.rejected)})`],
    ['connections', count(tally.connections)],
    ['payments sent again', count(tally.resends)],
    ['on their way when their node died', count(tally.lastWords)],
    ['told of the end that they waited for', count(tally.waitedFor)],
    ['duplicates', count(tally.duplicates)],
    ['left memory', count(tally.retired)],
    ['final sums over all shards', count(tally.finalSums)],
    ['windows compared', `${count(tally.windows)} in ${count(tally.checks)} looks`],
    ['group commits', `${count(tally.commits)} (snapshots: ${count(tally.snapshots)})`],
    ['settled after healing', `within ${seconds(settledAfterMsMax)}`],
    ['trace hash', hash],
    ...faultKinds.map(kind => [`  ${kind}`, count(tally.faults[kind])] as const),
    ['violations', count(violationCount)],
  ]
  return `${alignedTable(rows, 'll').join('\n')}\n`
}
