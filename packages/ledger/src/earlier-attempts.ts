import type { EarlierAttempt } from '@rinha/payment'
import { earlierAttemptCountMax } from './limits.ts'

/**
 * The attempts at open payments that their processors read and refused, before the one that the row names. Only a record
 * under one of these instants can be ours; and a processor that refused one and now has the id may have it from us. Most
 * payments have none: the row's own attempt is enough for them.
 */
export class EarlierAttempts {
  readonly #byRow = new Map<number, EarlierAttempt[]>()
  /** How many there are of each second. */
  readonly #secondCounts = new Map<number, number>()

  /** The oldest of {@link earlierAttemptCountMax} makes room. */
  add(attempt: EarlierAttempt): void {
    const attempts = this.#byRow.get(attempt.row)
    this.#count(attempt, 1)
    if (attempts === undefined) this.#byRow.set(attempt.row, [attempt])
    else if (attempts.push(attempt) > earlierAttemptCountMax) this.#count(attempts.shift(), -1)
  }

  of(row: number): readonly EarlierAttempt[] {
    return this.#byRow.get(row) ?? none
  }

  drop(row: number): void {
    const attempts = this.#byRow.get(row)
    if (attempts === undefined) return
    for (const attempt of attempts) this.#count(attempt, -1)
    this.#byRow.delete(row)
  }

  clear(): void {
    this.#byRow.clear()
    this.#secondCounts.clear()
  }

  /** The second in which the earliest of all was made; Infinity where there is none. It looks at the seconds, not at the attempts. */
  get earliestMs(): number {
    let earliest = Number.POSITIVE_INFINITY
    for (const second of this.#secondCounts.keys()) earliest = Math.min(earliest, second)
    return earliest * 1000
  }

  #count(attempt: EarlierAttempt | undefined, change: number): void {
    const second = Math.floor((attempt?.requestedAtMs ?? 0) / 1000)
    const count = (this.#secondCounts.get(second) ?? 0) + change
    if (count === 0) this.#secondCounts.delete(second)
    else this.#secondCounts.set(second, count)
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
