import { assert } from '@rinha/base'
import { printCorrelationId } from '@rinha/payment'
import type { Archive, ArchivedPayment } from '../archive.ts'

/** An archive in memory, for tests and simulations. `later` runs the end of an `add`. */
export class MemoryArchive implements Archive {
  readonly #payments = new Map<string, ArchivedPayment>()
  readonly #later: (run: () => void) => void
  #generation: number
  #isBusy = false
  /** The problem with which every `add` ends, such as a full disk. */
  problem: string | undefined

  constructor(later: (run: () => void) => void, generation = 0) {
    this.#later = later
    this.#generation = generation
  }

  get generation(): number {
    return this.#generation
  }

  get count(): number {
    return this.#payments.size
  }

  find(ids: Uint8Array, offset: number): ArchivedPayment | undefined {
    return this.#payments.get(printCorrelationId(ids, offset))
  }

  add(payments: readonly ArchivedPayment[], done: (problem: string | undefined) => void): void {
    assert(!this.#isBusy, 'payments are added one call at a time')
    this.#isBusy = true
    const generation = this.#generation
    this.#later(() => {
      this.#isBusy = false
      if (this.problem === undefined && generation === this.#generation)
        for (const payment of payments)
          this.#payments.set(printCorrelationId(payment.correlationId, 0), payment)
      done(this.problem)
    })
  }

  begin(generation: number): void {
    assert(generation > this.#generation, 'a generation follows an earlier one')
    this.#generation = generation
    this.#payments.clear()
  }

  async *settled(fromMs: number, toMs: number): AsyncIterable<readonly ArchivedPayment[]> {
    const found = [...this.#payments]
      .filter(([, { state }]) => state === 'settled')
      .filter(([, { requestedAtMs }]) => requestedAtMs >= fromMs && requestedAtMs <= toMs)
    const order = ([aId, a]: (typeof found)[0], [bId, b]: (typeof found)[0]) =>
      a.requestedAtMs - b.requestedAtMs || (aId < bId ? -1 : 1)
    if (found.length > 0) yield found.sort(order).map(([, payment]) => payment)
  }

  async *discarded(): AsyncIterable<readonly ArchivedPayment[]> {
    yield [...this.#payments.values()].filter(({ state }) => state === 'discarded')
  }
}
