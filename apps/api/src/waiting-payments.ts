import type { AckLevel } from './ack-level.ts'
import type { Exchange } from './exchange.ts'

/** A payment that this node holds, and its client, who is told 202 once the coordinator has it. */
interface WaitingPayment {
  readonly exchange: Exchange
  readonly level: AckLevel
  readonly untilMs: number
}

/**
 * The clients that wait for more than this node's word. Sequence numbers rise, acknowledgements are cumulative, and all
 * wait equally long: so both what was acknowledged and what has waited long enough are at the front.
 *
 * Who has waited for `waitMsMax` is handed to `onLate`: the payment is still held here and still on its way.
 */
export class WaitingPayments {
  readonly #waitMsMax: number
  readonly #onLate: (exchange: Exchange) => void
  /** By sequence number, in the order of it. */
  readonly #waiting = new Map<number, WaitingPayment>()
  #timer: NodeJS.Timeout | undefined

  constructor(waitMsMax: number, onLate: (exchange: Exchange) => void) {
    this.#waitMsMax = waitMsMax
    this.#onLate = onLate
  }

  add(sequence: number, level: AckLevel, exchange: Exchange): void {
    this.#waiting.set(sequence, { exchange, level, untilMs: performance.now() + this.#waitMsMax })
    this.#timer ??= setTimeout(() => this.#sweep(), this.#waitMsMax)
  }

  /** The coordinator has every payment through this one. */
  acknowledged(throughSequence: number): void {
    for (const [sequence, { exchange, level }] of this.#waiting) {
      if (sequence > throughSequence) return
      this.#waiting.delete(sequence)
      exchange.accept(level)
    }
  }

  #sweep(): void {
    this.#timer = undefined
    const nowMs = performance.now()
    for (const [sequence, { exchange, untilMs }] of this.#waiting) {
      if (untilMs > nowMs) {
        this.#timer = setTimeout(() => this.#sweep(), untilMs - nowMs)
        return
      }
      this.#waiting.delete(sequence)
      this.#onLate(exchange)
    }
  }
}
