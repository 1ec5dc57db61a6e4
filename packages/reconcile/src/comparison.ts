import type { Ledger } from '@rinha/ledger'
import { paymentState } from '@rinha/payment'
import {
  type Asking,
  askLookUp,
  askSummary,
  CannotCompare,
  type Recorded,
  type Told,
  type Total,
} from './ask.ts'
import type { Difference } from './difference.ts'
import { type Finding, Findings, isNothing, isSame, minus, type Summed, type Window } from './findings.ts'
import {
  archivingMs,
  callCountMax,
  oldAttemptCountMax,
  purgedCountMin,
  purgeMixMs,
  rowsPerTurn,
  searchTriesMax,
  type Work,
  youngMs,
} from './limits.ts'
import { rowsOpenAt, rowsSentAt, rowsUnderWay } from './own-rows.ts'

/** The result of a run. */
export interface Compared extends Window {
  readonly ours: Total
  readonly theirs: Total
  /** What the processor's sum has beyond ours and beyond the listed differences: the list was too short. */
  readonly remainder: Total
  /** The processor was purged: before this instant its books are empty, and they were not. */
  readonly purgedToMs: number | null
}

/** The books moved while they were compared. */
class Moved extends Error {}

/**
 * Our ledger against the books of one processor, over all that both must have. A processor tells sums of windows and single
 * payments by their ids, nothing else. So a window whose sums differ is halved until a millisecond is left, and what of ours
 * was sent in it is looked up.
 *
 * What must be equal: theirs, and ours that settled + what the known differences come to + attempts under way that they have.
 * So a second difference shows beside a first one, also where the two cancel each other. Differences that are not known and
 * cancel each other, in count and in cents, show in no window that holds both: therefore windows that are equal are halved,
 * too, the largest first, as many as {@link Work} allows, and settled payments are looked up in turn, from run to run.
 *
 * Invariants, which tests cite:
 *   R1. A difference is listed only when its payment was looked up, or its millisecond asked for by itself, and the sum of the
 *       whole window stood still meanwhile, on both sides.
 *   R2. The window ends before the first attempt that may still be recorded; one that is under way for long is looked up.
 *   R3. It begins with the first payment that this ledger has, after all that it has forgotten, and after archived time, of which
 *       single payments have left. A run in the course of which time of its window is archived ends without a
 *       result.
 *   R4. No run makes more than {@link callCountMax} calls, but for the look-ups in turn, and no list grows past its limit.
 */
export class Comparison {
  readonly #ledger: Ledger
  readonly #processor: number
  readonly #found: Findings
  /** The next row for the look-ups in turn. */
  #cursor = 0
  #callCount = 0

  constructor(ledger: Ledger, processor: number) {
    this.#ledger = ledger
    this.#processor = processor
    this.#found = new Findings(ledger, processor)
  }

  get findings(): readonly Finding[] {
    return this.#found.all
  }

  /** Which of these findings are a difference now. */
  differencesOf(findings: readonly Finding[]): readonly Difference[] {
    return this.#found.differencesOf(findings)
  }

  /** Begins anew after a purge. */
  forget(): void {
    this.#found.all = []
    this.#cursor = 0
  }

