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
  const whole = (value: number) => value.toLocaleString('en-US')
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', whole(seedCount)],
    ['virtual minutes', whole(Math.round(tally.virtualMs / 60_000))],
    [
      '× real time',
      `${whole(Math.round(tally.virtualMs / Math.max(1, wallMs)))} (${(wallMs / 1000).toFixed(1)} s)`,
    ],
    ['payments', `${whole(tally.payments)} (told 202: ${whole(tally.accepted)})`],
    ['attempts', `${whole(tally.attempts)} (look-ups: ${whole(tally.lookUps)})`],
    ['settled', `${whole(tally.settled)} (rejected: ${whole(tally.rejected)})`],
    ['connections', whole(tally.connections)],
    ['payments sent again', whole(tally.resends)],
    ['duplicates', whole(tally.duplicates)],
    ['windows compared', `${whole(tally.windows)} in ${whole(tally.checks)} looks`],
    ['group commits', `${whole(tally.commits)} (snapshots: ${whole(tally.snapshots)})`],
    ['settled after healing', `within ${(settledAfterMsMax / 1000).toFixed(2)} s`],
    ['trace hash', hash],
    ...faultKinds.map(kind => [`  ${kind}`, whole(tally.faults[kind])] as const),
    ['violations', whole(violationCount)],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return `${rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n')}\n`
}
