import { type KnownPayment, ledgerIdCountMax } from '@rinha/payment'
import {
  type Asking,
  askIds,
  askLookUp,
  askSpan,
  askSum,
  askSummary,
  CannotCompare,
  type Recorded,
  type Told,
  type Total,
} from './ask.ts'
import type { Difference, Known } from './difference.ts'
import {
  type Finding,
  Findings,
  isNothing,
  isSame,
  minus,
  named,
  type Summed,
  type Window,
} from './findings.ts'
import {
  callCountMax,
  openCountMax,
  purgedCountMin,
  purgeMixMs,
  searchTriesMax,
  sentCountMax,
  type Work,
} from './limits.ts'

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
 * Our side, the ledger or those of all shards, against the books of one processor, over all that both must have. A processor tells sums of windows and single
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
 *   R2. The window ends before the first attempt that may still be recorded, at any shard; one that is under way for long is
 *       looked up.
 *   R3. It begins with the first payment that a ledger has, after all that any of them has forgotten or may not know, and after
 *       archived time, of which single payments have left. A run in the course of which time of its window is archived ends without a
 *       result.
 *   R4. No run makes more than {@link callCountMax} calls, but for the look-ups in turn, and no list grows past its limit.
 */
export class Comparison {
  readonly #processor: string
  readonly #found: Findings
  /** Where the look-ups in turn go on. */
  #cursor = 0
  #callCount = 0

  constructor(processor: string) {
    this.#processor = processor
    this.#found = new Findings(processor)
  }

  get findings(): readonly Finding[] {
    return this.#found.all
  }

  /** Which of these findings are a difference, as far as our side was asked. */
  differencesOf(findings: readonly Finding[]): readonly Difference[] {
    return this.#found.differencesOf(findings)
  }

  /** Begins anew after a purge. */
  forget(): void {
    this.#found.all = []
    this.#cursor = 0
  }

