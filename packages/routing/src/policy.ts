/**
 * A policy chooses where the next payments go. It is asked once a turn, not once a payment, and sees lanes in the
 * order of their fees, cheapest first, and the queue.
 */
export interface LaneView {
  readonly feeBps: number
  /** Payments flow: its circuit is closed, and it has not asked to be left alone. */
  readonly working: boolean
  /**
   * The lane works, does not stall, and its level and tail are below the audit guard. The guard is ignored once an audit
   * has probably found a difference.
   */
  readonly usable: boolean
  /** So many attempts in a row are overdue that the level must have changed, and none has ended yet to show the new one. */
  readonly stalled: boolean
  /** The only reason against it are rare answers past the audit guard. `usable` is false then. */
  readonly tailed: boolean
  /** Its predicted latency is at or below the configured threshold. */
  readonly fast: boolean
  readonly predictedMs: number
  /** It has recorded a payment before: there is something to wait for. */
  readonly proven: boolean
}

export interface QueueView {
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
  /** The probability that the books are still as the audits want them: 0 without a guard. See AuditGuard. */
  readonly guardLeft: number
}

/**
 * A way out of the queue, oldest payment first: to `lane` go the payments that are at least `ageMsMin` old, and as many
 * more as there are beyond `keepCount`, while fewer than `inFlightCountMax` are under way there.
 */
export interface Flow {
  readonly lane: number
  readonly ageMsMin: number
  readonly keepCount: number
  readonly inFlightCountMax: number
}

/** The flows of a turn, in the order in which they are filled: what one has no room for, the next may take. */
type Choice = readonly Flow[]

export type Policy = (lanes: readonly LaneView[], queue: QueueView) => Choice

/** Numbers that a policy can be tuned by. */
export type PolicyParameters = Readonly<Record<string, number>>

const unlimited = Number.POSITIVE_INFINITY

const now = (lane: number): Choice => [{ lane, ageMsMin: 0, keepCount: 0, inFlightCountMax: unlimited }]
const hold: Choice = []

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
    return working >= 0 && (stopped || oldestAgeMs >= holdMsMax) ? now(working) : hold
  }
}

/** The cheapest processor that works, at once: no holding, no thresholds. A baseline. */
function cheapestWorking(): Policy {
  return lanes => {
    const usable = lanes.findIndex(lane => lane.usable)
    const working = usable >= 0 ? usable : lanes.findIndex(lane => lane.working)
    return working >= 0 ? now(working) : hold
  }
}

/** The cheapest processor, whatever it costs in time. A baseline. */
function alwaysCheapest(): Policy {
  return lanes => (lanes[0]?.working ? now(0) : hold)
}

/** This many payments may always wait. When payments are few, a stop is noticed late, but little money is at stake. */
const handfulCount = 10

/**
 * Waits for a cheaper processor while that is worth it.
 *
 * A payment that waits gains the difference of the fees if the cheaper processor comes back in time, and loses its
 * whole amount if it is never recorded. Nobody says when the last payment comes and the books are closed, so the wait
 * is bounded, and a payment flows to the next usable processor, oldest first, as soon as one bound is reached:
 *
 * 1. Its hold budget, which grows with what waiting saves: so many milliseconds for each percent between the fees. Two
 *    kinds of absence are told apart, because they end differently: an outage (the processor refuses) is an incident that
 *    somebody is mending; mere slowness (past the audit guard) is a state, which may last, and gets its own budget.
 * 2. The backlog: what waits must be what can still be sent if payments stop now. That is what the quickest of the dearer
 *    processors takes in the time the books stay open (`graceMs`), less the time to notice the stop and of one attempt. In
 *    an outage of a processor that has worked before, a stated share of everything accepted so far may be at stake on
 *    top of it (`outageRiskPercent`).
 *    Slowness is worth less of a bet: for it no more than `slowRiskPercent` of everything accepted waits, since the
 *    next processor may be gone too when the time comes. (A stall is neither yet, nor is a cheap processor that is
 *    full: what waits for them need only be sendable.)
 * 3. What is under way at a processor that answers later than the books stay open is a bet too: at most
 *    `slowRiskPercent` of everything accepted may be lost that way. And a cheap processor that is full overflows.
 * 4. When payments have stopped, nothing waits longer than a stalled answer takes (`endHoldMs`).
 *
 * A tail past the guard (`tailed`) is not waited for: only payments that are sent show whether it is still there. The next
 * usable processor takes them at once, and with none usable the cheapest that is only tailed. What the usable ones have no room
 * for goes there, too, after `tailHoldMs`.
 *
 * With no usable processor at all, waiting has a bounded worth. To send past the guard costs a part of everything, once:
 * `mismatchCostPercent` of all payments, times the probability that the books are still equal. Not to send costs every
 * payment that waits, if the books are closed meanwhile. So once the two are equal (35 % of 10,000 accepted: 3,500 that wait)
 * the rest flows to any processor that works, the cheapest first: who pays at most as much for waiting as the thing
 * costs never pays more than double (ski rental: Karlin et al. 1988). Two bounds of time frame it: nothing flows before
 * `patienceMs`, in which health polls tell whether it is over, and everything after `lastResortMs`.
 */
