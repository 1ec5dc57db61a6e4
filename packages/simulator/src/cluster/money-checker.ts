import type { FeePeriod } from '@rinha/engine'
import type { Plan } from './plan.ts'
import type { PostedPayments } from './posted.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Trace } from './trace.ts'
import { feeBpsOf } from './watched-engine.ts'

export interface MoneyContext {
  readonly plan: Plan
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly coordinator: () => RunningCoordinator | undefined
}

/** The checker adds up parts of cents in another order than the ledger. */
const roundingCents = 0.01

/**
 * Checks a coordinator's sums of fees against a record of the fees that the simulator keeps itself. A processor's sum never
 * falls. It lies between the lowest and the highest sum that the fees at the instants of the attempts allow.
 */
export class MoneyChecker {
  /** The operator reports changes of fees here. The next coordinator reads from here which fees were in force when. */
  readonly keeper: {
    readonly feePeriods: FeePeriod[]
    /** These fees are in force from now on. */
    readonly keepFees: (running: RunningCoordinator, feesBps: readonly number[]) => void
  } = { feePeriods: [], keepFees: (...fees) => this.#keep(...fees) }
  readonly #context: MoneyContext
  /** By processor: which fee held from when, by the wall clock. */
  readonly #fees: { readonly fromMs: number; readonly feeBps: number }[][]
  #seen: RunningCoordinator | undefined
  #purgeCount = 0
  #shown: readonly number[] = []

  constructor(context: MoneyContext) {
    this.#context = context
    this.#fees = Array.from({ length: context.plan.processorCount }, (_, index) => [
      { fromMs: 0, feeBps: feeBpsOf(index) },
    ])
  }

  #keep({ engine, process }: RunningCoordinator, feesBps: readonly number[]): void {
    const { feePeriods } = this.keeper
    feePeriods.splice(0, feePeriods.length, ...engine.fees.all)
    const { wallMs: fromMs } = process.time()
    for (const [index, fees] of this.#fees.entries()) fees.push({ fromMs, feeBps: feesBps[index] ?? 0 })
  }

  check(): void {
    const running = this.#context.coordinator()
    if (running === undefined) return
    const { coordinator } = running
    const { processors } = coordinator.status()
    const isAnother = running !== this.#seen || coordinator.purgeCount !== this.#purgeCount
    // In archived time a second in which fees changed gets those from before.
    const isExact = this.#context.plan.retainMs === 0
    for (const [index, { name, feesCents }] of processors.entries())
      if (!isAnother && isExact && feesCents < (this.#shown[index] ?? 0) - roundingCents)
        this.#blame(`${name} has kept ${feesCents} cents, and had kept ${this.#shown[index]}`)
    this.#seen = running
    this.#purgeCount = coordinator.purgeCount
    this.#shown = processors.map(({ feesCents }) => feesCents)
  }

  /** Everything is settled. */
  finish(): void {
    const running = this.#context.coordinator()
    const { crashes, journal, purges, clockErrorMsMax } = this.#context.plan
    // Attempts of before what is forgotten may be found again.
    if (running === undefined || clockErrorMsMax > 0 || purges || (crashes && !journal)) return
    if (this.#context.plan.retainMs > 0) return
    const [least, most] = [this.#fees.map(() => 0), this.#fees.map(() => 0)]
    for (const { correlationId } of this.#context.posted.all) {
      const status = running.engine.status(correlationId)
      if (status.state !== 'settled') continue
      const { processor, requestedAtMs, amountCents } = status
      const rates = this.#ratesAt(processor, requestedAtMs)
      least[processor] = (least[processor] ?? 0) + (amountCents * Math.min(...rates)) / 10_000
      most[processor] = (most[processor] ?? 0) + (amountCents * Math.max(...rates)) / 10_000
    }
    for (const [index, { name, feesCents }] of running.coordinator.status().processors.entries())
      if (feesCents < (least[index] ?? 0) - roundingCents || feesCents > (most[index] ?? 0) + roundingCents)
        this.#blame(
          `${name} has kept ${feesCents} cents, which is not within ${least[index]} and ${most[index]}`,
        )
  }

  /** The fee that held then. In the millisecond of a change it is both. */
  #ratesAt(processor: number, atMs: number): readonly number[] {
    const fees = this.#fees[processor] ?? []
    const held = fees.findLast(({ fromMs }) => fromMs <= atMs - 2)
    const near = fees.filter(({ fromMs }) => Math.abs(fromMs - atMs) <= 1)
    return [...(held === undefined ? [] : [held]), ...near].map(({ feeBps }) => feeBps)
  }

  #blame(words: string): never {
    return this.#context.trace.blame('money', words)
  }
}
