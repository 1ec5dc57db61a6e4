import type { Lane } from '../data/store.ts'

export interface Money {
  readonly settledCents: number
  readonly feeCents: number
  readonly earnedCents: number
  /** What it kept more than the cheapest processor would have. */
  readonly excessCents: number
}

/** What settled at these processors and what each kept, computed with today's fees. */
export function moneyOf(
  lanes: readonly Lane[],
  cheapestBps = Math.min(...lanes.map(({ feeBps }) => feeBps)),
): Money {
  const sum = (bps: (lane: Lane) => number) =>
    lanes.reduce((total, lane) => total + (lane.settledAmountCents * bps(lane)) / 10_000, 0)
  return {
    settledCents: sum(() => 10_000),
    feeCents: sum(({ feeBps }) => feeBps),
    earnedCents: sum(({ feeBps }) => 10_000 - feeBps),
    excessCents: sum(({ feeBps }) => feeBps - cheapestBps),
  }
}