function patient(parameters: PolicyParameters): Policy {
  const outageMsPerPercent = parameters.outageMsPerPercent ?? 15_000
  const slownessMsPerPercent = parameters.slownessMsPerPercent ?? 15_000
  const graceMs = parameters.graceMs ?? 1000
  const outageRiskPercent = parameters.outageRiskPercent ?? 0
  const slowRiskPercent = parameters.slowRiskPercent ?? 4
  const endHoldMs = parameters.endHoldMs ?? 150
  const overflow = overflowing(parameters)
  const whereAllAreLate = pastTheGuard(parameters)

  /** How many may wait for the cheapest: what the quickest of the dearer lanes can still send if payments stop now. */
  function waitingCountMax(lanes: readonly LaneView[], queue: QueueView): number {
    const [cheapest] = lanes
    let answerMs = Number.POSITIVE_INFINITY
    for (const lane of lanes)
      if (lane !== cheapest && lane.usable) answerMs = Math.min(answerMs, lane.predictedMs)
    const sendableMs = graceMs - queue.noticeMs - answerMs
    const sendableCount = Math.max(handfulCount, (sendableMs * queue.perSecondAtEnd) / 1000)
    const shareOfAll = (percent: number) => (queue.acceptedCount * percent) / 100
    if (!cheapest?.working) return sendableCount + shareOfAll(cheapest?.proven ? outageRiskPercent : 0)
    // The lane stalls, or it is usable and its limiter is still growing to what the processor takes. Both end within
    // moments.
    const isPassing = cheapest.stalled || (cheapest.usable && cheapest.predictedMs <= 2 * graceMs)
    return isPassing ? sendableCount : Math.min(sendableCount, shareOfAll(slowRiskPercent))
  }

  /** How long a payment waits for the cheapest before a lane of this fee may take it. */
  function budgetMs(cheapest: LaneView | undefined, feeBps: number, { stopped }: QueueView): number {
    if (cheapest?.tailed) return 0
    const percent = (feeBps - (cheapest?.feeBps ?? 0)) / 100
    const waitMs = percent * (cheapest?.working ? slownessMsPerPercent : outageMsPerPercent)
    return stopped ? Math.min(waitMs, endHoldMs) : waitMs
  }

  /** The most attempts that may be under way at a lane whose answers may come after counting has ended. */
  function inFlightCountMax({ predictedMs }: LaneView, { acceptedCount }: QueueView): number {
    if (predictedMs <= graceMs) return unlimited
    const lostShare = (predictedMs - graceMs) / predictedMs
    return 1 + (acceptedCount * slowRiskPercent) / 100 / lostShare
  }

  return (lanes, queue) => {
    const last = lanes.findLastIndex(lane => lane.usable)
    if (last < 0) return whereAllAreLate(lanes, queue)
    const keepCount = waitingCountMax(lanes, queue)
    const flows: Flow[] = []
    for (const [index, lane] of lanes.entries()) {
      if (!lane.usable) continue
      flows.push({
        lane: index,
        ageMsMin: index === 0 ? 0 : budgetMs(lanes[0], lane.feeBps, queue),
        keepCount: index === 0 ? 0 : keepCount,
        inFlightCountMax: index === last ? unlimited : inFlightCountMax(lane, queue),
      })
    }
    overflow(flows, lanes, queue, keepCount)
    return flows
  }
}

/** Payments for which no usable lane has room go to a lane whose only fault is its tail, before they wait for long. */
function overflowing({ endHoldMs = 150, tailHoldMs = 3000 }: PolicyParameters) {
  return (flows: Flow[], lanes: readonly LaneView[], { stopped }: QueueView, keepCount: number): void => {
    const ageMsMin = stopped ? endHoldMs : tailHoldMs
    for (const [lane, { tailed }] of lanes.entries())
      if (tailed) flows.push({ lane, ageMsMin, keepCount, inFlightCountMax: unlimited })
  }
}

/** No lane is usable. Payments wait only as long as that costs less than an audit difference. */
function pastTheGuard(parameters: PolicyParameters): Policy {
  const { mismatchCostPercent = 35, patienceMs = 45_000, lastResortMs = 60_000 } = parameters
  return (lanes, { stopped, oldestAgeMs, acceptedCount, guardLeft }) => {
    const working = lanes.findIndex(lane => lane.working)
    if (working < 0) return hold
    if (stopped) return now(working)
    const keepCount =
      oldestAgeMs < patienceMs ? unlimited : (acceptedCount * mismatchCostPercent * guardLeft) / 100
    return [{ lane: working, ageMsMin: lastResortMs, keepCount, inFlightCountMax: unlimited }]
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

/** The numbers that a policy can be tuned by: those that it reads when it is made. */
export function policyNumberNames(name: PolicyName): readonly string[] {
  const names = new Set<string>()
  const listening = new Proxy<PolicyParameters>(
    {},
    {
      get(_, read) {
        if (typeof read === 'string') names.add(read)
        return undefined
      },
    },
  )
  makers[name](listening)
  return [...names]
}

/** The problem with the value of a number, as it is written, or `undefined`. One in percent is a share: 100 at the most. */
export function policyNumberProblem(name: string, written: string): string | undefined {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(written))
    return `${name} must be a number from 0, not ${written || 'nothing'}`
  const isShare = /(?<!Per)Percent/.test(name)
  return isShare && Number(written) > 100
    ? `${name} must be a number from 0 to 100, not ${written}`
    : undefined
}

/**
 * A policy by its name. Numbers that are not given have the policy's own defaults. If no lane is usable, lanes whose only
 * fault is their tail count as usable.
 */
export function createPolicy(name: PolicyName, parameters: PolicyParameters = {}): Policy {
  const policy = makers[name](parameters)
  return (lanes, queue) => policy(lanes.some(({ usable }) => usable) ? lanes : lanes.map(withTail), queue)
}

function withTail(lane: LaneView): LaneView {
  return lane.tailed ? { ...lane, usable: true, tailed: false } : lane
}
