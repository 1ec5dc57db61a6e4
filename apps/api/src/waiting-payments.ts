import type { AckLevel } from './ack-level.ts'
import type { Exchange } from './exchange.ts'

/** A payment that this node holds, and its client, who is told once the coordinator has it. */
interface WaitingPayment {
  readonly exchange: Exchange
  readonly untilMs: number
}

/** Through which sequence number the coordinator has every payment, at each level. */
interface Reached {
  readonly queuedSequence: number
  readonly journaledSequence: number
  /** Whether there will ever be a payment in a journal. */
  readonly journaling: boolean
}

/**
 * The clients that wait for more than this node's word. Sequence numbers rise, acknowledgements are cumulative, and all
 * wait equally long: so both what was acknowledged and what has waited long enough are at the front.
 *
 * `answer` is told the level that a payment has reached: the one waited for, or a lower one when `waitMsMax` are over or
 * there is no journal to wait for. In any case the payment is held here, or further on, and stays so.
 */
export class WaitingPayments {
  readonly #waitMsMax: number
  readonly #answer: (exchange: Exchange, reached: AckLevel) => void
  /** By sequence number, in the order of it. */
  readonly #forQueue = new Map<number, WaitingPayment>()
  readonly #forJournal = new Map<number, WaitingPayment>()
  #queuedSequence = 0
  #timer: NodeJS.Timeout | undefined

  constructor(waitMsMax: number, answer: (exchange: Exchange, reached: AckLevel) => void) {
    this.#waitMsMax = waitMsMax
    this.#answer = answer
  }

  add(sequence: number, level: 'queued' | 'journaled', exchange: Exchange): void {
    const waiting = level === 'queued' ? this.#forQueue : this.#forJournal
    waiting.set(sequence, { exchange, untilMs: performance.now() + this.#waitMsMax })
    this.#timer ??= setTimeout(() => this.#sweep(), this.#waitMsMax)
  }

  acknowledged({ queuedSequence, journaledSequence, journaling }: Reached): void {
    this.#queuedSequence = queuedSequence
    this.#release(this.#forQueue, queuedSequence, 'queued')
    if (journaling) this.#release(this.#forJournal, journaledSequence, 'journaled')
    else this.#release(this.#forJournal, queuedSequence, 'queued')
  }

  #release(waiting: Map<number, WaitingPayment>, throughSequence: number, reached: AckLevel): void {
    for (const [sequence, { exchange }] of waiting) {
      if (sequence > throughSequence) return
      waiting.delete(sequence)
      this.#answer(exchange, reached)
    }
  }

  #sweep(): void {
    this.#timer = undefined
    const nowMs = performance.now()
    const nextMs = Math.min(this.#giveUp(this.#forQueue, nowMs), this.#giveUp(this.#forJournal, nowMs))
    if (nextMs < Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#sweep(), nextMs - nowMs)
  }

  /** Answers who has waited long enough, and says when the next one has. */
  #giveUp(waiting: Map<number, WaitingPayment>, nowMs: number): number {
    for (const [sequence, { exchange, untilMs }] of waiting) {
      if (untilMs > nowMs) return untilMs
      waiting.delete(sequence)
      this.#answer(exchange, sequence <= this.#queuedSequence ? 'queued' : 'received')
    }
    return Number.POSITIVE_INFINITY
  }
}
