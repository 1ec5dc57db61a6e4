import { assert } from '@rinha/base'
import type { ProcessorTotal } from '@rinha/payment'
import { ArchivedSums } from './archived-sums.ts'
import { RangeSums } from './range-sums.ts'

/** One processor's settlements: each with its millisecond, and those of archived time by whole seconds. */
export class SettledSums {
  readonly recent = new RangeSums()
  readonly archived = new ArchivedSums()
  /** Settlements before this whole second are archived, also those that are still to come. */
  #archivedToMs = 0

  insert(timeMs: number, amountCents: number): void {
    if (timeMs < this.#archivedToMs) this.archived.add(timeMs, amountCents)
    else this.recent.insert(timeMs, amountCents)
  }

  total(fromMs: number | null, toMs: number | null): ProcessorTotal {
    const recent = this.recent.total(fromMs, toMs)
    if (this.archived.entryCount === 0 || (fromMs !== null && fromMs >= this.#archivedToMs)) return recent
    if (fromMs !== null && toMs !== null && fromMs > toMs) return recent
    const { count, amountCents } = this.archived.total(fromMs, toMs)
    return { count: recent.count + count, amountCents: recent.amountCents + amountCents }
  }

  archiveTo(archivedToMs: number): void {
    this.#archivedToMs = archivedToMs
    this.recent.takeBefore(archivedToMs, (timeMs, amountCents) => this.archived.add(timeMs, amountCents))
  }

  clear(): void {
    this.recent.clear()
    this.archived.clear()
    this.#archivedToMs = 0
  }

  checkInvariants(): void {
    this.recent.checkInvariants()
    this.archived.checkInvariants()
    assert(this.recent.firstMs >= this.#archivedToMs, 'what is archived is in whole seconds')
  }
}
