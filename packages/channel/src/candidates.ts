import { assert } from '@rinha/base'

/**
 * Which of several coordinators a node calls next. One of them leads; the others are standbys, which refuse a node and name the
 * leader.
 *
 * Invariants:
 *   1. Whatever is refused or lost, every candidate is called within twice their number of calls: an address that a refusal
 *      names is called once, and then those after the one that has named it.
 *   2. Only addresses of the list are called.
 *   3. A coordinator whose epoch is lower than one that was seen is never a leader any more.
 */
export class Candidates {
  readonly #addresses: readonly string[]
  #index = 0
  /** Where to go on if the address that a refusal has named does not help. */
  #resumeIndex: number | undefined
  #epoch = 0
  /** Calls since the last connection that was good. */
  #callCount = 0

  constructor(addresses: readonly string[]) {
    assert(addresses.length > 0, 'there is a coordinator to call')
    this.#addresses = addresses
  }

  get index(): number {
    return this.#index
  }

  get count(): number {
    return this.#addresses.length
  }

  /** The highest epoch of a coordinator that has welcomed this node. */
  get epoch(): number {
    return this.#epoch
  }

  /** How often all of them were called in vain before the last call; the pause before the next one grows with it. */
  get roundCount(): number {
    return Math.floor(Math.max(0, this.#callCount - 1) / this.#addresses.length)
  }

  /** Whether a coordinator of this epoch may be followed. 0: it has none. */
  admits(epoch: number): boolean {
    if (epoch < this.#epoch) return false
    this.#epoch = epoch
    return true
  }

  /** The connection is good. */
  served(): void {
    this.#callCount = 0
    this.#resumeIndex = undefined
  }

  /** A standby has refused the node. It lives, so a leader will come soon: the pauses stay short. */
  refused(leader: string | undefined): void {
    const next = this.#nextIndex()
    const leaderIndex = leader === undefined ? -1 : this.#addresses.indexOf(leader)
    const isFollowed = leaderIndex >= 0 && leaderIndex !== this.#index && this.#resumeIndex === undefined
    this.#resumeIndex = isFollowed ? next : undefined
    this.#index = isFollowed ? leaderIndex : next
    this.#callCount = Math.min(this.#callCount + 1, standbyRoundsMax * this.#addresses.length)
  }

  /** The coordinator cannot be reached, the connection was lost, or it said goodbye. */
  lost(): void {
    this.#index = this.#nextIndex()
    this.#resumeIndex = undefined
    this.#callCount += 1
  }

  #nextIndex(): number {
    return this.#resumeIndex ?? (this.#index + 1) % this.#addresses.length
  }
}

/** With the default pauses, a node asks a standby again within 80 ms. */
const standbyRoundsMax = 2
