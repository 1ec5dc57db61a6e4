import type { Engine, Retirement } from '@rinha/engine'
import { parseCorrelationId } from '@rinha/payment'
import { hasArchive, type Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

interface RetentionContext {
  readonly plan: Plan
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly onForgotten: (posted: Posted) => void
}

/** A step of the wall clock that is smaller than this is not noticed, and makes a payment as much older or younger. */
const unseenStepMs = 1000

/**
 * Watches payments leave the ledger: each is settled or discarded, and no other one is missed afterwards. If there is an archive,
 * it has the payment as it is. If there is none, the payment is old enough to be forgotten: `retainMs`, or `keptMsMin` where an
 * eighth of the room is left, or was when those around it left. None leaves within `keptMsMin` after the start.
 */
export class RetentionWatch {
  readonly #context: RetentionContext
  readonly #engine: Engine
  readonly #startedAtMs: number
  /** By row, monotonic. */
  readonly #acceptedAtMs: number[]
  #keptCount = 0
  /** Rows before this one had stayed behind. */
  #firstRow = 0

  constructor(context: RetentionContext, engine: Engine, startedAtMs: number) {
    this.#context = context
    this.#engine = engine
    this.#startedAtMs = startedAtMs
    this.#acceptedAtMs = new Array<number>(engine.acceptedCount).fill(Number.NEGATIVE_INFINITY)
  }

  /** After every step. */
  onStepped(nowMs: number): void {
    const { acceptedCount } = this.#engine
    if (acceptedCount < this.#acceptedAtMs.length) {
      this.#acceptedAtMs.length = 0
      this.#firstRow = 0
    }
    while (this.#acceptedAtMs.length < acceptedCount) this.#acceptedAtMs.push(nowMs)
  }

  /** Before the step. */
  onRetire(retirement: Retirement, nowMs: number): void {
    const rows = [...this.#engine.retention.leaving(retirement)].map(({ row }) => row)
    this.#keptCount = this.#engine.keptCount - rows.length
    for (const row of rows) this.#check(row, nowMs)
    this.#firstRow = retirement.firstRow
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

  #check(row: number, nowMs: number): void {
    const { plan, posted, trace } = this.#context
    const { correlationId, state } = this.#engine.payment(row)
    const payment = posted.of(parseCorrelationId(correlationId) ?? new Uint8Array(16))
    trace.note('leaves', payment.number)
    if (state !== 'settled' && state !== 'discarded')
      return trace.blame('retention', `payment ${payment.number} leaves, and is ${state}`)
    if (hasArchive(plan)) return this.#checkArchived(row, payment)
    this.#checkAge(row, payment, nowMs)
    this.#context.onForgotten(payment)
  }

  #checkArchived(row: number, { number, correlationId }: Posted): void {
    const { state, requestedAtMs, processor } = this.#engine.payment(row)
    const archived = this.#engine.known.archived(correlationId, 0)
    const isSame =
      archived?.state === state &&
      archived.processor === processor &&
      (archived.requestedAtMs || null) === requestedAtMs
    if (!isSame)
      this.#context.trace.blame(
        'retention',
        `payment ${number} leaves as ${state}, and the archive has ${JSON.stringify(archived)}`,
      )
  }

  #checkAge(row: number, { number }: Posted, nowMs: number): void {
    const { retainMs, keptMsMin, rememberedCountMax, clockErrorMsMax } = this.#context.plan
    const isRoomShort = this.#engine.roomCount <= rememberedCountMax / 8
    const ageMsMin = isRoomShort || row < this.#firstRow ? Math.min(retainMs, keptMsMin) : retainMs
    const slackMs = clockErrorMsMax > 0 ? unseenStepMs : 1
    const ageMs = nowMs - (this.#acceptedAtMs[row] ?? nowMs)
    if (ageMs < ageMsMin - slackMs || nowMs - this.#startedAtMs < keptMsMin)
      this.#context.trace.blame('retention', `payment ${number} is forgotten after ${ageMs} ms`)
  }
}
