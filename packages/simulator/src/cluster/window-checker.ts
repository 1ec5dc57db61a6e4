import type { Prng } from '@rinha/base'
import type { Engine } from '@rinha/engine'
import type { BooksTotal } from '@rinha/processor-model'
import type { CheckersContext } from './checkers.ts'
import type { Posted } from './posted.ts'

/** A processor's books, or a part of them. */
export interface Summed {
  sum(fromMs: number, toMs: number): BooksTotal
}

type WindowContext = Pick<CheckersContext, 'recorded' | 'posted' | 'trace' | 'tally'>

/** Windows compared at each look. */
const windowsPerCheck = 6
/** An instant before every requestedAt of a run. */
const startMs = 1_700_000_000_000

/**
 * Compares the ledger's sums with the processors' books. In a window without an attempt of an open payment both agree to the
 * cent. The windows begin and end at requestedAts of real attempts, where a count is most easily wrong by one.
 */
export class WindowChecker {
  readonly #context: WindowContext
  readonly #prng: Prng
  /** Windows have ends at whole seconds in every other check, where time is archived. */
  #wantsSeconds = false

  constructor(context: WindowContext, prng: Prng) {
    this.#context = context
    this.#prng = prng
  }

  /** Compares windows that begin after `sinceMs`, each cut short before the first attempt of an open payment. */
  check(
    engine: Pick<Engine, 'summary'> & Partial<Pick<Engine, 'cutEnd'>>,
    open: readonly Iterable<Posted>[],
    sinceMs: number,
  ): void {
    const { posted, tally } = this.#context
    const all = posted.all
    this.#wantsSeconds = !this.#wantsSeconds && engine.cutEnd?.(startMs + 500, null) !== undefined
    for (let count = 0; count < windowsPerCheck && all.length > 0; count += 1) {
      const fromMs = this.#edge(all)
      const wantedMs = count === 0 ? fromMs : this.#edge(all)
      if (fromMs <= sinceMs || wantedMs < fromMs) continue
      const toMs = Math.min(wantedMs, firstOpenMs(open, fromMs) - 1)
      // An end within a second of archived time has no exact sum.
      if (toMs < fromMs || engine.cutEnd?.(fromMs, toMs) !== undefined) continue
      tally.windows += 1
      this.#compare(engine, fromMs, toMs)
    }
  }

  /** Everything is settled, so the sums must contain every record. */
  finish(engine: Pick<Engine, 'summary'>): void {
    this.#compare(engine, startMs, Number.POSITIVE_INFINITY)
  }

  #compare(engine: Pick<Engine, 'summary'>, fromMs: number, toMs: number): void {
    const totals = engine.summary(fromMs, toMs === Number.POSITIVE_INFINITY ? null : toMs)
    for (const [index, books] of this.#context.recorded.entries()) {
      const own = books.sum(fromMs, toMs)
      const ours = totals[index]
      if (own.count === ours?.count && own.amountCents === ours.amountCents) continue
      this.#context.trace.blame(
        'window',
        `[${fromMs}, ${toMs}]: processor ${index} has ${own.count} (${own.amountCents}), the ledger ${ours?.count} (${ours?.amountCents})`,
      )
    }
  }

  #edge(all: readonly Posted[]): number {
    const edgeMs = this.#prng.pick(all).attempts.at(-1)?.requestedAtMs ?? 0
    return this.#wantsSeconds ? Math.floor(edgeMs / 1000) * 1000 : edgeMs
  }
}

/** The first requestedAt, from this instant on, of a payment whose fate is open. */
function firstOpenMs(open: readonly Iterable<Posted>[], fromMs: number): number {
  let firstMs = Number.POSITIVE_INFINITY
  for (const payments of open) {
    for (const { attempts } of payments) {
      for (const { requestedAtMs } of attempts) {
        if (requestedAtMs >= fromMs && requestedAtMs < firstMs) firstMs = requestedAtMs
      }
    }
  }
  return firstMs
}
