import type { Ledger } from '@rinha/ledger'
import type { Recorded, Total } from './ask.ts'
import { type Difference, differenceOf, namelessDifference, type Surplus, surplusesOf } from './difference.ts'
import { differenceCountMax } from './limits.ts'

/** Both ends are included, in whole milliseconds. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** A window and the processor's sum of it. */
export interface Summed extends Window {
  readonly theirs: Total
}

/** A processor's record of one payment, or its surplus in a millisecond that no payment explains. */
export type Finding =
  | { readonly row: number; readonly found: Recorded | undefined }
  | { readonly row: null; readonly surplus: Surplus }

/**
 * What one processor's books have, for each payment on which they differ from our ledger. Only the processor's side is
 * stored. Our side is read from the ledger when it is needed, so a payment that settles in between is no longer a
 * difference.
 */
export class Findings {
  readonly #ledger: Ledger
  readonly #processor: number
  /** A new array after every change of the list. */
  all: readonly Finding[] = []

  constructor(ledger: Ledger, processor: number) {
    this.#ledger = ledger
    this.#processor = processor
  }

  /** Which of these findings are a difference now. */
  differencesOf(findings: readonly Finding[]): readonly Difference[] {
    return findings.flatMap(each => this.#differenceOf(each) ?? [])
  }

  get isFull(): boolean {
    return this.differencesOf(this.all).length >= differenceCountMax
  }

  /** Forgets findings that are no longer differences, and findings older than this instant. */
  keepFrom(fromMs: number): void {
    this.all = this.all.filter(each => this.#differenceOf(each) !== undefined && this.#atMs(each) >= fromMs)
  }

  /** Replaces the processor's side of a payment. */
  judge(row: number, found: Recorded | undefined): void {
    const finding = { row, found }
    // If the processor has a payment that may still settle, its sums include it. If it does not have it, it may still
    // get it.
    const isKept =
      this.#differenceOf(finding) !== undefined ||
      (found !== undefined && this.#ledger.has(row) && this.#ledger.isOpen(row))
    const known = this.all.findIndex(each => each.row === row)
    if (isKept) this.#put(known, finding)
    else if (known >= 0) this.all = this.all.toSpliced(known, 1)
  }

  /** Whether that would be listed, and is not. */
  isNews(row: number, found: Recorded | undefined): boolean {
    const isDifference = (each: Finding) => each.row === row && this.#differenceOf(each) !== undefined
    return isDifference({ row, found }) && !this.all.some(isDifference)
  }

  /** Lists a surplus that no payment explains. */
  addNameless(surplus: Surplus): void {
    this.#put(-1, { row: null, surplus })
  }

  /** Removes a finding without an id for this millisecond, because later findings may explain it. */
  dropNameless(atMs: number): void {
    const others = this.all.filter(each => each.row !== null || each.surplus.atMs !== atMs)
    if (others.length < this.all.length) this.all = others
  }

  #put(known: number, finding: Finding): void {
    if (known >= 0) this.all = this.all.with(known, finding)
    else if (!this.isFull) this.all = [...this.all, finding]
  }

  #atMs(finding: Finding): number {
    if (finding.row === null) return finding.surplus.atMs
    if (!this.#ledger.has(finding.row)) return Number.NEGATIVE_INFINITY
    return this.#ledger.requestedAtMs(finding.row) || (finding.found?.requestedAtMs ?? 0)
  }

  #differenceOf(finding: Finding): Difference | undefined {
    return finding.row === null
      ? namelessDifference(finding.surplus)
      : differenceOf(this.#ledger, this.#processor, finding.row, finding.found)
  }

  /** Our payments that the processor must have in the window. */
  ours({ fromMs, toMs }: Window): Total {
    return this.#ledger.summary(fromMs, toMs)[this.#processor] ?? nothing
  }

  /** The surplus of the processor's sum over what is known to be in its books. */
  surplus(window: Summed): Total {
    let surplus = minus(window.theirs, this.ours(window))
    for (const each of this.all)
      for (const one of this.#surplusesOf(each))
        if (one.atMs >= window.fromMs && one.atMs <= window.toMs) surplus = minus(surplus, one)
    return surplus
  }

  #surplusesOf(finding: Finding): readonly Surplus[] {
    return finding.row === null
      ? [finding.surplus]
      : surplusesOf(this.#ledger, this.#processor, finding.row, finding.found)
  }
}

const nothing: Total = { count: 0, amountCents: 0 }

export function minus(one: Total, other: Total): Total {
  return { count: one.count - other.count, amountCents: one.amountCents - other.amountCents }
}

export function isNothing({ count, amountCents }: Total): boolean {
  return count === 0 && amountCents === 0
}

export function isSame(one: Total, other: Total): boolean {
  return isNothing(minus(one, other))
}
