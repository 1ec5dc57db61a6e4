import { assert } from '@rinha/base'
import type { LedgerPast, ProcessorTotal } from '@rinha/payment'
import { Left } from './left.ts'
import { SettledSums } from './settled-sums.ts'

/** What settled at each processor: the sums by time, and how much of it is of payments that have left. */
export class Settlements {
  readonly left: Left
  /** Settlements before this whole second are kept by seconds; 0 where all are kept one by one. */
  archivedToMs = 0
  readonly #sums: readonly SettledSums[]

  constructor(processorCount: number) {
    this.#sums = Array.from({ length: processorCount }, () => new SettledSums())
    this.left = new Left(processorCount)
  }

  of(processor: number): SettledSums {
    const sums = this.#sums[processor]
    assert(sums !== undefined, 'the processor exists')
    return sums
  }

  get all(): readonly SettledSums[] {
    return this.#sums
  }

  archiveTo(archivedToMs: number): void {
    assert(
      archivedToMs % 1000 === 0 && archivedToMs >= this.archivedToMs,
      'time is archived by whole seconds',
    )
    this.archivedToMs = archivedToMs
    for (const sums of this.#sums) sums.archiveTo(archivedToMs)
  }

  total(fromMs: number | null, toMs: number | null): ProcessorTotal[] {
    return this.#sums.map(sums => sums.total(fromMs, toMs))
  }

  image(): Pick<LedgerPast, 'archivedToMs' | 'discardedCount' | 'settled' | 'seconds'> {
    return {
      archivedToMs: this.archivedToMs,
      discardedCount: this.left.discardedCount,
      settled: this.left.image(),
      seconds: this.#sums.flatMap((sums, processor) => sums.archived.image(processor)),
    }
  }

  /** The seconds of an image include those of its rows: settlements in archived time are not entered again. */
  restore({ archivedToMs, seconds, ...left }: ReturnType<Settlements['image']>): void {
    this.archiveTo(archivedToMs)
    for (const each of seconds) this.of(each.processor).archived.restore(each)
    for (const { processor } of left.settled) this.of(processor)
    this.left.restore(left)
  }

  clear(): void {
    this.archivedToMs = 0
    this.left.clear()
    for (const sums of this.#sums) sums.clear()
  }
}
