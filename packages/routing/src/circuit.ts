import { assert } from '@rinha/base'
import { Shift } from './shift.ts'

/**
 * A circuit breaker for one processor (Nygard, Release It!, 2007), fed by the attempts themselves.
 *
 * It costs a few payments, which are refused and sent again. In return it notices an outage within a few attempts, not
 * at the next health poll, and a recovery in tens of milliseconds, not seconds.
 *
 * - closed: payments flow. Entered at the start, when a canary is recorded or found, and from open when the processor's own
 *   health says working: then on trial, so that a single failure opens it again. Left for open after `failuresToOpen`
 *   failures in a row, or more where some failures are usual ({@link Shift}), or when its health says failing.
 * - open: nothing flows until the canary is due. Entered from closed, and from probing when the canary fails; each
 *   time that happens in a row the wait doubles, from `canaryIntervalMsMin` to `canaryIntervalMsMax`.
 * - probing: one canary, an ordinary payment, is under way. Left for closed when it is recorded, for open otherwise.
 *
 * Invariants:
 *   C1. At most one canary is under way.
 *   C2. Of all attempts only those sent after it opened close an open circuit: a canary that is recorded, or one whose
 *       answer is lost and that a look-up finds. Late answers of attempts sent before prove nothing about now.
 *   C3. While open, a canary becomes due within `canaryIntervalMsMax`: a processor is never given up for good. One that
 *       gets no canaries (a cheaper one works, or an audit guard forbids the risk) is closed again by its health poll.
 *   C4. A health endpoint may be stuck at failing. Once a canary is recorded in spite of it, the endpoint no longer
 *       opens the circuit, until it says otherwise or attempts fail.
 */
export interface CircuitOptions {
  readonly failuresToOpen: number
  readonly canaryIntervalMsMin: number
  readonly canaryIntervalMsMax: number
}

export type CircuitState = 'closed' | 'open' | 'probing'

export class Circuit {
  #options: CircuitOptions
  #state: CircuitState = 'closed'
  #failures: Shift
  #canaryIntervalMs: number
  #canaryAtMs = 0
  #saysFailing = false
  #isRefuted = false
  /** When it was last left closed. */
  #openedAtMs = 0
  #openedCount = 0

  constructor(options: CircuitOptions) {
    assert(options.failuresToOpen >= 1, 'at least one failure opens')
    assert(options.canaryIntervalMsMin > 0, 'canaries are not sent in a busy loop')
    assert(
      options.canaryIntervalMsMax >= options.canaryIntervalMsMin,
      'the longest interval is not the shortest',
    )
    this.#options = options
    this.#failures = new Shift(options.failuresToOpen)
    this.#canaryIntervalMs = options.canaryIntervalMsMin
  }

  /** Other options from now on; the state stays. */
  configure(options: CircuitOptions): void {
    if (options.failuresToOpen !== this.#options.failuresToOpen)
      this.#failures = new Shift(options.failuresToOpen)
    this.#options = options
    const { canaryIntervalMsMin, canaryIntervalMsMax } = options
    this.#canaryIntervalMs = Math.max(
      canaryIntervalMsMin,
      Math.min(this.#canaryIntervalMs, canaryIntervalMsMax),
    )
  }

  get state(): CircuitState {
    return this.#state
  }

  /** How often it left closed for open. */
  get openedCount(): number {
    return this.#openedCount
  }

  /** When a canary may be sent: a time while open, Infinity otherwise. */
  get canaryAtMs(): number {
    return this.#state === 'open' ? this.#canaryAtMs : Number.POSITIVE_INFINITY
  }

  /** Marks the attempt that starts now as the canary. */
  startCanary(nowMs: number): void {
    assert(this.#state === 'open' && nowMs >= this.#canaryAtMs, 'a canary starts when it is due')
    this.#state = 'probing'
  }

  /** An attempt was recorded. */
  recorded(isCanary: boolean): void {
    if (isCanary) {
      assert(this.#state === 'probing', 'a canary ends while probing')
      this.#close()
    }
    if (this.#state === 'closed') this.#failures.good()
  }

  /** A look-up has found the record of an attempt whose answer was lost. */
  found(sentAtMs: number): void {
    if (this.#state === 'open' && sentAtMs > this.#openedAtMs) this.#close()
    if (this.#state === 'closed') this.#failures.good()
  }

  #close(): void {
    this.#state = 'closed'
    this.#canaryIntervalMs = this.#options.canaryIntervalMsMin
    this.#isRefuted = this.#saysFailing
  }

  /** An attempt ended without a record, in a way that speaks against the processor's health. */
  failed(isCanary: boolean, nowMs: number): void {
    if (isCanary) {
      assert(this.#state === 'probing', 'a canary ends while probing')
      this.#canaryIntervalMs = Math.min(this.#canaryIntervalMs * 2, this.#options.canaryIntervalMsMax)
      this.#open(nowMs)
    } else if (this.#state === 'closed') {
      this.#failures.bad()
      if (this.#failures.isSeen) this.#open(nowMs)
    }
  }

  /** A canary ended without telling anything about health (a full limiter, a payment that was rejected for itself). */
  canaryInconclusive(nowMs: number): void {
    assert(this.#state === 'probing', 'a canary ends while probing')
    this.#open(nowMs)
  }

  /** The answer of the processor's own health endpoint. */
  polled(failing: boolean, nowMs: number): void {
    this.#saysFailing = failing
    if (!failing) this.#isRefuted = false
    if (failing && this.#state === 'closed' && !this.#isRefuted) this.#open(nowMs)
    if (!failing && this.#state === 'open') {
      this.#state = 'closed'
      this.#failures.onTrial()
    }
  }

  #open(nowMs: number): void {
    if (this.#state === 'closed') {
      this.#openedAtMs = nowMs
      this.#openedCount += 1
    }
    this.#state = 'open'
    this.#isRefuted = false
    this.#failures.reset()
    this.#canaryAtMs = nowMs + this.#canaryIntervalMs
  }
}
