import { type Cancel, ok, type Timers } from '@rinha/base'
import type { ChannelRequests, PaymentReport, RequestAnswer } from '@rinha/channel'
import { type Fact, printCorrelationId } from '@rinha/payment'

/** A request that waits for the end of one payment. */
interface Wait {
  readonly correlationId: Uint8Array
  readonly answer: RequestAnswer<'ending'>
  readonly cancelTimer: Cancel
}

/** Some 300 bytes each. Past it a request is answered at once, as the payment stands. */
const countMaxDefault = 10_000

/**
 * Clients that wait until a payment has ended: settled, rejected, or forgotten by a purge. Each is answered once, then or when
 * its time is up, with what is known by then. An id that nobody has posted is waited for as well: requests overtake payments,
 * and another node may have it.
 */
export class EndingWaits {
  readonly #timers: Pick<Timers, 'after'>
  readonly #report: (correlationId: Uint8Array) => PaymentReport
  readonly #countMax: number
  /** By the payment's id. */
  readonly #waits = new Map<string, Set<Wait>>()
  #count = 0

  constructor(
    timers: Pick<Timers, 'after'>,
    report: (correlationId: Uint8Array) => PaymentReport,
    countMax = countMaxDefault,
  ) {
    this.#timers = timers
    this.#report = report
    this.#countMax = countMax
  }

  get count(): number {
    return this.#count
  }

  /** Returns a function that ends the wait without an answer. */
  add(
    { correlationId, waitMs }: ChannelRequests['ending']['params'],
    answer: RequestAnswer<'ending'>,
  ): Cancel | undefined {
    const report = this.#report(correlationId)
    if (hasEnded(report) || this.#count >= this.#countMax) {
      answer(ok(report))
      return undefined
    }
    const id = printCorrelationId(correlationId)
    const cancelTimer = this.#timers.after(waitMs, () => this.#end(id, wait))
    const wait: Wait = { correlationId, answer, cancelTimer }
    const waits = this.#waits.get(id) ?? new Set()
    this.#waits.set(id, waits.add(wait))
    this.#count += 1
    return () => this.#remove(id, wait)
  }

  /** Facts that are applied. `idOf` is a row's correlationId. */
  onFacts(facts: readonly Fact[], idOf: (row: number) => Uint8Array): void {
    for (const fact of facts) {
      if (fact.kind === 'purged') for (const id of [...this.#waits.keys()]) this.#endAll(id)
      else if (fact.kind === 'settled' || fact.kind === 'rejected' || fact.kind === 'confirmed')
        this.#endAll(printCorrelationId(idOf(fact.row)))
    }
  }

  clear(): void {
    for (const [id, waits] of this.#waits) for (const wait of waits) this.#remove(id, wait)
  }

  #endAll(id: string): void {
    for (const wait of this.#waits.get(id) ?? []) this.#end(id, wait)
  }

  #end(id: string, wait: Wait): void {
    this.#remove(id, wait)
    wait.answer(ok(this.#report(wait.correlationId)))
  }

  #remove(id: string, wait: Wait): void {
    const waits = this.#waits.get(id)
    if (waits?.delete(wait) !== true) return
    if (waits.size === 0) this.#waits.delete(id)
    wait.cancelTimer()
    this.#count -= 1
  }
}

function hasEnded({ state }: PaymentReport): boolean {
  return state === 'settled' || state === 'rejected'
}
