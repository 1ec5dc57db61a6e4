/** How often books are compared, as far as anybody says: the challenge's auditor does every 10 s. */
const auditEveryMs = 10_000

/**
 * The audit guard: the probability that an audit has not found a difference yet, so that keeping the books equal is
 * still worth something.
 *
 * A window of time is audited `guardMs` after its end. A payment that is recorded later than that after its requestedAt is
 * inserted while, or after, its window is read, and the books differ. That costs a stated part of everything, once: a
 * second difference costs nothing more. So the guard has a price, and it falls.
 *
 * A payment that takes L ms is in danger for L − guardMs: an audit in that time finds the difference. With an audit
 * every 10 s, at a phase that nobody knows, the books are still equal with the probability 1 − (time in danger) / 10 s,
 * and that is {@link left}. Times that overlap count once, because payments that are late together meet the same audit.
 * When nothing is left, lateness no longer affects any decision.
 */
export class AuditGuard {
  guardMs: number
  #inDangerMs = 0
  #inDangerUntilMs = Number.NEGATIVE_INFINITY

  /** `guardMs` 0: no books are audited. */
  constructor(guardMs: number) {
    this.guardMs = guardMs
  }

  /** The probability that there is something to protect, from 1 down to 0. */
  get left(): number {
    if (this.guardMs === 0) return 0
    return Math.max(0, 1 - this.#inDangerMs / auditEveryMs)
  }

  get isOn(): boolean {
    return this.left > 0
  }

  /** A payment has been recorded. */
  recorded(sentAtMs: number, endedAtMs: number): void {
    const fromMs = Math.max(sentAtMs + this.guardMs, this.#inDangerUntilMs)
    if (endedAtMs <= fromMs) return
    this.#inDangerMs += endedAtMs - fromMs
    this.#inDangerUntilMs = endedAtMs
  }

  /** Payments that were at risk under another guard say nothing about this one. */
  configure(guardMs: number): void {
    if (guardMs === this.guardMs) return
    this.guardMs = guardMs
    this.renew()
  }

  /** Other books from now on: a purge. */
  renew(): void {
    this.#inDangerMs = 0
    this.#inDangerUntilMs = Number.NEGATIVE_INFINITY
  }
}
