/**
 * A policy chooses where the next payments go. It is asked once a turn, not once a payment, and sees lanes in the
 * order of their fees, cheapest first, and how long the oldest queued payment has waited.
 */
export interface LaneView {
  readonly working: boolean
  readonly fast: boolean
}

/** An index into the lanes, or `'hold'`: nothing is sent for now. */
export type Choice = number | 'hold'

export type Policy = (lanes: readonly LaneView[], oldestAgeMs: number) => Choice

/** How long the original's rule may hold a payment before any processor that works will do. */
const holdMsMax = 1000

/**
 * The rule of the system this one mirrors: the cheapest processor while it works and answers fast (100 ms), the next
 * one only while it works and is fast enough itself (50 ms). Where the original is silent, two additions keep payments
 * from waiting for ever: a cheapest processor that works but is slow is used all the same when no fast one is there,
 * and after a second of holding any processor that works is.
 */
export const defaultFirst: Policy = (lanes, oldestAgeMs) => {
  const fast = lanes.findIndex(lane => lane.working && lane.fast)
  if (fast >= 0) return fast
  if (lanes[0]?.working) return 0
  const working = lanes.findIndex(lane => lane.working)
  return working >= 0 && oldestAgeMs >= holdMsMax ? working : 'hold'
}

/** The policies a configuration can name. */
export const policies = { 'default-first': defaultFirst } as const satisfies Readonly<Record<string, Policy>>

export type PolicyName = keyof typeof policies

export const policyNames = Object.keys(policies) as [PolicyName, ...PolicyName[]]
