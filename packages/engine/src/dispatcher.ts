import { type Flow, type Lane, Pace, type Policy, Traffic } from '@rinha/routing'
import type { EngineOptions } from './options.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * Who leaves the queue now, and for which lane: the policy's word carried out, as far as lanes have room and the pace
 * allows. It decides how many are sent and in which order (E7), and sends nothing itself: {@link turn} names a lane for
 * the oldest payment, and looks at queue and lanes again when whoever asked has sent it there.
 */
export class Dispatcher {
  readonly #lanes: readonly Lane[]
  readonly #queue: PaymentQueue
  readonly #policy: Policy
  readonly #pace: Pace
  readonly #traffic = new Traffic()

  constructor(
    lanes: readonly Lane[],
    queue: PaymentQueue,
    { policy, pace }: Pick<EngineOptions, 'policy' | 'pace'>,
  ) {
    this.#lanes = lanes
    this.#queue = queue
    this.#policy = policy
    this.#pace = new Pace(pace)
  }

  /** So many payments came in, known ones included. */
  arrived(count: number, nowMs: number): void {
    this.#traffic.arrived(count, nowMs)
  }

  /** One was sent: it counts against the pace. */
  sent(): void {
    this.#pace.spend()
  }

  /** For each payment that is to leave now, oldest first, the lane it takes. Nothing may be queued in between. */
  *turn(acceptedCount: number, nowMs: number): Generator<Lane, void, void> {
    const queue = this.#queue
    const stopped = this.#traffic.stopped(nowMs)
    this.#pace.fill(nowMs, queue.count, this.#traffic.perSecond(nowMs), stopped)
    yield* this.#canaries(stopped, nowMs)
    const views = this.#lanes.map(lane => lane.view(nowMs))
    const flows = this.#policy(views, {
      oldestAgeMs: queue.oldestAgeMs(nowMs),
      stopped,
      acceptedCount,
      noticeMs: this.#traffic.noticeMs,
      perSecondAtEnd: this.#pace.perSecondMaxAtEnd,
    })
    for (const flow of flows) yield* this.#flow(flow, nowMs)
  }

  /** The oldest payments take one flow, as far as its lane has room and the pace allows. */
  *#flow(
    { lane: index, ageMsMin, keepCount, inFlightCountMax }: Flow,
    nowMs: number,
  ): Generator<Lane, void, void> {
    const lane = this.#lanes[index]
    if (lane === undefined) return
    const queue = this.#queue
    const enteredMsMax = nowMs - ageMsMin
    while (queue.count > keepCount || (queue.oldestEnteredAtMs ?? Number.POSITIVE_INFINITY) <= enteredMsMax) {
      if (!lane.hasRoom || lane.inFlightCount >= inFlightCountMax || !this.#pace.open) return
      yield lane
    }
  }

  /**
   * Probes what is down, cheapest first, but nothing dearer than a processor that is usable: it would only cost. For the
   * same reason a dearer one that itself says it is failing is left to its next poll, as long as there is time.
   */
  *#canaries(stopped: boolean, nowMs: number): Generator<Lane, void, void> {
    for (const lane of this.#lanes) {
      if (lane.usable(nowMs)) return
      if (lane.index > 0 && lane.reportedFailing && !stopped) continue
      while (this.#queue.count > 0 && lane.canaryDue(nowMs)) yield lane
    }
  }
}
