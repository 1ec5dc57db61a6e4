import type { Time } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type Fact, type PaymentState, paymentState } from '@rinha/payment'
import { ForwardSteps } from './forward-steps.ts'
import { leaving } from './leaving.ts'
import { keptMsMin, retiredRowCountMax } from './limits.ts'
import type { EngineOptions } from './options.ts'

/** What leaves memory next. */
export type Retirement = Omit<Extract<Fact, { kind: 'retired' }>, 'kind'>

const { settled, discarded } = paymentState

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
    const old = this.#leaving(archivedToMs - this.#keptMsMin, archivedToMs)
    if (old !== undefined || !this.isRoomShort) return old
    const latestMs = wholeSecond(wallMs - this.#steps.sumMs(nowMs, this.#keptMsMin)) - this.#keptMsMin
    const some = this.#leaving(latestMs, latestMs)
    if (some !== undefined || this.#ledger.roomCount > this.#ledger.paymentCountMax / 16) return some
    return this.#leaving(latestMs, Number.POSITIVE_INFINITY)
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

  /**
   * Of the payments that were accepted before an instant, the oldest that may leave when time is archived up to a limit: a slice
   * of rows, up to the last one that leaves, or what has settled in one second of those that had stayed behind.
   */
  #leaving(acceptedBeforeMs: number, archivedToMsMax: number): Retirement | undefined {
    const ledger = this.#ledger
    const archivedTo = (lastMs: number) => Math.max(ledger.archivedToMs, endOfSecond(lastMs))
    const limitMs = Math.max(ledger.archivedToMs, archivedToMsMax)
    const { firstRow, lastMs } = this.#slice(acceptedBeforeMs, limitMs)
    const isSlice = firstRow > ledger.firstRow
    const { stragglersLeaveAfterMs: oldestMs } = ledger
    if (oldestMs < limitMs && !(isSlice && archivedTo(lastMs) <= archivedTo(oldestMs)))
      return { firstRow: ledger.firstRow, archivedToMs: archivedTo(oldestMs) }
    return isSlice ? { firstRow, archivedToMs: archivedTo(lastMs) } : undefined
  }

  /** The end of a slice, and when the last in it that leaves has settled. Payments that stay are passed over only for one behind them that leaves. */
  #slice(acceptedBeforeMs: number, limitMs: number): { firstRow: number; lastMs: number } {
    const ledger = this.#ledger
    let [firstRow, lastMs] = [ledger.firstRow, Number.NEGATIVE_INFINITY]
    const endRow = Math.min(ledger.count, firstRow + retiredRowCountMax)
    const leaves = (row: number) =>
      ledger.acceptedAtMs(row) < acceptedBeforeMs && ledger.leavesAfterMs(row) < limitMs
    for (let row = firstRow; row < endRow && ledger.acceptedAtMs(row) < acceptedBeforeMs; row += 1) {
      if (!leaves(row)) continue
      firstRow = row + 1
      lastMs = Math.max(lastMs, ledger.leavesAfterMs(row))
    }
    const isBehind = (state: PaymentState) => {
      const row = ledger.findState(state, endRow, ledger.count)
      return row >= 0 && leaves(row)
    }
    const isPassed = firstRow === ledger.firstRow && (isBehind(settled) || isBehind(discarded))
    return { firstRow: isPassed ? endRow : firstRow, lastMs }
  }
}

function wholeSecond(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000) * 1000)
}

/** 0 where nothing has settled. */
function endOfSecond(ms: number): number {
  return ms < 0 ? 0 : wholeSecond(ms) + 1000
}
