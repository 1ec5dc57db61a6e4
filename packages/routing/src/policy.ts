/**
 * A policy chooses where the next payments go. It is asked once a turn, not once a payment, and sees lanes in the
 * order of their fees, cheapest first, and the traffic.
 */
export interface LaneView {
  readonly feeBps: number
  /** Payments flow: its circuit is closed. */
  readonly working: boolean
  /** It works, answers as expected, and is predicted to answer before the audit guard. */
  readonly usable: boolean
  /** It is predicted to answer within its configured threshold. */
  readonly fast: boolean
  readonly predictedMs: number
}

export interface TrafficView {
  /** How long the oldest queued payment has waited. */
  readonly oldestAgeMs: number
  /** Payments came and have stopped coming. */
  readonly stopped: boolean
  /** Payments accepted so far. */
  readonly acceptedCount: number
  /** Within what time a stop is noticed, as payments come now. */
  readonly noticeMs: number
  /** Payments that can be sent in a second once they have stopped coming. */
  readonly perSecondAtEnd: number
}

/**
 * Which lane the queue flows to, oldest payment first: those that are at least `ageMsMin` old, and as many more as there
 * are beyond `keepCount`. `undefined` holds them all.
 */
export type Choice =
  | { readonly lane: number; readonly ageMsMin: number; readonly keepCount: number }
  | undefined

export type Policy = (lanes: readonly LaneView[], traffic: TrafficView) => Choice

/** Numbers that a policy can be tuned by. */
export type PolicyParameters = Readonly<Record<string, number>>

const now = (lane: number): Choice => ({ lane, ageMsMin: 0, keepCount: 0 })

/**
 * The rule of the system this one mirrors: the cheapest processor while it works and answers fast (100 ms), the next
 * one only while it works and is fast enough itself (50 ms). Where the original is silent, two additions keep payments
 * from waiting for ever: a cheapest processor that works but is slow is used all the same when no fast one is there,
 * and after `holdMsMax` of holding any processor that works is.
 */
function defaultFirst({ holdMsMax = 1000 }: PolicyParameters): Policy {
  return (lanes, { oldestAgeMs, stopped }) => {
    const fast = lanes.findIndex(lane => lane.usable && lane.fast)
    if (fast >= 0) return now(fast)
    if (lanes[0]?.usable) return now(0)
    const working = lanes.findIndex(lane => lane.working)
    return working >= 0 && (stopped || oldestAgeMs >= holdMsMax) ? now(working) : undefined
  }
}

/** The cheapest processor that works, at once: no holding, no thresholds. A baseline. */
function cheapestWorking(): Policy {
  return lanes => {
    const usable = lanes.findIndex(lane => lane.usable)
    const working = usable >= 0 ? usable : lanes.findIndex(lane => lane.working)
    return working >= 0 ? now(working) : undefined
  }
}

/** The cheapest processor, whatever it costs in time. A baseline. */
function alwaysCheapest(): Policy {
  return lanes => (lanes[0]?.working ? now(0) : undefined)
}

/**
 * Waits for a cheaper processor while that is worth it.
 *
 * A payment that waits gains the difference of the fees if the cheaper processor comes back in time, and loses its
 * whole amount if it is never sent. Nobody says when the last payment comes and the books are closed, so three rules
 * bound the wait, and a payment goes to the next usable processor, oldest first, as soon as one of them says so:
 *
 * 1. Its hold budget, which grows with what waiting saves: so many milliseconds for each percent between the fees. Two
 *    kinds of absence are told apart, because they end differently: an outage (the processor refuses) is an incident that
 *    somebody is mending; mere slowness (past the audit guard) is a state, which may last, and gets its own budget.
 * 2. The backlog: what waits must be what can still be sent if payments stop now. That is what the next processor takes
 *    in the time the books stay open (`graceMs`), less the time to notice the stop and the time one attempt takes. In
 *    an outage a stated share of everything accepted so far may be at stake on top of it (`riskPercent`): the most that
 *    a wrong bet can cost.
 * 3. When payments have stopped, nothing waits longer than a stalled answer takes (`endHoldMs`).
 *
 * With no usable processor at all, payments wait `lastResortMs`, and then any processor that works will do, the
 * cheapest first, past the guard or not.
 */
function patient(parameters: PolicyParameters): Policy {
  const outageMsPerPercent = parameters.outageMsPerPercent ?? 15_000
  const slownessMsPerPercent = parameters.slownessMsPerPercent ?? 15_000
  const graceMs = parameters.graceMs ?? 1000
  const riskPercent = parameters.riskPercent ?? 5
  const lastResortMs = parameters.lastResortMs ?? 60_000
  const endHoldMs = parameters.endHoldMs ?? 150
  return (lanes, traffic) => {
    const usable = lanes.findIndex(lane => lane.usable)
    if (usable === 0) return now(0)
    const next = lanes[usable]
    if (next !== undefined) {
      const isOutage = lanes[0]?.working !== true
      const percent = (next.feeBps - (lanes[0]?.feeBps ?? 0)) / 100
      const budgetMs = percent * (isOutage ? outageMsPerPercent : slownessMsPerPercent)
      const ageMsMin = traffic.stopped ? Math.min(budgetMs, endHoldMs) : budgetMs
      const sendableMs = Math.max(0, graceMs - traffic.noticeMs - next.predictedMs)
      const sendableCount = (sendableMs * traffic.perSecondAtEnd) / 1000
      const atRiskCount = isOutage ? (traffic.acceptedCount * riskPercent) / 100 : 0
      return { lane: usable, ageMsMin, keepCount: sendableCount + atRiskCount }
    }
    const working = lanes.findIndex(lane => lane.working)
    if (working < 0) return undefined
    return traffic.stopped ? now(working) : { lane: working, ageMsMin: lastResortMs, keepCount: Number.POSITIVE_INFINITY }
  }
}

/** The policies a configuration can name. */
const makers = {
  'default-first': defaultFirst,
  'always-cheapest': alwaysCheapest,
  'cheapest-working': cheapestWorking,
  patient,
} as const satisfies Readonly<Record<string, (parameters: PolicyParameters) => Policy>>

export type PolicyName = keyof typeof makers

export const policyNames = Object.keys(makers) as [PolicyName, ...PolicyName[]]

/** A policy by its name, with its own numbers where none are given. */
export function createPolicy(name: PolicyName, parameters: PolicyParameters = {}): Policy {
  return makers[name](parameters)
}
