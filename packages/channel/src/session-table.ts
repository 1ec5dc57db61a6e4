import { assert } from '@rinha/base'
import { sessionCountMax } from './limits.ts'

/** One node's process, as the coordinator knows it across connections. 0 ≤ keptSequence ≤ lastSequence; neither falls. */
export interface Session {
  /** The last sequence number that was taken. */
  lastSequence: number
  /** The last one that the coordinator keeps: in its journal, if it writes one. */
  keptSequence: number
}

/**
 * What was taken from each session, so that what a node sends again after a reconnect has no second effect. Bounded: the
 * session used longest ago is forgotten first. A forgotten session that comes back starts where its node says it was
 * acknowledged, and the coordinator then knows repeats by their correlationId only.
 */
export class SessionTable {
  readonly countMax: number
  /** In order of use, which a Map keeps: a key that is taken out and put back goes to the end. */
  readonly #sessions = new Map<string, Session>()

  constructor(countMax = sessionCountMax) {
    assert(Number.isSafeInteger(countMax) && countMax > 0, 'countMax is a positive integer')
    this.countMax = countMax
  }

  get count(): number {
    return this.#sessions.size
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id)
  }

  /** Remembers this session, as the one used last. */
  use(id: string, session: Session): void {
    this.#sessions.delete(id)
    this.#sessions.set(id, session)
    if (this.#sessions.size <= this.countMax) return
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined) this.#sessions.delete(oldest)
  }
}
