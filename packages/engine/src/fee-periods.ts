import { assert } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { feePeriodCountMax } from './limits.ts'

/** The fee of each processor for attempts with a requestedAt at or after this instant, a whole second, until the next period begins. */
export interface FeePeriod {
  readonly fromMs: number
  /** The fees, by the processor's name. */
  readonly feeBps: { readonly [processor: string]: number }
}

/**
 * The money of the payments that settled at a processor, at the fees in force when they were sent. In cents, with
 * fractions.
 */
export interface Money {
  /** The part that the processor kept. */
  readonly feesCents: number
  /** The part that the processor left to us. */
  readonly earningsCents: number
  /** The part that it kept beyond what the cheapest processor of the period would have kept. */
  readonly excessFeesCents: number
}

export const noMoney = { feesCents: 0, earningsCents: 0, excessFeesCents: 0 }

export interface LaneFee {
  readonly name: string
  readonly feeBps: number
}

/**
 * Which fees were in force when. Money is what the ledger has settled in each period, at the fees of that period: a fee that
 * changes prices nothing anew, and whoever has the ledger and the periods has the money.
 *
 * F1. A period begins after every attempt that was made before it, also where the wall clock was set back. So no attempt
 *     changes its fee, and what a processor has kept never becomes less, but by a purge.
 * F2. A period begins with a whole second: new fees hold from the next one on. Archived time is known by whole seconds, so money is
 *     exact there, too.
 */
export class FeePeriods {
  #all: readonly FeePeriod[]

  /** `found`: of an earlier process. The first period begins at 0, before everything. */
  constructor(found: readonly FeePeriod[], fees: readonly LaneFee[], ledger: Ledger, wallMs: number) {
    this.#all = found
    this.begin(fees, ledger, wallMs)
  }

  get all(): readonly FeePeriod[] {
    return this.#all
  }

  /** Whether there is room for these, or they are in force already. */
  canBegin(fees: readonly LaneFee[]): boolean {
    return this.#all.length < feePeriodCountMax || this.#isInForce(fees)
  }

  /** Begins a period with these fees at the next whole second. It does nothing if they are in force already. */
  begin(fees: readonly LaneFee[], ledger: Ledger, wallMs: number): void {
    if (this.#isInForce(fees)) return
    const last = this.#all.at(-1)
    // A processor that is no longer named keeps its last fee.
    const feeBps = { ...last?.feeBps, ...Object.fromEntries(fees.map(fee => [fee.name, fee.feeBps])) }
    const lastMs = Math.max(wallMs, ledger.latestSentMs)
    const fromMs = last === undefined ? 0 : Math.max(Math.floor(lastMs / 1000) * 1000 + 1000, last.fromMs)
    const before = fromMs === last?.fromMs ? this.#all.slice(0, -1) : this.#all
    this.#all = [...before, { fromMs, feeBps }]
  }

  /** Forgets all periods but the last one, after a purge. */
  forget(): void {
    this.#all = this.#all.slice(-1).map(last => ({ ...last, fromMs: 0 }))
  }

  /** The money of each of these processors, in the order of the ledger's. */
  money(ledger: Ledger, names: readonly string[]): readonly Money[] {
    const money = names.map(() => ({ ...noMoney }))
    for (const [index, { fromMs, feeBps }] of this.#all.entries()) {
      const next = this.#all[index + 1]
      const totals = ledger.summary(fromMs, next === undefined ? null : next.fromMs - 1)
      const bps = names.map(name => feeBps[name] ?? this.#bpsOf(name))
      const cheapestBps = Math.min(...bps)
      for (const [processor, sum] of money.entries()) {
        const amountCents = totals[processor]?.amountCents ?? 0
        const itsBps = bps[processor] ?? 0
        sum.feesCents += (amountCents * itsBps) / 10_000
        sum.earningsCents += (amountCents * (10_000 - itsBps)) / 10_000
        sum.excessFeesCents += (amountCents * (itsBps - cheapestBps)) / 10_000
      }
    }
    return money
  }

  #isInForce(fees: readonly LaneFee[]): boolean {
    const last = this.#all.at(-1)
    return last !== undefined && fees.every(({ name, feeBps }) => last.feeBps[name] === feeBps)
  }

  /** The first that is known of it, where it was not named in a period. */
  #bpsOf(name: string): number {
    const bps = this.#all.find(each => each.feeBps[name] !== undefined)?.feeBps[name]
    assert(bps !== undefined, 'every processor has a fee')
    return bps
  }
}
