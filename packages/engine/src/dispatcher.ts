import {
  Arrivals,
  type AuditGuard,
  type Flow,
  type Lane,
  type LaneView,
  Pace,
  type Policy,
} from '@rinha/routing'
import type { Holding } from './holding.ts'
import type { EngineOptions } from './options.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * The last resort begins when no processor has recorded anything for this time, and a payment has waited for as long. A
 * health endpoint may be stuck at failing, or an old latency may still be expected. So canaries are sent whatever those
 * say: one at a time to each processor, at the pace of its circuit.
 * The time has to be longer than any wait that ends by itself, because a slow canary may be recorded after its window was
 * audited. Such waits are an outage of every processor (10 s in the official schedules) with the poll after it (5 s), and
 * the 45 s for which `patient` waits for a poll that shows a latency below the guard. After the same time `patient` sends
 * all payments, whatever the guard.
 */
const lastResortMs = 60_000

/**
 * Decides which payments leave the queue now, and to which lane. It follows the policy, as far as lanes have room and
 * the pace allows. It decides how many are sent and in which order (E7), and sends nothing itself. A turn begins with
 * {@link begin}; then {@link next} names the lane of the oldest payment, again and again, until it has none. It looks
 * at queue and lanes anew each time, so whoever asks sends the payment first.
 */
export class Dispatcher {
  readonly #lanes: readonly Lane[]
  /** The lanes to which an operator allows sending, cheapest first. Other lanes are treated as absent. */
  #open: readonly Lane[]
  /** When the first of them was opened again, after none was. */
  #openedAtMs = Number.NEGATIVE_INFINITY
  readonly #queue: PaymentQueue
  #policy: Policy
  readonly #pace: Pace
  readonly #guard: AuditGuard
  readonly #arrivals = new Arrivals()
  #acceptedCount = 0
  #stopped = false
  #isLastResort = false
  /** The open lanes, as they are in this turn: what is sent in it changes nothing of them. */
  #views: readonly LaneView[] = []
  /** The policy's choice for this turn; undefined while canaries may still be due. */
  #flows: readonly Flow[] | undefined
  #flowIndex = 0

  constructor(
    lanes: readonly Lane[],
    queue: PaymentQueue,
    guard: AuditGuard,
    { policy, pace }: Pick<EngineOptions, 'policy' | 'pace'>,
  ) {
    this.#lanes = lanes
    this.#open = lanes.filter(isOn)
    this.#queue = queue
    this.#guard = guard
    this.#policy = policy
    this.#pace = new Pace(pace)
  }

  /** The count of payments that API nodes have delivered, known ones included. */
  arrived(count: number, nowMs: number): void {
    this.#arrivals.arrived(count, nowMs)
  }

  get isLastResort(): boolean {
    return this.#isLastResort
  }

  /** One was sent: it counts against the pace. */
  sent(): void {
    this.#pace.spend()
  }

  /** A person has said something else of a lane. */
  operated(nowMs: number): void {
    const wasOpen = this.isOpen
    this.#open = this.#lanes.filter(isOn)
    if (!wasOpen) this.#openedAtMs = nowMs
  }

  /** Whether there is a lane to which anything may be sent. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Another policy and pace, from the next turn on. */
  configure({ policy, pace }: Pick<EngineOptions, 'policy' | 'pace'>): void {
    this.#policy = policy
    this.#pace.configure(pace)
  }

  /** Whether a turn may begin: what comes in the pause after one leaves together. */
  isDue(nowMs: number): boolean {
    return nowMs >= this.#pace.nextPassAtMs
  }

  /** The time at which the next turn should begin if payments wait and no other event happens. */
  get wakeAtMs(): number {
    return this.#pace.wakeAtMs
  }

  begin(acceptedCount: number, nowMs: number): void {
    this.#acceptedCount = acceptedCount
    const isQuiet = this.#lanes.every(lane => nowMs - lane.records.lastAtMs >= lastResortMs)
    // If an operator had paused every processor, it is no surprise that nothing was recorded. The time of the last resort
    // begins anew.
    const wasOpen = nowMs - this.#openedAtMs >= lastResortMs
    this.#isLastResort = isQuiet && wasOpen && this.#queue.oldestAgeMs(nowMs) >= lastResortMs
    this.#stopped = this.#arrivals.stopped(nowMs)
    for (const lane of this.#lanes) {
      lane.isLastResort = this.#isLastResort
      lane.isEnding = this.#stopped
    }
    this.#pace.fill(nowMs, this.#queue.count, this.#arrivals.perSecond(nowMs), this.#stopped)
    this.#views = this.#open.map(lane => lane.view(nowMs))
    this.#flows = undefined
    this.#flowIndex = 0
  }

