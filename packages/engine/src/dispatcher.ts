import { type Flow, type Lane, Pace, type Policy, Traffic } from '@rinha/routing'
import type { EngineOptions } from './options.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * Who leaves the queue now, and for which lane: the policy's word carried out, as far as lanes have room and the pace
 * allows. It decides how many are sent and in which order (E7); `sendOldest` takes each out and sends it.
 */
export class Dispatcher {
  readonly #lanes: readonly Lane[]
  readonly #queue: PaymentQueue
  readonly #policy: Policy
  readonly #pace: Pace
  readonly #traffic = new Traffic()
  readonly #sendOldest: (lane: Lane, nowMs: number) => void

  constructor(
    lanes: readonly Lane[],
    queue: PaymentQueue,
    { policy, pace }: Pick<EngineOptions, 'policy' | 'pace'>,
    sendOldest: (lane: Lane, nowMs: number) => void,
  ) {
    this.#lanes = lanes
    this.#queue = queue
    this.#policy = policy
    this.#pace = new Pace(pace)
    this.#sendOldest = sendOldest
  }

  /** So many payments came in, known ones included. */
  arrived(count: number, nowMs: number): void {
    this.#traffic.arrived(count, nowMs)
  }

  /** One was sent: it counts against the pace. */
  sent(): void {
    this.#pace.spend()
  }

  dispatch(acceptedCount: number, nowMs: number): void {
    for (const lane of this.#lanes) lane.at(nowMs)
    const queue = this.#queue
    if (queue.count === 0) return
    const stopped = this.#traffic.stopped(nowMs)
    this.#pace.fill(nowMs, queue.count, this.#traffic.perSecond(nowMs), stopped)
    this.#sendCanaries(stopped, nowMs)
    const flows = this.#policy(this.#lanes, {
      oldestAgeMs: queue.oldestAgeMs(nowMs),
      stopped,
      acceptedCount,
      noticeMs: this.#traffic.noticeMs,
      perSecondAtEnd: this.#pace.perSecondMaxAtEnd,
    })
    for (const flow of flows) this.#fill(flow, nowMs)
  }

  /** Sends the oldest payments down one flow, as far as its lane has room and the pace allows. */
  #fill({ lane: index, ageMsMin, keepCount, inFlightCountMax }: Flow, nowMs: number): void {
    const lane = this.#lanes[index]
    if (lane === undefined) return
    const queue = this.#queue
    const acceptedMsMax = nowMs - ageMsMin
    while (
      queue.count > keepCount ||
      (queue.oldestAcceptedAtMs ?? Number.POSITIVE_INFINITY) <= acceptedMsMax
    ) {
      if (!lane.hasRoom || lane.inFlightCount >= inFlightCountMax || !this.#pace.open) return
      this.#sendOldest(lane, nowMs)
    }
  }

  /**
   * Probes what is down, cheapest first, but nothing dearer than a processor that is usable: it would only cost. For the
   * same reason a dearer one that itself says it is failing is left to its next poll, as long as there is time.
   */
  #sendCanaries(stopped: boolean, nowMs: number): void {
    for (const lane of this.#lanes) {
      if (lane.usable) return
      if (lane.index > 0 && lane.reportedFailing && !stopped) continue
      while (this.#queue.count > 0 && lane.canaryDue(nowMs)) this.#sendOldest(lane, nowMs)
    }
  }
}
