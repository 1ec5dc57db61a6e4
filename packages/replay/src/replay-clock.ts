import type { Fact, LedgerImage } from '@rinha/payment'

/**
 * When something became true, as far as a journal knows it: an acceptance and an attempt have an instant of their own;
 * any other fact has the latest instant before it. A repeated attempt keeps its first instant, so it does not move the
 * clock.
 */
export class ReplayClock {
  nowMs = Number.NEGATIVE_INFINITY

  hear(fact: Fact): void {
    if (fact.kind === 'accepted') this.#pass(fact.acceptedAtMs)
    if (fact.kind === 'sent') this.#pass(fact.requestedAtMs)
  }

  hearImage({ columns, past }: LedgerImage): void {
    const pieces = past === undefined ? columns : [past.stragglers.columns, ...columns]
    if (past !== undefined && past.archivedToMs > 0) this.#pass(past.archivedToMs - 1)
    for (const { count, acceptedAtMs, requestedAtMs } of pieces) {
      for (let index = 0; index < count; index += 1) {
        this.#pass(acceptedAtMs[index] ?? 0)
        this.#pass(requestedAtMs[index] ?? 0)
      }
    }
  }

  #pass(instantMs: number): void {
    if (instantMs > this.nowMs) this.nowMs = instantMs
  }
}
