import { assert, err, ok, type Result } from '@rinha/base'
import type { PaymentConflict } from '@rinha/payment'
import { conflictCountMax } from './limits.ts'

/**
 * One session's payments as the coordinator takes them: which are new, which of those are conflicts, and how many more may
 * come.
 *
 * Credit is a promise: room for what a node may send is reserved until it has come, so the windows of all nodes
 * together never exceed the room. That costs a little of the window. TCP's window works the same way. If a window were
 * only a hint, two nodes could overrun the queue in one round trip.
 *
 * Invariants:
 *   1. lastSequence ≤ grantedThrough, and neither ever falls.
 *   2. A sequence number is taken once: what is at or below lastSequence is skipped.
 *   3. Nothing past grantedThrough is taken, and no gap is.
 */
export class PaymentReceiver {
  #lastSequence: number
  #grantedThrough: number
  #advertisedThrough: number
  /** In the order of their sequence numbers. */
  readonly #conflicts = new Map<number, PaymentConflict>()

  constructor(lastSequence: number) {
    assert(Number.isSafeInteger(lastSequence) && lastSequence >= 0, 'a sequence number is a whole number')
    this.#lastSequence = lastSequence
    this.#grantedThrough = lastSequence
    this.#advertisedThrough = lastSequence
  }

  get lastSequence(): number {
    return this.#lastSequence
  }

  /** Payments that may still come on the credit given so far. Room for them is reserved. */
  get outstandingCount(): number {
    return this.#grantedThrough - this.#lastSequence
  }

  /** The part of the window that the node was last told and has not used. */
  get advertisedCount(): number {
    return Math.max(0, this.#advertisedThrough - this.#lastSequence)
  }

  /** The latest {@link conflictCountMax} conflicts that the node may not have been told. */
  get conflicts(): ReadonlyMap<number, PaymentConflict> {
    return this.#conflicts
  }

  /**
   * The node has connected again, and needs to be told its window anew. Granted credit stays granted: the node may hold
   * that many payments. Conflicts up to `sequence` count as told, because the node has read the acknowledgement of them.
   */
  reconnected(sequence: number): void {
    this.#advertisedThrough = this.#lastSequence
    for (const told of this.#conflicts.keys()) if (told <= sequence) this.#conflicts.delete(told)
  }

  /** A payment of a batch is a conflict. */
  refuse(sequence: number, conflict: PaymentConflict): void {
    this.#conflicts.set(sequence, conflict)
    const [oldest] = this.#conflicts.keys()
    if (oldest !== undefined && this.#conflicts.size > conflictCountMax) this.#conflicts.delete(oldest)
  }

  /**
   * Looks at a batch, and answers how many of its first payments were taken before and are to be skipped, or why the batch
   * is refused.
   */
  check(firstSequence: number, count: number): Result<number, string> {
    const last = firstSequence + count - 1
    if (firstSequence > this.#lastSequence + 1) {
      return err(`payments from ${firstSequence} after ${this.#lastSequence}: a gap`)
    }
    if (last > this.#grantedThrough)
      return err(`payments through ${last} past the window's end ${this.#grantedThrough}`)
    return ok(Math.min(count, this.#lastSequence + 1 - firstSequence))
  }

  /** A batch that passed {@link check} has been handed over: from now on it may be acknowledged. */
  take(firstSequence: number, count: number): void {
    assert(firstSequence <= this.#lastSequence + 1, 'nothing is skipped')
    this.#lastSequence = Math.max(this.#lastSequence, firstSequence + count - 1)
    assert(this.#lastSequence <= this.#grantedThrough, 'nothing past the window is taken')
  }

  /**
   * The window to tell the node if it were granted credit up to `targetCount` in all, as far as `freeCount` (room not
   * set aside for anyone) allows. Never more than `roomCount`: a node stops when there is no room, although it has
   * credit left. What it sent before it could know is still taken.
   */
  windowFor(targetCount: number, freeCount: number, roomCount: number): number {
    const credit = this.outstandingCount + this.#growthFor(targetCount, freeCount)
    return Math.max(0, Math.min(credit, roomCount))
  }

  /** Grants that credit, and returns the window that the caller tells the node. */
  grant(targetCount: number, freeCount: number, roomCount: number): number {
    const windowCount = this.windowFor(targetCount, freeCount, roomCount)
    this.#grantedThrough += this.#growthFor(targetCount, freeCount)
    this.#advertisedThrough = this.#lastSequence + windowCount
    return windowCount
  }

  #growthFor(targetCount: number, freeCount: number): number {
    return Math.max(0, Math.min(targetCount - this.outstandingCount, freeCount))
  }
}

/**
 * The credit each of at most `nodeCountMax` nodes should have: an even share, so that a node that connects later finds
 * room, capped by the configured window. Rounded up, because otherwise the last free places would stay unused.
 */
export function creditTarget(roomCount: number, windowCountMax: number, nodeCountMax: number): number {
  return Math.min(windowCountMax, Math.ceil(Math.max(0, roomCount) / nodeCountMax))
}

/**
 * Whether a window that grew is worth a frame of its own: by a quarter of what the node should have. Telling every step
 * is the silly window syndrome (RFC 813): a frame for each payment. A node that can send nothing is told of anything.
 */
export function worthTelling(advertisedCount: number, windowCount: number, targetCount: number): boolean {
  const growth = windowCount - advertisedCount
  return growth > 0 && (advertisedCount === 0 || growth >= targetCount / 4)
}
