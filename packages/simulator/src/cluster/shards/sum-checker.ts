import type { SimProcessor } from '../../processor.ts'
import type { Running } from '../checkers.ts'
import type { Plan } from '../plan.ts'
import type { Posted, PostedPayments } from '../posted.ts'
import type { Tally } from '../tally.ts'
import type { Trace } from '../trace.ts'

export interface SumCheckerContext {
  readonly plan: Plan
  readonly processors: readonly SimProcessor[]
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
}

/** Of payments with a requestedAt in it, both ends included. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** By processor. */
export type Totals = readonly { readonly count: number; readonly amountCents: number }[]

interface FinalSum extends Window {
  readonly totals: Totals
}

/** A run keeps so many final sums, which are asked for again. */
const finalCountMax = 200

/**
 * Sums over all shards, as clients get them. One that is called final (`Complete-Up-To`) equals the processors' books when it is
 * answered, and each later answer; at the end all of them equal the books and the ledgers.
 *
 * A window is left out if it has an attempt of a payment for which nothing is promised any more: its shard has forgotten it, a person
 * has said how it ended, or a second processor may have it. So it is in runs with clocks that are set.
 */
export class SumChecker {
  readonly #context: SumCheckerContext
  readonly #final: FinalSum[] = []

  constructor(context: SumCheckerContext) {
    this.#context = context
  }

  get final(): readonly Window[] {
    return this.#final
  }

  /** A node has answered. `completeUpToMs` is what it calls final; null: nothing. */
  onAnswered(window: Window, totals: Totals, completeUpToMs: number | null): void {
    const { plan, tally } = this.#context
    const isFinal = completeUpToMs !== null && window.toMs <= completeUpToMs
    if (!isFinal || plan.clockErrorMsMax > 0 || this.#isExcused(window)) return
    tally.finalSums += 1
    this.#compare(window, totals, 'the processors', this.#recorded(window))
    const before = this.#final.find(({ fromMs, toMs }) => fromMs === window.fromMs && toMs === window.toMs)
    if (before !== undefined) return this.#compare(window, totals, 'an earlier answer', before.totals)
    if (this.#final.length < finalCountMax) this.#final.push({ ...window, totals })
  }

  /** Everything is settled. `ledgers`: of all shards. */
  finish(ledgers: readonly Running['engine'][]): void {
    for (const { fromMs, toMs, totals } of this.#final) {
      const window = { fromMs, toMs }
      if (this.#isExcused(window)) continue
      this.#compare(window, totals, 'the processors', this.#recorded(window))
      if (ledgers.some(ledger => ledger.cutEnd(fromMs, toMs) !== undefined)) continue
      const sums = ledgers.map(ledger => ledger.summary(fromMs, toMs))
      const all = totals.map((_, index) => addUp(sums.map(sum => sum[index])))
      this.#compare(window, totals, 'all ledgers together', all)
    }
  }

  #compare({ fromMs, toMs }: Window, totals: Totals, whose: string, others: Totals): void {
    for (const [index, { count, amountCents }] of totals.entries()) {
      const other = others[index]
      if (other?.count === count && other.amountCents === amountCents) continue
      this.#context.trace.blame(
        'window',
        `[${fromMs}, ${toMs}] over all shards is final with ${count} (${amountCents}) at processor ${index}, and ${whose} have ${other?.count} (${other?.amountCents})`,
      )
    }
  }

  #recorded({ fromMs, toMs }: Window): Totals {
    return this.#context.processors.map(({ books }) => books.sum(fromMs, toMs))
  }

  #isExcused(window: Window): boolean {
    return this.#context.posted.all.some(payment => isExcused(payment) && this.#touches(payment, window))
  }

  #touches({ attempts, correlationId }: Posted, { fromMs, toMs }: Window): boolean {
    const isIn = (atMs: number) => atMs >= fromMs && atMs <= toMs
    if (attempts.some(({ requestedAtMs }) => isIn(requestedAtMs))) return true
    return this.#context.processors.some(({ books }) => {
      const row = books.find(correlationId)
      return row >= 0 && isIn(books.requestedAtMs(row))
    })
  }
}

function isExcused({ forgotten, excused, resolved, releasedCount }: Posted): boolean {
  return forgotten || excused || resolved || releasedCount > 0
}

function addUp(sums: readonly (Totals[number] | undefined)[]): Totals[number] {
  let [count, amountCents] = [0, 0]
  for (const sum of sums) {
    count += sum?.count ?? 0
    amountCents += sum?.amountCents ?? 0
  }
  return { count, amountCents }
}
