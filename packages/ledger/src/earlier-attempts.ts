import type { EarlierAttempt } from '@rinha/payment'
import { earlierAttemptCountMax } from './limits.ts'

/**
 * The attempts at open payments that their processors read and refused, before the one that the row names. Only a record
 * under one of these instants can be ours; and a processor that refused one and now has the id may have it from us. Most
 * payments have none: the row's own attempt is enough for them.
 */
export class EarlierAttempts {
  readonly #byRow = new Map<number, EarlierAttempt[]>()

  /** The oldest of {@link earlierAttemptCountMax} makes room. */
  add(attempt: EarlierAttempt): void {
    const attempts = this.#byRow.get(attempt.row)
    if (attempts === undefined) this.#byRow.set(attempt.row, [attempt])
    else if (attempts.push(attempt) > earlierAttemptCountMax) attempts.shift()
  }

  of(row: number): readonly EarlierAttempt[] {
    return this.#byRow.get(row) ?? none
  }

  drop(row: number): void {
    this.#byRow.delete(row)
  }

  clear(): void {
    this.#byRow.clear()
  }

  rows(): Iterable<number> {
    return this.#byRow.keys()
  }

  /** A copy of all: of one payment in the order in which they were made. */
  copy(): EarlierAttempt[] {
    return [...this.#byRow.values()].flat()
  }
}

const none: readonly EarlierAttempt[] = []
