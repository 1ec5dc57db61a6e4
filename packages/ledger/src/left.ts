import type { LedgerPast, ProcessorTotal } from '@rinha/payment'

/** Counts of the payments that have left a ledger since the last purge, and what those of each processor came to. */
export class Left {
  readonly settled: readonly { count: number; amountCents: number }[]
  discardedCount = 0

  constructor(processorCount: number) {
    this.settled = Array.from({ length: processorCount }, () => ({ count: 0, amountCents: 0 }))
  }

  get settledCount(): number {
    return this.settled.reduce((sum, { count }) => sum + count, 0)
  }

  get count(): number {
    return this.settledCount + this.discardedCount
  }

  /** `processor`: -1 for a discarded payment. */
  add(processor: number, amountCents: number): void {
    const total = this.settled[processor]
    if (total === undefined) this.discardedCount += 1
    else addTo(total, { count: 1, amountCents })
  }

  image(): LedgerPast['settled'] {
    return this.settled.map((total, processor) => ({ processor, ...total })).filter(({ count }) => count > 0)
  }

  restore({ settled, discardedCount }: Pick<LedgerPast, 'settled' | 'discardedCount'>): void {
    this.discardedCount = discardedCount
    for (const { processor, ...total } of settled) {
      const own = this.settled[processor]
      if (own !== undefined) addTo(own, total)
    }
  }

  clear(): void {
    this.discardedCount = 0
    for (const total of this.settled) Object.assign(total, { count: 0, amountCents: 0 })
  }
}

function addTo(total: { count: number; amountCents: number }, { count, amountCents }: ProcessorTotal): void {
  total.count += count
  total.amountCents += amountCents
}