  /** Undefined if there is nothing that both sides must have. `onProgress` gets the findings so far. */
  *run(work: Work, onProgress: (compared: Compared) => void): Asking<Compared | undefined> {
    this.#callCount = 0
    const wanted = yield* this.#window()
    if (wanted === undefined) return undefined
    const purgedToMs = yield* this.#purgedTo(wanted)
    const window = purgedToMs === null ? wanted : { ...wanted, fromMs: purgedToMs + purgeMixMs }
    yield* this.#lookAgain(window)
    if (window.fromMs > window.toMs)
      throw new CannotCompare('its books are empty, and were not: it was purged')
    onProgress(yield* this.#compared(yield* this.#search(window, 0), purgedToMs))
    // If every payment is looked up anyway, equal windows need not be halved.
    if ((yield* this.#ours(window)).count > work.lookUpCount)
      onProgress(yield* this.#compared(yield* this.#search(window, work.windowCount), purgedToMs))
    const before = this.#found.all
    yield* this.#lookUpInTurn(work.lookUpCount, window)
    // A new finding may explain a surplus without an id, and may uncover a difference that it had cancelled.
    if (this.#found.all !== before) yield* this.#explainAgain()
    const windowCount = this.#found.all === before ? 0 : work.windowCount
    return yield* this.#compared(yield* this.#search(window, windowCount), purgedToMs)
  }

  *#compared(whole: Summed, purgedToMs: number | null): Asking<Compared> {
    const ours = yield* this.#ours(whole)
    return { ...whole, ours, remainder: this.#found.surplus(whole, ours), purgedToMs }
  }

  /** R2, R3. */
  *#window(): Asking<Window | undefined> {
    const span = yield* askSpan({ processor: this.#processor })
    if (span.firstMs === null) return undefined
    const window = { fromMs: Math.max(span.fromMs, span.firstMs), toMs: span.toMs }
    return window.fromMs > window.toMs ? undefined : window
  }

  /** Our payments that the processor must have in the window. Our side of the findings is told of the same moment. */
  *#ours({ fromMs, toMs }: Window): Asking<Total> {
    const findings = named(this.#found.all)
    const known = findings.map(each => knownOf(each))
    const sum = yield* askSum({ processor: this.#processor, fromMs, toMs, known })
    if (sum.isCut) throw new CannotCompare('payments of this time have left memory meanwhile')
    for (const [index, finding] of findings.entries()) finding.now = sum.known[index] ?? null
    return { count: sum.count, amountCents: sum.amountCents }
  }

  /** The surplus of the processor's sum over ours and what is known to differ. */
  *#surplus(window: Summed): Asking<Total> {
    return this.#found.surplus(window, yield* this.#ours(window))
  }

  /** The last instant before which the processor has forgotten all, or null. */
  *#purgedTo(window: Window): Asking<number | null> {
    const { theirs } = yield* this.#sum(window)
    const ours = yield* this.#ours(window)
    if (theirs.count === 0 && ours.count > 1) return window.toMs
    if (ours.count - theirs.count < purgedCountMin) return null
    let [emptyToMs, toMs] = [window.fromMs - 1, window.toMs]
    while (toMs - emptyToMs > 1) {
      const middleMs = Math.floor((emptyToMs + toMs) / 2)
      const { theirs: first } = yield* this.#sum({ fromMs: window.fromMs, toMs: middleMs })
      if (first.count === 0) emptyToMs = middleMs
      else toMs = middleMs
    }
    const lost = yield* this.#ours({ fromMs: window.fromMs, toMs: emptyToMs })
    return lost.count < purgedCountMin ? null : emptyToMs + 1
  }

  /** Compares a window, down to single payments, and answers the processor's sum of it. */
  *#search(window: Window, windowCount: number): Asking<Summed> {
    for (let tries = 0; tries < searchTriesMax; tries += 1) {
      const before = this.#found.all
      try {
        const whole = yield* this.#sum(window)
        yield* this.#halve(whole, windowCount)
        if (this.#found.all === before && isNothing(yield* this.#surplus(whole))) return whole
        // R1. A payment that is recorded and settles while the sum is on its way is in our side alone.
        const ours = yield* this.#ours(window)
        const again = yield* this.#sum(window)
        if (isSame(whole.theirs, again.theirs) && isSame(ours, yield* this.#ours(window))) return again
      } catch (error) {
        if (!(error instanceof Moved)) throw error
      }
      this.#found.all = before
    }
    throw new CannotCompare('its books change while they are compared')
  }

  *#halve(whole: Summed, windowCount: number): Asking<void> {
    if (!isNothing(yield* this.#surplus(whole))) yield* this.#lookUpOld(whole)
    const [equal, unequal]: [Summed[], Summed[]] = [[], []]
    const surplusAtMs: number[] = []
    let found: readonly Summed[] = [whole]
    for (let leftCount = windowCount; ; ) {
      for (const window of found) (isNothing(yield* this.#surplus(window)) ? equal : unequal).push(window)
      if (!this.#hasRoom) break
      let window = unequal.pop()
      if (window === undefined && leftCount > 0) {
        leftCount -= 1
        window = takeLargest(equal)
      }
      if (window === undefined) break
      found = window.fromMs < window.toMs ? yield* this.#halves(window) : []
      if (found.length === 0 && (yield* this.#lookInto(window.fromMs))) surplusAtMs.push(window.fromMs)
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
    return { fromMs, toMs, theirs: yield* askSummary(fromMs, toMs) }
  }

  /** Looks a payment up, and asks our side of it after that. Undefined if the processor does not tell. */
  *#lookUp(correlationId: Uint8Array): Asking<Known | undefined> {
    this.#callCount += 1
    return yield* this.#told(correlationId, yield* askLookUp(correlationId))
  }

  *#told(correlationId: Uint8Array, told: Told): Asking<Known | undefined> {
    if (told === 'untold') return undefined
    const finding = { correlationId, found: recordOf(told), now: null }
    const sum = { processor: this.#processor, fromMs: 0, toMs: -1, known: [knownOf(finding)] }
    const [now = null] = (yield* askSum(sum)).known
    return { ...finding, now }
  }

  *#judge(correlationId: Uint8Array): Asking<void> {
    const finding = yield* this.#lookUp(correlationId)
    if (finding !== undefined) this.#found.judge(finding)
  }

  *#ids(kind: 'underWay' | 'sentAt' | 'openAt', window: Window, countMax: number) {
    const asked = { kind, processor: this.#processor, ...window, countMax, from: 0 }
    return (yield* askIds(asked)).ids
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
  *#lookUpOld(window: Window): Asking<void> {
    for (const id of yield* this.#ids('underWay', window, ledgerIdCountMax)) yield* this.#judge(id)
  }

  /** Looks up the payments that were sent in this millisecond, and answers whether a difference remains unexplained. */
  *#lookInto(atMs: number): Asking<boolean> {
    const window = yield* this.#sum({ fromMs: atMs, toMs: atMs })
    if (isNothing(yield* this.#surplus(window))) return false
    for (const id of yield* this.#ids('sentAt', window, sentCountMax)) {
      if (!this.#hasRoom) break
      yield* this.#judge(id)
    }
    return !isNothing(yield* this.#surplus(window))
  }

  /**
   * Tries to explain a surplus in a millisecond by payments that were open then. Called when the payments that were sent
   * then do not explain it.
   */
  *#explain(atMs: number): Asking<void> {
    const window = yield* this.#sum({ fromMs: atMs, toMs: atMs })
    this.#found.dropNameless(atMs)
    let surplus = yield* this.#surplus(window)
    if (surplus.count > 0)
      for (const id of yield* this.#ids('openAt', window, openCountMax)) {
        if (surplus.count <= 0 || !this.#hasRoom) break
        const finding = yield* this.#lookUp(id)
        if (finding?.found?.requestedAtMs === atMs) this.#found.judge(finding)
        surplus = yield* this.#surplus(window)
      }
    if (!isNothing(surplus)) this.#found.addNameless({ atMs, ...surplus })
  }

  /** Differences of earlier runs, as they are now. */
  *#lookAgain(window: Window): Asking<void> {
    yield* this.#ours(window)
    this.#found.keepFrom(window.fromMs)
    for (const { correlationId } of named(this.#found.all)) yield* this.#judge(correlationId)
    yield* this.#explainAgain()
  }

  *#explainAgain(): Asking<void> {
    for (const each of this.#found.all)
      if (each.correlationId === null) yield* this.#explain(each.surplus.atMs)
  }

  /** Settled payments, one after the other, where the last run ended. */
  *#lookUpInTurn(lookUpCount: number, window: Window): Asking<void> {
    const start = this.#cursor
    let [leftCount, endCount] = [lookUpCount, 0]
    // Once around, and not much further.
    while (leftCount > 0 && this.#hasRoom && (endCount === 0 || (endCount === 1 && this.#cursor < start))) {
      const countMax = Math.min(leftCount, ledgerIdCountMax)
      const asked = {
        kind: 'settled',
        processor: this.#processor,
        ...window,
        countMax,
        from: this.#cursor,
      } as const
      const { ids, next } = yield* askIds(asked)
      for (const id of ids) if (this.#hasRoom) yield* this.#lookUpForNews(id)
      leftCount -= ids.length
      if (next === null) endCount += 1
      this.#cursor = next ?? 0
    }
  }

  *#lookUpForNews(correlationId: Uint8Array): Asking<void> {
    const finding = yield* this.#told(correlationId, yield* askLookUp(correlationId))
    if (finding === undefined || !this.#found.isNews(finding)) return
    // R1: an answer may be old.
    yield* this.#judge(correlationId)
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

export function knownOf({ correlationId, found }: Known): KnownPayment {
  return { correlationId, recordedAtMs: found?.requestedAtMs ?? 0 }
}
