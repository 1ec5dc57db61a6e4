import type { KeptBy } from '@rinha/channel'
import { type AckLevel, reaches } from './ack-level.ts'
import type { HttpCall } from './http-call.ts'
import type { NodePorts } from './ports.ts'

/** A payment that this node holds, and its client, who is answered once the coordinator has it. */
interface WaitingPayment {
  readonly call: HttpCall
  readonly level: AwaitedLevel
  readonly untilMs: number
}

type AwaitedLevel = Exclude<AckLevel, 'received'>

/** The coordinator has every payment through this sequence number, at each level. */
interface Reached {
  readonly queuedSequence: number
  readonly journaledSequence: number
  /** Who has a payment that is journaled; the memory has none. */
  readonly keptBy: KeptBy | undefined
}

/**
 * The clients that wait for more than this node's word. Sequence numbers rise, acknowledgements are cumulative, and all
 * wait equally long: so both what was acknowledged and what has waited long enough are at the front.
 *
 * `answer` is told the level that a payment has reached: the one waited for, or a lower one when `waitMsMax` are over
 * or there is no such journal to wait for. In every case this node or the coordinator keeps the payment.
 */
export class WaitingPayments {
  readonly #ports: NodePorts
  readonly #waitMsMax: number
  readonly #answer: (call: HttpCall, reached: AckLevel) => void
  /** By sequence number, in ascending order. */
  readonly #forQueue = new Map<number, WaitingPayment>()
  readonly #forJournal = new Map<number, WaitingPayment>()
  #queuedSequence = 0
  #isTimed = false

  constructor(ports: NodePorts, waitMsMax: number, answer: (call: HttpCall, reached: AckLevel) => void) {
    this.#ports = ports
    this.#waitMsMax = waitMsMax
    this.#answer = answer
  }

  add(sequence: number, level: AwaitedLevel, call: HttpCall): void {
    const waiting = level === 'queued' ? this.#forQueue : this.#forJournal
    waiting.set(sequence, { call, level, untilMs: this.#ports.monotonicMs() + this.#waitMsMax })
    if (!this.#isTimed) this.#sweepAfter(this.#waitMsMax)
  }

  /** Takes out the client that waits for a payment, so that it is told no level; `undefined` if none waits. */
  take(sequence: number): HttpCall | undefined {
    const waiting = this.#forQueue.get(sequence) ?? this.#forJournal.get(sequence)
    this.#forQueue.delete(sequence)
    this.#forJournal.delete(sequence)
    return waiting?.call
  }

  acknowledged({ queuedSequence, journaledSequence, keptBy }: Reached): void {
    this.#queuedSequence = queuedSequence
    this.#release(this.#forQueue, queuedSequence, 'queued')
    if (keptBy === 'quorum') this.#release(this.#forJournal, journaledSequence, 'replicated')
    else if (keptBy === 'disk') this.#release(this.#forJournal, journaledSequence, 'journaled')
    else this.#release(this.#forJournal, queuedSequence, 'queued')
  }

  #release(waiting: Map<number, WaitingPayment>, throughSequence: number, reached: AckLevel): void {
    for (const [sequence, { call, level }] of waiting) {
      if (sequence > throughSequence) return
      waiting.delete(sequence)
      // What a quorum has is journaled, too: a client is told the level that it has asked for.
      this.#answer(call, reaches(reached, level) ? level : reached)
    }
  }

  #sweepAfter(delayMs: number): void {
    this.#isTimed = true
    this.#ports.timers.after(delayMs, this.#sweep)
  }

  readonly #sweep = (): void => {
    this.#isTimed = false
    const nowMs = this.#ports.monotonicMs()
    const nextMs = Math.min(this.#giveUp(this.#forQueue, nowMs), this.#giveUp(this.#forJournal, nowMs))
    if (nextMs < Number.POSITIVE_INFINITY) this.#sweepAfter(nextMs - nowMs)
  }

  /** Answers who has waited long enough, and says when the next one has. */
  #giveUp(waiting: Map<number, WaitingPayment>, nowMs: number): number {
    for (const [sequence, { call, untilMs }] of waiting) {
      if (untilMs > nowMs) return untilMs
      waiting.delete(sequence)
      this.#answer(call, sequence <= this.#queuedSequence ? 'queued' : 'received')
    }
    return Number.POSITIVE_INFINITY
  }
}
