import type { Engine, Retirement } from '@rinha/engine'
import { parseCorrelationId } from '@rinha/payment'
import type { PostedPayments } from './posted.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

interface RetentionContext {
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
}

/**
 * Watches payments leave the ledger: each is settled or discarded, the archive has it as it is, and no other one is missed
 * afterwards.
 */
export class RetentionWatch {
  readonly #context: RetentionContext
  readonly #engine: Engine
  #keptCount = 0

  constructor(context: RetentionContext, engine: Engine) {
    this.#context = context
    this.#engine = engine
  }

  /** Before the step. */
  onRetire(retirement: Retirement): void {
    const rows = [...this.#engine.retention.leaving(retirement)].map(({ row }) => row)
    this.#keptCount = this.#engine.keptCount - rows.length
    for (const row of rows) this.#check(row)
    this.#context.tally.retired += rows.length
  }

  /** After the step. */
  onRetired(): void {
    if (this.#engine.keptCount !== this.#keptCount)
      this.#context.trace.blame(
        'retention',
        `${this.#engine.keptCount} payments are in memory, and should be ${this.#keptCount}`,
      )
  }

  #check(row: number): void {
    const { posted, trace } = this.#context
    const { correlationId, state, requestedAtMs, processor } = this.#engine.payment(row)
    const id = parseCorrelationId(correlationId) ?? new Uint8Array(16)
    const { number } = posted.of(id)
    trace.note('leaves', number)
    if (state !== 'settled' && state !== 'discarded')
      return trace.blame('retention', `payment ${number} leaves, and is ${state}`)
    const archived = this.#engine.known.archived(id, 0)
    const isSame =
      archived?.state === state &&
      archived.processor === processor &&
      (archived.requestedAtMs || null) === requestedAtMs
    if (!isSame)
      trace.blame(
        'retention',
        `payment ${number} leaves as ${state}, and the archive has ${JSON.stringify(archived)}`,
      )
  }
}
