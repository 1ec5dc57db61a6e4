import type { Cancel, Time, Timers } from '@rinha/base'
import { retryAfterSecondsMax } from '@rinha/channel'
import type { Windows } from './ports.ts'

/** How often the queue is looked at. */
const lookMs = 100
/** How far back the rate is measured: what is older counts for less than a third. */
const memoryMs = 1000

/** How many payments were ever accepted, and how many of them wait. */
export interface QueueCounts {
  readonly acceptedCount: number
  readonly queuedCount: number
}

/**
 * Admission by age: predicts how long a payment that came now would wait in the queue, and closes where that is longer than
 * allowed. Without it a queue that fills faster than it drains only grows, and every payment in it is answered 202 and comes
 * late.
 *
 * The prediction is the queue's length over the rate at which payments really leave it, and on top of that the time for
 * which none has left. The rate is measured only while there is a backlog: a queue that is never full says nothing about how
 * fast it could drain. So the first look at a backlog predicts nothing, and while every processor is down the prediction
 * grows with the outage, whatever the rate was before it.
 *
 *   open → predicted wait > queueWaitMsMax → closed → predicted wait ≤ queueWaitMsMax → open
 *
 * Invariants:
 *   A1. It is open where everything that waited at one look has left at the next.
 *   A2. It is closed where nothing has left for longer than queueWaitMsMax.
 *   A3. A payment that comes back to the queue (refused, or a canary) is no progress when it leaves once more.
 */
export class Admission {
  #queueWaitMsMax: number
  /** The counts at the last check. */
  #acceptedCount = 0
  #queuedCount = 0
  /** The highest count of payments that have left the queue for good, and when it last rose. */
  #leftCountMax = 0
  #progressAtMs: number
  /** Payments that left the present backlog, and the time that they took. Older ones weigh less. */
  #recentCount = 0
  #recentMs = 0
  #predictedWaitMs = 0

  /** 0 for `queueWaitMsMax`: always open. */
  constructor(queueWaitMsMax: number, nowMs: number) {
    this.#queueWaitMsMax = queueWaitMsMax
    this.#progressAtMs = nowMs
  }

  /** How long a payment that is accepted now waits in the queue, and what that comes to. */
  get report(): { readonly predictedWaitMs: number; readonly retryAfterSeconds: number } {
    return { predictedWaitMs: Math.round(this.#predictedWaitMs), retryAfterSeconds: this.retryAfterSeconds }
  }

  /** 0: payments may come. Otherwise what is new is to come again after so long. */
  get retryAfterSeconds(): number {
    const isOpen = this.#queueWaitMsMax === 0 || this.#predictedWaitMs <= this.#queueWaitMsMax
    return isOpen ? 0 : Math.min(Math.ceil(this.#predictedWaitMs / 1000), retryAfterSecondsMax)
  }

  configure(queueWaitMsMax: number): void {
    this.#queueWaitMsMax = queueWaitMsMax
  }

  /** The queue as it is now. */
  look(counts: QueueCounts, nowMs: number): void {
    const { acceptedCount, queuedCount } = counts
    const leftCount = acceptedCount - queuedCount
    const progressCount = leftCount - this.#leftCountMax
    const isFlowing = queuedCount === 0 || progressCount >= this.#queuedCount
    const isPurged = acceptedCount < this.#acceptedCount
    this.#acceptedCount = acceptedCount
    this.#queuedCount = queuedCount
    if (isFlowing || isPurged) return this.#flows(leftCount, nowMs)
    if (progressCount > 0) this.#measure(progressCount, nowMs)
    const drainMs = this.#recentCount > 0 ? (queuedCount * this.#recentMs) / this.#recentCount : 0
    this.#predictedWaitMs = nowMs - this.#progressAtMs + drainMs
  }

  /** There is no backlog (A1), or a purge has ended it. */
  #flows(leftCount: number, nowMs: number): void {
    this.#leftCountMax = leftCount
    this.#progressAtMs = nowMs
    this.#recentCount = 0
    this.#recentMs = 0
    this.#predictedWaitMs = 0
  }

  #measure(progressCount: number, nowMs: number): void {
    // An outage that has just ended does not count for longer than it is remembered.
    const countedMs = Math.min(nowMs - this.#progressAtMs, memoryMs)
    const decay = Math.exp(-countedMs / memoryMs)
    this.#recentCount = this.#recentCount * decay + progressCount
    this.#recentMs = this.#recentMs * decay + countedMs
    this.#leftCountMax += progressCount
    this.#progressAtMs = nowMs
  }
}

/** Checks from time to time, and has the nodes told when admission closes, opens, or has another time for Retry-After. */
export function watchQueue(
  admission: Admission,
  counts: QueueCounts,
  time: () => Time,
  timers: Pick<Timers, 'every'>,
  nodes: Pick<Windows, 'refreshWindows'>,
): Cancel {
  return timers.every(lookMs, () => {
    const before = admission.retryAfterSeconds
    admission.look(counts, time().nowMs)
    if (admission.retryAfterSeconds !== before) nodes.refreshWindows()
  })
}
