import type { Lane } from '../data/store.ts'

export interface Money {
  readonly settledCents: number
  readonly feeCents: number
  readonly earnedCents: number
  /** What they kept more than the cheapest processor would have. */
  readonly excessCents: number
}

/** What settled at these processors and what each kept, at the fees that were in force. */
export function moneyOf(lanes: readonly Lane[]): Money {
  const sum = (cents: (lane: Lane) => number) => lanes.reduce((total, lane) => total + cents(lane), 0)
  return {
    settledCents: sum(lane => lane.settledAmountCents),
    feeCents: sum(lane => lane.feesCents),
    earnedCents: sum(lane => lane.earningsCents),
    excessCents: sum(lane => lane.excessFeesCents),
  }
}
