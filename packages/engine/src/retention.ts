import type { Time } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type Fact, paymentState } from '@rinha/payment'
import { ForwardSteps } from './forward-steps.ts'
import { leaving } from './leaving.ts'
import { keptMsMin, retiredRowCountMax } from './limits.ts'
import type { EngineOptions } from './options.ts'

/** What leaves memory next. */
export type Retirement = Omit<Extract<Fact, { kind: 'retired' }>, 'kind'>

const { settled } = paymentState

/**
 * Decides which payments leave memory, and when: those that have ended, oldest first, a slice of {@link retiredRowCountMax} rows at a
 * time.
 * - When they are old: accepted more than `retainMs` ago. Time before that is archived. A payment leaves {@link keptMsMin} after
 *   its age has come, because it settles a while after it was accepted.
 * - When room is short, an eighth: then all that was accepted {@link keptMsMin} ago may leave. Time is archived as far as is needed
 *   for that; while more than a sixteenth is left, not beyond that age.
 *
 * Age is that of the wall clock, less what it was set forward by since ({@link ForwardSteps}): else all would leave at once, and with no
 * archive a payment that is posted again a second later would be charged twice. A payment that is open, or rejected and not discarded, never leaves; those around it do.
 */
export class Retention {
  readonly #ledger: Ledger
  /** Infinity keeps all, whatever room there is. */
  readonly #retainMs: number
  readonly #keptMsMin: number
  readonly #fromMs: number
  readonly #steps: ForwardSteps

  constructor(ledger: Ledger, options: Pick<EngineOptions, 'retainMs' | 'keptMsMin' | 'startedAt'>) {
    this.#ledger = ledger
    this.#retainMs = options.retainMs || Number.POSITIVE_INFINITY
    this.#keptMsMin = options.keptMsMin ?? keptMsMin
    this.#fromMs = options.startedAt.nowMs + this.#keptMsMin
    this.#steps = new ForwardSteps(options.startedAt)
  }

  /** How many more payments can be accepted, once those that have ended have left. */
  get lastingRoomCount(): number {
    return this.#ledger.roomCountWithout(this.#mayLeave ? this.#ledger.endedCount : 0)
  }

  /** Whether payments should leave memory although they are not old. */
  get isRoomShort(): boolean {
    return this.#mayLeave && this.#ledger.roomCount <= this.#ledger.paymentCountMax / 8
  }

  /** Undefined where nothing has to leave. */
  next(time: Time): Retirement | undefined {
    const { nowMs, wallMs } = time
    this.#steps.look(time)
    if (!this.#mayLeave || this.#ledger.endedCount === 0 || nowMs < this.#fromMs) return undefined
    const archivedToMs = wholeSecond(
      wallMs - this.#steps.sumMs(nowMs, this.#retainMs + this.#keptMsMin) - this.#retainMs,
    )
    const old = this.#upTo(archivedToMs, archivedToMs - this.#keptMsMin)
    if (old !== undefined) return old
    if (!this.isRoomShort) return undefined
    const latestMs = wholeSecond(wallMs - this.#steps.sumMs(nowMs, this.#keptMsMin)) - this.#keptMsMin
    const some = this.#upTo(Math.min(latestMs, this.#lastSettledMs(latestMs)), latestMs)
    if (some !== undefined) return some
    if (this.#ledger.roomCount > this.#ledger.paymentCountMax / 16) return undefined
    return this.#upTo(this.#lastSettledMs(latestMs), latestMs)
  }

  /** The payments that leave with it. */
  leaving(retirement: Retirement): ReturnType<typeof leaving> {
    return leaving(this.#ledger, retirement)
  }

  /** How often every payment was forgotten: the archive's generation. */
  get purgeCount(): number {
    return this.#ledger.forgotten.count
  }

  get #mayLeave(): boolean {
    return this.#retainMs < Number.POSITIVE_INFINITY
  }

  /** A slice of rows that were accepted before an instant, if there are any; otherwise the stragglers that may leave. */
  #upTo(wantedToMs: number, acceptedBeforeMs: number): Retirement | undefined {
    const ledger = this.#ledger
    const archivedToMs = Math.max(ledger.archivedToMs, wantedToMs)
    const firstRow = this.#endOfSlice(acceptedBeforeMs)
    const retirement = { firstRow, archivedToMs }
    return firstRow > ledger.firstRow || this.#hasLeavingStraggler(archivedToMs) ? retirement : undefined
  }

  #endOfSlice(acceptedBeforeMs: number): number {
    const ledger = this.#ledger
    const endRow = Math.min(ledger.count, ledger.firstRow + retiredRowCountMax)
    let row = ledger.firstRow
    while (row < endRow && ledger.acceptedAtMs(row) < acceptedBeforeMs) row += 1
    return row
  }

  #hasLeavingStraggler(archivedToMs: number): boolean {
    const ledger = this.#ledger
    for (const row of ledger.rows()) {
      if (row >= ledger.firstRow) return false
      if (ledger.leaves(row, archivedToMs)) return true
    }
    return false
  }

  /** The end of the second in which the last of a slice has settled, and, if that has no row, of the stragglers. */
  #lastSettledMs(acceptedBeforeMs: number): number {
    const ledger = this.#ledger
    const endRow = this.#endOfSlice(acceptedBeforeMs)
    const isSlice = endRow > ledger.firstRow
    let lastMs = -1
    for (const row of ledger.rows()) {
      if (row >= endRow) break
      if (isSlice && row < ledger.firstRow) continue
      if (ledger.state(row) === settled) lastMs = Math.max(lastMs, ledger.requestedAtMs(row))
    }
    return wholeSecond(lastMs) + 1000
  }
}

function wholeSecond(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000) * 1000)
}
