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
 * whole amount if it is never sent. So the time it may wait, its hold budget, grows with the difference: so many
 * milliseconds for each percent. Two kinds of absence are told apart, because they end differently: an outage (the
 * processor refuses) is an incident that somebody is mending, and waiting for its end pays; mere slowness (past the audit
 * guard) is a state, which may last, and gets the smaller budget. A backlog that could not be sent any more if payments
 * stopped now is a risk of its own: past `backlogCountMax` payments flow to the next processor, oldest first. When
 * payments have stopped, nothing is held.
 *
 * With no usable processor at all, payments wait `lastResortMs`, and then any processor that works will do, the
 * cheapest first, past the guard or not.
 */
function patient(parameters: PolicyParameters): Policy {
  const outageMsPerPercent = parameters.outageMsPerPercent ?? 15_000
  const slownessMsPerPercent = parameters.slownessMsPerPercent ?? 500
  const backlogCountMax = parameters.backlogCountMax ?? 20_000
  const lastResortMs = parameters.lastResortMs ?? 20_000
  const endHoldMs = parameters.endHoldMs ?? 150
  return (lanes, { stopped }) => {
    const usable = lanes.findIndex(lane => lane.usable)
    if (usable === 0) return now(0)
    if (usable > 0) {
      const percent = ((lanes[usable]?.feeBps ?? 0) - (lanes[0]?.feeBps ?? 0)) / 100
      const msPerPercent = lanes[0]?.working ? slownessMsPerPercent : outageMsPerPercent
      const budgetMs = percent * msPerPercent
      const ageMsMin = stopped ? Math.min(budgetMs, endHoldMs) : budgetMs
      return { lane: usable, ageMsMin, keepCount: backlogCountMax }
    }
    const working = lanes.findIndex(lane => lane.working)
    if (working < 0) return undefined
    return stopped ? now(working) : { lane: working, ageMsMin: lastResortMs, keepCount: backlogCountMax }
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
