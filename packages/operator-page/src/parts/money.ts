import type { Lane } from '../data/store.ts'

export interface Money {
  readonly settledCents: number
  readonly feeCents: number
  readonly earnedCents: number
  /** The part of the fees beyond those of the cheapest processor. */
  readonly excessCents: number
}

/** The settled amount at these processors and the fee of each, at the fees in force when payments were sent. */
export function moneyOf(lanes: readonly Lane[]): Money {
  const sum = (cents: (lane: Lane) => number) => lanes.reduce((total, lane) => total + cents(lane), 0)
  return {
    settledCents: sum(lane => lane.settledAmountCents),
    feeCents: sum(lane => lane.feesCents),
    earnedCents: sum(lane => lane.earningsCents),
    excessCents: sum(lane => lane.excessFeesCents),
  }
}