  /** Undefined if there is nothing that both sides must have. `onProgress` gets the findings so far. */
  *run(wallMs: number, work: Work, onProgress: (compared: Compared) => void): Asking<Compared | undefined> {
    this.#callCount = 0
    const wanted = this.#window(wallMs)
    if (wanted === undefined) return undefined
    const purgedToMs = yield* this.#purgedTo(wanted)
    const window = purgedToMs === null ? wanted : { ...wanted, fromMs: purgedToMs + purgeMixMs }
    yield* this.#lookAgain(window)
    if (window.fromMs > window.toMs)
      throw new CannotCompare('its books are empty, and were not: it was purged')
    const compared = (whole: Summed): Compared => ({
      ...whole,
      ours: this.#found.ours(whole),
      remainder: this.#found.surplus(whole),
      purgedToMs,
    })
    onProgress(compared(yield* this.#search(window, 0)))
    // If every payment is looked up anyway, equal windows need not be halved.
    if (this.#found.ours(window).count > work.lookUpCount)
      onProgress(compared(yield* this.#search(window, work.windowCount)))
    const before = this.#found.all
    yield* this.#lookUpInTurn(work.lookUpCount, window)
    // A new finding may explain a surplus without an id, and may uncover a difference that it had cancelled.
    if (this.#found.all !== before) yield* this.#explainAgain()
    return compared(yield* this.#search(window, this.#found.all === before ? 0 : work.windowCount))
  }

  /** R2, R3. */
  #window(wallMs: number): Window | undefined {
    const ledger = this.#ledger
    const [firstRow] = ledger.rows()
    if (firstRow === undefined) return undefined
    const beginMs = Math.max(ledger.acceptedAtMs(firstRow), ledger.forgotten.toMs + 1)
    const fromMs = ledger.archivedToMs === 0 ? beginMs : ledger.archivedToMs + archivingMs
    const sentAtMs = rowsUnderWay(ledger, this.#processor).map(row => ledger.requestedAtMs(row))
    const youngAtMs = sentAtMs.find((atMs, index) => atMs > wallMs - youngMs || index === oldAttemptCountMax)
    const toMs = Math.min(wallMs, youngAtMs ?? wallMs) - 1
    return fromMs > toMs ? undefined : { fromMs, toMs }
  }

  /** The last instant before which the processor has forgotten all, or null. */
  *#purgedTo(window: Window): Asking<number | null> {
    const { theirs } = yield* this.#sum(window)
    const ours = this.#found.ours(window)
    if (theirs.count === 0 && ours.count > 1) return window.toMs
    if (ours.count - theirs.count < purgedCountMin) return null
    let [emptyToMs, toMs] = [window.fromMs - 1, window.toMs]
    while (toMs - emptyToMs > 1) {
      const middleMs = Math.floor((emptyToMs + toMs) / 2)
      const { theirs: first } = yield* this.#sum({ fromMs: window.fromMs, toMs: middleMs })
      if (first.count === 0) emptyToMs = middleMs
      else toMs = middleMs
    }
    const lost = this.#found.ours({ fromMs: window.fromMs, toMs: emptyToMs })
    return lost.count < purgedCountMin ? null : emptyToMs + 1
  }

  /** Compares a window, down to single payments, and answers the processor's sum of it. */
  *#search(window: Window, windowCount: number): Asking<Summed> {
    for (let tries = 0; tries < searchTriesMax; tries += 1) {
      const before = this.#found.all
      try {
        const whole = yield* this.#sum(window)
        yield* this.#halve(whole, windowCount)
        if (this.#found.all === before && isNothing(this.#found.surplus(whole))) return whole
        // R1. A payment that is recorded and settles while the sum is on its way is in our side alone.
        const ours = this.#found.ours(window)
        const again = yield* this.#sum(window)
        if (isSame(whole.theirs, again.theirs) && isSame(ours, this.#found.ours(window))) return again
      } catch (error) {
        if (!(error instanceof Moved)) throw error
      }
      this.#found.all = before
    }
    throw new CannotCompare('its books change while they are compared')
  }

  *#halve(whole: Summed, windowCount: number): Asking<void> {
    if (!isNothing(this.#found.surplus(whole))) yield* this.#lookUpOld(whole)
    const [equal, unequal]: [Summed[], Summed[]] = [[], []]
    const sort = (window: Summed) => (isNothing(this.#found.surplus(window)) ? equal : unequal).push(window)
    const surplusAtMs: number[] = []
    sort(whole)
    for (let leftCount = windowCount; this.#hasRoom; ) {
      let window = unequal.pop()
      if (window === undefined && leftCount > 0) {
        leftCount -= 1
        window = takeLargest(equal)
      }
      if (window === undefined) break
      if (window.fromMs < window.toMs) for (const half of yield* this.#halves(window)) sort(half)
      else if (yield* this.#lookInto(window.fromMs)) surplusAtMs.push(window.fromMs)
    }
    // This step comes last, because a payment that was recorded at another processor than it was sent to may explain the
    // surplus.
    for (const atMs of surplusAtMs) yield* this.#explain(atMs)
  }

  get #hasRoom(): boolean {
    return !this.#found.isFull && this.#callCount < callCountMax
  }

  *#sum({ fromMs, toMs }: Window): Asking<Summed> {
    this.#callCount += 1
    const theirs = yield* askSummary(fromMs, toMs)
    if (this.#ledger.cutEnd(fromMs, toMs) !== undefined)
      throw new CannotCompare('payments of this time have left memory meanwhile')
    return { fromMs, toMs, theirs }
  }

  *#lookUp(row: number): Asking<Told> {
    if (!this.#ledger.has(row)) return 'untold'
    this.#callCount += 1
    return yield* askLookUp(this.#ledger.correlationId(row))
  }

  /** One window is asked for; the other one follows. */
  *#halves({ fromMs, toMs, theirs }: Summed): Asking<readonly [Summed, Summed]> {
    const middleMs = Math.floor((fromMs + toMs) / 2)
    const first = yield* this.#sum({ fromMs, toMs: middleMs })
    const rest = minus(theirs, first.theirs)
    if (rest.count < 0) throw new Moved()
    return [first, { fromMs: middleMs + 1, toMs, theirs: rest }]
  }

  /** R2: attempts under way for long. */
  *#lookUpOld({ fromMs, toMs }: Window): Asking<void> {
    for (const row of rowsUnderWay(this.#ledger, this.#processor)) {
      const atMs = this.#ledger.requestedAtMs(row)
      if (atMs < fromMs || atMs > toMs) continue
      const told = yield* this.#lookUp(row)
      if (told !== 'untold') this.#found.judge(row, recordOf(told))
    }
  }

  /** Looks up the payments that were sent in this millisecond, and answers whether a difference remains unexplained. */
  *#lookInto(atMs: number): Asking<boolean> {
    const window = yield* this.#sum({ fromMs: atMs, toMs: atMs })
    if (isNothing(this.#found.surplus(window))) return false
    for (const row of yield* rowsSentAt(this.#ledger, atMs)) {
      if (!this.#hasRoom) break
      const told = yield* this.#lookUp(row)
      if (told !== 'untold') this.#found.judge(row, recordOf(told))
    }
    return !isNothing(this.#found.surplus(window))
  }

  /**
   * Tries to explain a surplus in a millisecond by payments that were open then. Called when the payments that were sent
   * then do not explain it.
   */
  *#explain(atMs: number): Asking<void> {
    const window = yield* this.#sum({ fromMs: atMs, toMs: atMs })
    this.#found.dropNameless(atMs)
    const surplus = () => this.#found.surplus(window)
    if (surplus().count > 0)
      for (const row of yield* rowsOpenAt(this.#ledger, atMs)) {
        if (surplus().count <= 0 || !this.#hasRoom) break
        const told = yield* this.#lookUp(row)
        if (typeof told !== 'string' && told.requestedAtMs === atMs) this.#found.judge(row, told)
      }
    if (isNothing(surplus())) return
    this.#found.addNameless({ atMs, ...surplus() })
  }

  /** Differences of earlier runs, as they are now. */
  *#lookAgain({ fromMs }: Window): Asking<void> {
    this.#found.keepFrom(fromMs)
    for (const { row } of this.#found.all) {
      if (row === null) continue
      const told = yield* this.#lookUp(row)
      if (told !== 'untold') this.#found.judge(row, recordOf(told))
    }
    yield* this.#explainAgain()
  }

  *#explainAgain(): Asking<void> {
    for (const each of this.#found.all) if (each.row === null) yield* this.#explain(each.surplus.atMs)
  }

  /** Settled payments, one after the other, where the last run ended. */
  *#lookUpInTurn(lookUpCount: number, { fromMs, toMs }: Window): Asking<void> {
    const ledger = this.#ledger
    let leftCount = lookUpCount
    for (let seenCount = 1; seenCount <= ledger.keptCount && leftCount > 0 && this.#hasRoom; seenCount += 1) {
      if (seenCount % rowsPerTurn === 0) yield { kind: 'pause' }
      const next = Math.max(this.#cursor, ledger.firstRow)
      const row = next < ledger.count ? next : ledger.firstRow
      this.#cursor = row + 1
      if (!ledger.has(row)) continue
      const atMs = ledger.requestedAtMs(row)
      const isHere = ledger.state(row) === paymentState.settled && ledger.processor(row) === this.#processor
      if (!isHere || atMs < fromMs || atMs > toMs) continue
      leftCount -= 1
      const told = yield* askLookUp(ledger.correlationId(row))
      if (told === 'untold' || !this.#found.isNews(row, recordOf(told))) continue
      // R1: an answer may be old.
      const again = yield* this.#lookUp(row)
      if (again !== 'untold') this.#found.judge(row, recordOf(again))
    }
  }
}

/** The window with the most payments, of those that can be halved. */
function takeLargest(windows: Summed[]): Summed | undefined {
  let largest: Summed | undefined
  for (const window of windows)
    if (
      window.fromMs < window.toMs &&
      window.theirs.count > 1 &&
      window.theirs.count > (largest?.theirs.count ?? 0)
    )
      largest = window
  if (largest !== undefined) windows.splice(windows.indexOf(largest), 1)
  return largest
}

function recordOf(told: Exclude<Told, 'untold'>): Recorded | undefined {
  return told === 'absent' ? undefined : told
}
