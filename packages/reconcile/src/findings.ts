import { isOpen } from '@rinha/payment'
import type { Total } from './ask.ts'
import {
  type Difference,
  differenceOf,
  type Known,
  namelessDifference,
  type Surplus,
  surplusesOf,
} from './difference.ts'
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
export type Finding = Known | { readonly correlationId: null; readonly surplus: Surplus }

/**
 * What one processor's books have, for each payment on which they differ from our ledger. Our side of a payment is what was
 * last asked of the ledger, and is asked again each time sums are compared. So a payment that settles in between is no longer
 * a difference.
 */
export class Findings {
  readonly #processor: string
  /** A new array after every change of the list. */
  all: readonly Finding[] = []

  constructor(processor: string) {
    this.#processor = processor
  }

  /** Which of these findings are a difference, as far as was asked. */
  differencesOf(findings: readonly Finding[]): readonly Difference[] {
    return findings.flatMap(each => this.#differenceOf(each) ?? [])
  }

  get isFull(): boolean {
    return this.differencesOf(this.all).length >= differenceCountMax
  }

  /** Forgets findings that are no longer differences, and findings older than this instant. */
  keepFrom(fromMs: number): void {
    this.all = this.all.filter(each => this.#differenceOf(each) !== undefined && atMsOf(each) >= fromMs)
  }

  /** Replaces both sides of a payment. */
  judge(finding: Known): void {
    const { found, now } = finding
    // If the processor has a payment that may still settle, its sums include it. If it does not have it, it may still
    // get it.
    const isKept =
      this.#differenceOf(finding) !== undefined || (found !== undefined && now !== null && isOpen(now.state))
    const known = this.all.findIndex(each => isSamePayment(each, finding))
    if (isKept) this.#put(known, finding)
    else if (known >= 0) this.all = this.all.toSpliced(known, 1)
  }

  /** Whether that would be listed, and is not. */
  isNews(finding: Known): boolean {
    return (
      this.#differenceOf(finding) !== undefined &&
      !this.all.some(each => isSamePayment(each, finding) && this.#differenceOf(each) !== undefined)
    )
  }

  /** Lists a surplus that no payment explains. */
  addNameless(surplus: Surplus): void {
    this.#put(-1, { correlationId: null, surplus })
  }

  /** Removes a finding without an id for this millisecond, because later findings may explain it. */
  dropNameless(atMs: number): void {
    const others = this.all.filter(each => each.correlationId !== null || each.surplus.atMs !== atMs)
    if (others.length < this.all.length) this.all = others
  }

  #put(known: number, finding: Finding): void {
    if (known >= 0) this.all = this.all.with(known, finding)
    else if (!this.isFull) this.all = [...this.all, finding]
  }

  #differenceOf(finding: Finding): Difference | undefined {
    return finding.correlationId === null
      ? namelessDifference(finding.surplus)
      : differenceOf(this.#processor, finding)
  }

  /** The surplus of the processor's sum over what is known to be in its books. `ours`: our sum of the window. */
  surplus(window: Summed, ours: Total): Total {
    let surplus = minus(window.theirs, ours)
    for (const each of this.all)
      for (const one of this.#surplusesOf(each))
        if (one.atMs >= window.fromMs && one.atMs <= window.toMs) surplus = minus(surplus, one)
    return surplus
  }

  #surplusesOf(finding: Finding): readonly Surplus[] {
    return finding.correlationId === null ? [finding.surplus] : surplusesOf(this.#processor, finding)
  }
}

/** Those of single payments. */
export function named(findings: readonly Finding[]): readonly Known[] {
  return findings.filter(each => each.correlationId !== null)
}

function isSamePayment({ correlationId: one }: Finding, { correlationId: other }: Known): boolean {
  return one?.every((byte, at) => byte === other[at]) === true
}

function atMsOf(finding: Finding): number {
  if (finding.correlationId === null) return finding.surplus.atMs
  const { found, now } = finding
  return now === null ? Number.NEGATIVE_INFINITY : now.requestedAtMs || (found?.requestedAtMs ?? 0)
}

export function minus(one: Total, other: Total): Total {
  return { count: one.count - other.count, amountCents: one.amountCents - other.amountCents }
}

export function isNothing({ count, amountCents }: Total): boolean {
  return count === 0 && amountCents === 0
}

export function isSame(one: Total, other: Total): boolean {
  return isNothing(minus(one, other))
}
