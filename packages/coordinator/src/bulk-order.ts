import { assert, type Result } from '@rinha/base'
import type { Engine, Order, OrderProblem } from '@rinha/engine'
import { parseCorrelationId, printCorrelationId } from '@rinha/payment'

/** A person's order about many rejected payments at once. */
export interface BulkOrder {
  readonly kind: Exclude<Order['kind'], 'resolve'>
  /** These correlationIds, all rejected payments, or those that were rejected for exactly this reason. Discarded ones are left out. */
  readonly which: { readonly ids: readonly string[] } | { readonly all: true } | { readonly reason: string }
}

export interface BulkResult {
  readonly changedCount: number
  /** The order was carried out before. */
  readonly unchangedCount: number
  readonly refusedCount: number
  /** The first {@link refusedCountMax} payments of those that were named and refused. */
  readonly refused: readonly { readonly correlationId: string; readonly detail: string }[]
}

/** Payments of a slice: less than a millisecond of a turn. */
export const sliceCount = 500
const refusedCountMax = 20

/** The orders that a bulk order stands for, a slice at a time; each is made from what there is when it is asked for. */
export function* slicesOf(
  { kind, which }: BulkOrder,
  engine: Pick<Engine, 'page' | 'correlationId'>,
): Generator<readonly Order[], void, void> {
  if ('ids' in which) {
    const ids = [...new Set(which.ids.map(id => id.toLowerCase()))]
    for (let from = 0; from < ids.length; from += sliceCount)
      yield ids.slice(from, from + sliceCount).map(id => ({ kind, correlationId: idOf(id) }))
    return
  }
  const reason = 'reason' in which ? which.reason : undefined
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = engine.page({ state: 'rejected', reason, cursor, limitCount: sliceCount })
    // A purge ended the order: payments that are rejected now are not part of it.
    if (!page.ok) return
    yield page.value.rows.map(row => ({ kind, correlationId: engine.correlationId(row) }))
    cursor = page.value.nextCursor
  }
}

/** The results of the order so far. */
export class BulkTally {
  changedCount = 0
  #unchangedCount = 0
  #refusedCount = 0
  readonly #refused: BulkResult['refused'][number][] = []

  add({ correlationId }: Order, judged: Result<unknown, OrderProblem>): void {
    if (judged.ok) {
      if (judged.value === undefined) this.#unchangedCount += 1
      else this.changedCount += 1
      return
    }
    this.#refusedCount += 1
    if (this.#refused.length < refusedCountMax)
      this.#refused.push({ correlationId: printCorrelationId(correlationId), detail: judged.error.detail })
  }

  get result(): BulkResult {
    return {
      changedCount: this.changedCount,
      unchangedCount: this.#unchangedCount,
      refusedCount: this.#refusedCount,
      refused: this.#refused,
    }
  }
}

function idOf(id: string): Uint8Array {
  const correlationId = parseCorrelationId(id)
  assert(correlationId !== undefined, 'who takes an order has read its ids')
  return correlationId
}
