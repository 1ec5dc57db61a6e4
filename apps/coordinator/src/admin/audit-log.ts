import { printInstant } from '@rinha/payment'
import type { AuditFile } from './audit-file.ts'

/** What was changed: what kind of thing. */
export type AuditSubject = 'settings' | 'sending' | 'payment' | 'payments' | 'snapshot' | 'purge'

/** A change: who made it, and the state before and after. */
export interface Change {
  /** The name of a token, or of an API node. */
  readonly who: string
  /** The way by which it was asked for, if there is more than one. */
  readonly via?: 'admin' | 'channel'
  readonly what: AuditSubject
  /** Which one of its kind: a payment's id, the name of a processor. */
  readonly which?: string
  readonly before: unknown
  readonly after: unknown
}

export interface AuditEntry extends Change {
  /** The number of the entry, one more than that of the entry before, also across restarts. */
  readonly seq: number
  /** When, as an instant of the wall clock. */
  readonly at: string
}

/** The audit log cannot be written: nothing may be changed. */
export class AuditFailure extends Error {}

/** Entries in memory, for who reads: the last ones. */
const countMax = 1000

/**
 * Every change that an operator makes, and every purge that an API node asks for. A change is recorded before it is made, so that no change is without a record:
 * `await record(…)`, then change. With a journal the entry is on disk by then.
 */
export class AuditLog {
  #entries: readonly AuditEntry[]
  readonly #file: AuditFile | undefined
  readonly #wallMs: () => number
  readonly #latest = new Map<AuditSubject, AuditEntry>()
  #seq: number
  #writing: Promise<unknown> = Promise.resolve()

  constructor(file: AuditFile | undefined, wallMs: () => number) {
    const found = file?.found ?? []
    this.#file = file
    this.#wallMs = wallMs
    for (const entry of found) this.#latest.set(entry.what, entry)
    this.#entries = found.slice(-countMax)
    this.#seq = found.at(-1)?.seq ?? 0
  }

  /** Resolves when it is written; rejects with an {@link AuditFailure} where it cannot be. */
  record(change: Change): Promise<AuditEntry> {
    const recorded = this.#writing.then(() => this.#write(change))
    this.#writing = recorded.catch(() => {})
    return recorded
  }

  async #write(change: Change): Promise<AuditEntry> {
    const entry = { seq: this.#seq + 1, at: printInstant(this.#wallMs()), ...change }
    try {
      await this.#file?.append(entry, () => [...this.#latest.values()].sort((a, b) => a.seq - b.seq))
    } catch (error) {
      throw new AuditFailure(`The audit log cannot be written: ${(error as Error).message}`)
    }
    this.#seq = entry.seq
    this.#latest.set(entry.what, entry)
    this.#entries = [...this.#entries.slice(1 - countMax), entry]
    return entry
  }

  /** The last change of a kind; with a journal, also one of an earlier process. Its `after` is in force. */
  latest(what: AuditSubject): AuditEntry | undefined {
    return this.#latest.get(what)
  }

  /** The last thousand changes before `beforeSeq`, of one kind or of all, newest first. */
  page(limitCount: number, beforeSeq = Number.POSITIVE_INFINITY, what?: AuditSubject): readonly AuditEntry[] {
    return this.#entries
      .filter(entry => entry.seq < beforeSeq && (what === undefined || entry.what === what))
      .slice(-limitCount)
      .reverse()
  }

  /** The changes after a number, oldest first. */
  since(seq: number): readonly AuditEntry[] {
    return seq >= this.#seq ? [] : this.#entries.filter(entry => entry.seq > seq)
  }
}
