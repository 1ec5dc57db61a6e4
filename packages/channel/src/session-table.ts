import { assert } from '@rinha/base'
import { sessionCountMax } from './limits.ts'

/**
 * The last sequence number taken from each session, so that what a node sends again after a reconnect has no second
 * effect. Bounded: the session used longest ago is forgotten first. A forgotten session that comes back starts where
 * its node says it was acknowledged, and the coordinator then knows repeats by their correlationId only.
 */
export class SessionTable {
  readonly countMax: number
  /** In order of use, which a Map keeps: a key that is taken out and put back goes to the end. */
  readonly #sequences = new Map<string, number>()

  constructor(countMax = sessionCountMax) {
    assert(Number.isSafeInteger(countMax) && countMax > 0, 'countMax is a positive integer')
    this.countMax = countMax
  }

  get count(): number {
    return this.#sequences.size
  }

  lastSequence(session: string): number | undefined {
    return this.#sequences.get(session)
  }

  record(session: string, sequence: number): void {
    assert(sequence >= (this.#sequences.get(session) ?? 0), 'a session does not go back')
    this.#sequences.delete(session)
    this.#sequences.set(session, sequence)
    if (this.#sequences.size <= this.countMax) return
    const [oldest] = this.#sequences.keys()
    if (oldest !== undefined) this.#sequences.delete(oldest)
  }
}
