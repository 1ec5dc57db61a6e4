import type { Ledger } from '@rinha/ledger'
import { parseCorrelationId, paymentState } from '@rinha/payment'
import type { Recorded, Total } from './ask.ts'
import { type Difference, differenceOf, type Effect, effectsOf } from './difference.ts'
import { differenceCountMax } from './limits.ts'

/** Both ends included, in whole milliseconds. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

/** A window and the processor's sum of it. */
export interface Summed extends Window {
  readonly theirs: Total
}

/** What is known of one processor's books: how they differ from ours, and which attempts under way they have already. */
export class Findings {
  readonly #ledger: Ledger
  readonly #processor: number
  #differences: readonly Difference[] = []
  #underWay: { readonly row: number; readonly effect: Effect }[] = []

  constructor(ledger: Ledger, processor: number) {
    this.#ledger = ledger
    this.#processor = processor
  }

  /** Another array whenever something is listed or taken off. */
  get differences(): readonly Difference[] {
    return this.#differences
  }

  set differences(differences: readonly Difference[]) {
    this.#differences = differences
  }

  get isFull(): boolean {
    return this.#differences.length >= differenceCountMax
  }

  forgetUnderWay(): void {
    this.#underWay = []
  }

  /** The processor has what an attempt under way has sent: no difference. */
  addUnderWay(row: number, { requestedAtMs, amountCents }: Recorded): void {
    this.#underWay.push({ row, effect: { atMs: requestedAtMs, count: 1, amountCents } })
  }

  /** Lists how the sides differ over a payment, in place of what was listed of it before. False where they do not. */
  judge(row: number, found: Recorded | undefined): boolean {
    const difference = differenceOf(this.#ledger, this.#processor, row, found)
    if (difference !== undefined) this.add(difference)
    return difference !== undefined
  }

  /** Whether that would be listed, and is not. */
  isNews(row: number, found: Recorded | undefined): boolean {
    const difference = differenceOf(this.#ledger, this.#processor, row, found)
    return difference !== undefined && !this.#differences.some(each => isSame(each, difference))
  }

  add(difference: Difference): void {
    const listed = this.#differences.findIndex(each => isSame(each, difference))
    if (listed >= 0) this.#differences = this.#differences.with(listed, difference)
    else if (!this.isFull) this.#differences = [...this.#differences, difference]
  }

  /** Takes off what is listed of a millisecond without an id: what was found since may explain it. */
  dropNameless(atMs: number): void {
    const others = this.#differences.filter(
      ({ correlationId, theirs }) => correlationId !== null || theirs?.requestedAtMs !== atMs,
    )
    if (others.length < this.#differences.length) this.#differences = others
  }

  /** The row of a listed payment; -1 where it has none. */
  rowOf({ correlationId }: Difference): number {
    const id = correlationId === null ? undefined : parseCorrelationId(correlationId)
    return id === undefined ? -1 : this.#ledger.find(id, 0)
  }

  /** What of ours the processor must have in the window. */
  ours({ fromMs, toMs }: Window): Total {
    return this.#ledger.summary(fromMs, toMs)[this.#processor] ?? nothing
  }

  /** By how much the processor's sum is above what is known to be in its books. */
  surplus(window: Summed): Total {
    const underWay = this.#underWay.filter(({ row }) => this.#ledger.state(row) === paymentState.inFlight)
    const effects = [
      ...underWay.map(({ effect }) => effect),
      ...this.#differences.flatMap(each => effectsOf(each, this.#processor)),
    ]
    let surplus = minus(window.theirs, this.ours(window))
    for (const effect of effects)
      if (effect.atMs >= window.fromMs && effect.atMs <= window.toMs) surplus = minus(surplus, effect)
    return surplus
  }
}

function isSame(one: Difference, other: Difference): boolean {
  return one.correlationId !== null && one.correlationId === other.correlationId
}

const nothing: Total = { count: 0, amountCents: 0 }

export function minus(one: Total, other: Total): Total {
  return { count: one.count - other.count, amountCents: one.amountCents - other.amountCents }
}

export function isNothing({ count, amountCents }: Total): boolean {
  return count === 0 && amountCents === 0
}