  /** The lane that the oldest payment goes to now, or undefined if no payment may leave the queue. */
  next(nowMs: number): Lane | undefined {
    if (this.#flows === undefined) {
      const canaryLane = this.#canaryLane(nowMs)
      if (canaryLane !== undefined) return canaryLane
      this.#flows = this.#choose(this.#views, nowMs)
    }
    for (; this.#flowIndex < this.#flows.length; this.#flowIndex += 1) {
      const flow = this.#flows[this.#flowIndex]
      const lane = flow && this.#laneOf(flow, nowMs)
      if (lane !== undefined) return lane
    }
    return undefined
  }

  /** Why the oldest payment waits; null where none does. Nothing is changed by asking. */
  holding(nowMs: number): Holding | null {
    if (this.#queue.count === 0) return null
    const [cheapest] = this.#open
    if (cheapest === undefined) return { reason: 'paused' }
    const views = this.#open.map(lane => lane.view(nowMs))
    const [flow] = this.#choose(views, nowMs)
    const { name: processor, against } = cheapest.report(nowMs)
    const isAnyUsable = views.some(({ usable }) => usable)
    if (flow === undefined)
      return { reason: isAnyUsable ? 'policy' : 'noneUsable', processor, against, leftMs: null }
    if (this.#isHeld(flow, nowMs)) {
      const leftMs = Math.round(flow.ageMsMin - this.#queue.oldestAgeMs(nowMs))
      if (!isAnyUsable) return { reason: 'noneUsable', processor, against, leftMs }
      const heldCountMax = Number.isFinite(flow.keepCount) ? Math.floor(flow.keepCount) : null
      return { reason: 'cheaper', processor, against, leftMs, heldCountMax }
    }
    const lane = this.#open[flow.lane] ?? cheapest
    const { name, inFlightCount, limitCount } = lane.report(nowMs)
    return lane.hasRoom(nowMs) && inFlightCount < flow.inFlightCountMax
      ? { reason: 'pace', perSecond: Math.round(this.#pace.perSecond) }
      : { reason: 'limiter', processor: name, inFlightCount, limitCount }
  }

  #choose(views: readonly LaneView[], nowMs: number): readonly Flow[] {
    return this.#policy(views, {
      oldestAgeMs: this.#queue.oldestAgeMs(nowMs),
      stopped: this.#stopped,
      acceptedCount: this.#acceptedCount,
      noticeMs: this.#arrivals.noticeMs,
      perSecondAtEnd: this.#pace.perSecondMaxAtEnd,
      guardLeft: this.#guard.left,
    })
  }

  /** The lane of a flow, where the oldest payment may take it: the lane has room, and the pace allows it. */
  #laneOf(flow: Flow, nowMs: number): Lane | undefined {
    if (this.#isHeld(flow, nowMs)) return undefined
    const lane = this.#open[flow.lane]
    const isOpen =
      lane?.hasRoom(nowMs) === true && lane.inFlightCount < flow.inFlightCountMax && this.#pace.open
    return isOpen ? lane : undefined
  }

  #isHeld({ ageMsMin, keepCount }: Flow, nowMs: number): boolean {
    const { count, oldestEnteredAtMs = Number.POSITIVE_INFINITY } = this.#queue
    return count <= keepCount && oldestEnteredAtMs > nowMs - ageMsMin
  }

  /**
   * The lane where a canary is due, cheapest first. No canary goes to a lane that is dearer than a usable one, because
   * it would only cost. For the same reason, a dearer lane whose health endpoint says failing waits for its next poll,
   * as long as there is time. As the last resort each lane gets canaries.
   */
  #canaryLane(nowMs: number): Lane | undefined {
    if (this.#queue.count === 0) return undefined
    for (const [index, lane] of this.#open.entries()) {
      if (this.#views[index]?.usable && lane.hasRoom(nowMs)) return undefined
      if (index > 0 && lane.reportedFailing && !this.#stopped && !this.#isLastResort) continue
      if (lane.canaryDue(nowMs)) return lane
    }
    return undefined
  }
}

const isOn = ({ sending }: Lane) => sending === 'on'
