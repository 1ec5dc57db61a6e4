import type { QueueStatus } from '@rinha/engine'
import type { Decision } from './decision.ts'
import { againstWords, waitingReason } from './waiting-reason.ts'

type Lane = QueueStatus['processors'][number]

/** Payments that have waited for so long, while none but canaries is sent, are held. */
const heldAgeMsMin = 500
/** A cut of a limit is told of so often at the most: under steady push-backs one follows the other. */
const limitEveryMs = 10_000

/**
 * Compares the state of two moments, and finds where payments go now and why, why they are held, and which are refused. It
 * reads counters of the lanes, so it costs no time per payment.
 */
export class LaneWatch {
  #before: QueueStatus | undefined
  #lane: string | null = null
  #isHolding = false
  #isLastResort = false
  #isGuardOn: boolean | undefined
  /** For each processor, whether its circuit has been open since the last canary that was reported. */
  readonly #awaitsCanary = new Set<string>()
  readonly #limitToldAtMs = new Map<string, number>()

  look(status: QueueStatus, nowMs: number, add: (decision: Decision) => void): void {
    const before = this.#before
    this.#before = status
    if (before !== undefined)
      for (const [index, lane] of status.processors.entries()) {
        const earlier = before.processors[index]
        if (earlier === undefined) continue
        lookAtUsable(earlier, lane, add)
        this.#lookAtCanary(earlier, lane, add)
        this.#lookAtLimit(earlier, lane, nowMs, add)
      }
    const sentCounts = status.processors.map((lane, index) => ordinaryCount(lane, before?.processors[index]))
    this.#lookAtHolding(status, sentCounts, add)
    this.#lookAtLane(status.processors, sentCounts, add)
    if (status.isLastResort !== this.#isLastResort)
      add({ kind: 'lastResort', state: status.isLastResort ? 'began' : 'ended' })
    this.#isLastResort = status.isLastResort
    const isGuardOn = status.guardLeft > 0
    if (this.#isGuardOn !== undefined && this.#isGuardOn !== isGuardOn)
      add({ kind: 'guard', state: isGuardOn ? 'on' : 'off' })
    this.#isGuardOn = isGuardOn
  }

  /** The processor that most payments went to since the last look. */
  #lookAtLane(
    lanes: readonly Lane[],
    sentCounts: readonly number[],
    add: (decision: Decision) => void,
  ): void {
    const most = Math.max(...sentCounts)
    const index = sentCounts.indexOf(most)
    const to = lanes[index]?.name
    if (most === 0 || to === undefined || to === this.#lane) return
    const cheaper = lanes.slice(0, index)
    const reason = cheaper.length === 0 ? 'it is the cheapest' : cheaper.map(notTaken).join('; ')
    add({ kind: 'lane', from: this.#lane, to, reason })
    this.#lane = to
  }

  #lookAtHolding(
    status: QueueStatus,
    sentCounts: readonly number[],
    add: (decision: Decision) => void,
  ): void {
    const { queuedCount, oldestQueuedAgeMs } = status
    const isFlowing = sentCounts.some(count => count > 0)
    const isHolding = !isFlowing && queuedCount > 0 && (this.#isHolding || oldestQueuedAgeMs >= heldAgeMsMin)
    if (isHolding === this.#isHolding) return
    this.#isHolding = isHolding
    const reason = isHolding ? heldReason(status.processors) : isFlowing ? 'payments flow' : 'none waits'
    add({ kind: 'holding', state: isHolding ? 'began' : 'ended', reason, queuedCount, oldestQueuedAgeMs })
  }

  #lookAtCanary(
    before: Lane,
    { name, circuit, canaryCount, openedCount }: Lane,
    add: (decision: Decision) => void,
  ): void {
    if (openedCount > before.openedCount) this.#awaitsCanary.add(name)
    if (canaryCount > before.canaryCount && this.#awaitsCanary.delete(name))
      add({ kind: 'canary', processor: name })
    if (circuit === 'closed') this.#awaitsCanary.delete(name)
  }

  #lookAtLimit(before: Lane, lane: Lane, nowMs: number, add: (decision: Decision) => void): void {
    const { name: processor, limitCount } = lane
    const pushedBackCount = lane.pushedBackCount - before.pushedBackCount
    if (pushedBackCount === 0 || limitCount >= before.limitCount) return
    if (nowMs - (this.#limitToldAtMs.get(processor) ?? Number.NEGATIVE_INFINITY) < limitEveryMs) return
    this.#limitToldAtMs.set(processor, nowMs)
    add({ kind: 'limit', processor, limitCount, beforeCount: before.limitCount, pushedBackCount })
  }
}

/** Payments sent since, canaries left out. */
function ordinaryCount(lane: Lane, before: Lane | undefined): number {
  const count = ({ sentCount, canaryCount }: Lane) => sentCount - canaryCount
  return before === undefined ? 0 : count(lane) - count(before)
}

/** Circuits and pauses are left out, because they have events of their own. */
const isToldElsewhere = ({ against }: Lane) =>
  against === 'down' || against === 'paused' || against === 'draining'

function lookAtUsable(before: Lane, lane: Lane, add: (decision: Decision) => void): void {
  if (lane.against === before.against || isToldElsewhere(lane)) return
  if (lane.against === null && isToldElsewhere(before)) return
  const state = lane.against === null ? 'yes' : 'no'
  add({ kind: 'usable', state, processor: lane.name, reason: againstWords(lane) })
}

function notTaken(lane: Lane): string {
  if (!lane.usable) return againstWords(lane)
  return `${lane.name}: usable, but the policy sends more elsewhere, or its ${lane.limitCount} places were taken`
}

function heldReason(lanes: readonly Lane[]): string {
  const next = lanes.find(({ usable }) => usable)
  const [cheapest] = lanes
  if (next === undefined || cheapest === undefined || next === cheapest)
    return waitingReason({ processors: lanes })
  return `the policy waits, although ${next.name} is usable (${againstWords(cheapest)})`
}
