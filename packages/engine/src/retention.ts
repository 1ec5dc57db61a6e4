import type { Time } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type Fact, type PaymentState, paymentState } from '@rinha/payment'
import { ClockSpans } from './clock-spans.ts'
import { leaving } from './leaving.ts'
import { keptMsMin, retiredRowCountMax } from './limits.ts'
import type { EngineOptions } from './options.ts'

/** What leaves memory next. */
export type Retirement = Omit<Extract<Fact, { kind: 'retired' }>, 'kind'>

const { settled, discarded } = paymentState

/**
 * Decides which payments leave memory, and when: those that have ended, oldest first, a slice of {@link retiredRowCountMax} rows at a
 * time. Time is archived as far as is needed for them.
 * - When they are old: accepted and settled more than `retainMs` ago.
 * - When room is short, an eighth: accepted and settled more than {@link keptMsMin} ago.
 * - When a sixteenth is left: accepted so long ago, whenever they have settled. With an archive, whenever they were accepted: their ids
 *   stay known. Without one a payment that is posted again would be charged twice, so nodes rather answer 503.
 *
 * Ages are those of the monotonic clock ({@link ClockSpans}). A payment that is open, or rejected and not discarded, never leaves; those
 * around it do.
 */
export class Retention {
  readonly #ledger: Ledger
  /** Infinity keeps all, whatever room there is. */
  readonly #retainMs: number
  readonly #keptMsMin: number
  readonly #isArchived: boolean
  readonly #fromMs: number
  readonly #clock: ClockSpans

  constructor(
    ledger: Ledger,
    options: Pick<EngineOptions, 'retainMs' | 'keptMsMin' | 'archive' | 'startedAt'>,
  ) {
    this.#ledger = ledger
    this.#retainMs = options.retainMs || Number.POSITIVE_INFINITY
    this.#keptMsMin = options.keptMsMin ?? keptMsMin
    this.#isArchived = options.archive !== undefined
    this.#fromMs = options.startedAt.nowMs + this.#keptMsMin
    this.#clock = new ClockSpans(options.startedAt)
  }

  /** How many more payments can be accepted, once those that have ended have left. */
  get lastingRoomCount(): number {
    return this.#ledger.roomCountWithout(this.#mayLeave ? this.#ledger.endedCount : 0)
  }

  /** Whether payments should leave memory although they are not old. */
  get isRoomShort(): boolean {
    return this.#mayLeave && this.#ledger.roomCount <= this.#ledger.paymentCountMax / 8
  }

  /** Payments in memory that may leave sooner or later. */
  get endedCount(): number {
    return this.#ledger.endedCount
  }

  /** Called before payments are accepted. */
  lookAtClock(time: Time): void {
    this.#clock.look(time, this.#ledger.count)
  }

  /** Undefined where nothing has to leave. */
  next(time: Time): Retirement | undefined {
    this.lookAtClock(time)
    const { nowMs } = time
    const isEarly = !this.#isArchived && nowMs < this.#fromMs
    if (!this.#mayLeave || this.#ledger.endedCount === 0 || isEarly) return undefined
    const old = this.#settledBefore(nowMs - this.#retainMs)
    if (old !== undefined || !this.isRoomShort) return old
    const some = this.#settledBefore(nowMs - this.#keptMsMin)
    if (some !== undefined || this.#ledger.roomCount > this.#ledger.paymentCountMax / 16) return some
    return this.#leaving(this.#isArchived ? nowMs : nowMs - this.#keptMsMin, Number.POSITIVE_INFINITY)
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

  /** What was accepted and settled before an instant of the monotonic clock. */
  #settledBefore(atMs: number): Retirement | undefined {
    return this.#leaving(atMs, this.#clock.secondsOverMs(atMs))
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
    const isOld = (row: number) => this.#clock.acceptedMs(row, ledger.acceptedAtMs(row)) < acceptedBeforeMs
    let row = firstRow
    for (; row < endRow && isOld(row); row += 1) {
      if (ledger.leavesAfterMs(row) >= limitMs) continue
      firstRow = row + 1
      lastMs = Math.max(lastMs, ledger.leavesAfterMs(row))
    }
    if (row < endRow || firstRow > ledger.firstRow) return { firstRow, lastMs }
    const isBehind = (state: PaymentState) => {
      const next = ledger.findState(state, endRow, ledger.count)
      return next >= 0 && isOld(next) && ledger.leavesAfterMs(next) < limitMs
    }
    return { firstRow: isBehind(settled) || isBehind(discarded) ? endRow : firstRow, lastMs }
  }
}

/** 0 where nothing has settled. */
function endOfSecond(ms: number): number {
  return ms < 0 ? 0 : Math.floor(ms / 1000) * 1000 + 1000
}
