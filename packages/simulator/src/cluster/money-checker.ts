import type { FeePeriod } from '@rinha/engine'
import { forgetsWhatLeaves, type Plan } from './plan.ts'
import type { KnownPayments } from './posted.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Trace } from './trace.ts'
import { feeBpsOf } from './watched-engine.ts'

export interface MoneyContext {
  readonly plan: Plan
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly coordinator: () => RunningCoordinator | undefined
}

/** The checker adds up parts of cents in another order than the ledger. */
const roundingCents = 0.01

/**
 * Checks a coordinator's sums of fees against a record of the fees that the simulator keeps itself. A processor's sum never
 * falls. In the end it is the sum of what the fees at the instants of the attempts make, also where these instants are archived.
 */
export class MoneyChecker {
  /** The operator reports changes of fees here. The next coordinator reads from here which fees were in force when. */
  readonly keeper: {
    readonly feePeriods: FeePeriod[]
    /** These fees are in force from the next whole second on. */
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
    const fromMs = Math.floor(process.time().wallMs / 1000) * 1000 + 1000
    for (const [index, fees] of this.#fees.entries()) fees.push({ fromMs, feeBps: feesBps[index] ?? 0 })
  }

  check(): void {
    const running = this.#context.coordinator()
    if (running === undefined) return
    const { coordinator } = running
    const { processors } = coordinator.status()
    const isAnother = running !== this.#seen || coordinator.purgeCount !== this.#purgeCount
    for (const [index, { name, feesCents }] of processors.entries())
      if (!isAnother && feesCents < (this.#shown[index] ?? 0) - roundingCents)
        this.#blame(`${name} has kept ${feesCents} cents, and had kept ${this.#shown[index]}`)
    this.#seen = running
    this.#purgeCount = coordinator.purgeCount
    this.#shown = processors.map(({ feesCents }) => feesCents)
  }

  /** Everything is settled. */
  finish(): void {
    const running = this.#context.coordinator()
    const { crashes, journal, losesDisk, purges, clockErrorMsMax, candidateCount } = this.#context.plan
    // A leader begins with the fees of its start, which are in force again then.
    if (candidateCount > 0) return
    // Attempts of before what is forgotten may be found again.
    if (running === undefined || clockErrorMsMax > 0 || purges || (crashes && (!journal || losesDisk))) return
    if (forgetsWhatLeaves(this.#context.plan)) return
    const expected = this.#fees.map(() => 0)
    for (const { correlationId } of this.#context.posted.all) {
      const status = running.engine.status(correlationId)
      if (status.state !== 'settled') continue
      const { processor, requestedAtMs, amountCents } = status
      const feeBps = this.#fees[processor]?.findLast(({ fromMs }) => fromMs <= requestedAtMs)?.feeBps ?? 0
      expected[processor] = (expected[processor] ?? 0) + (amountCents * feeBps) / 10_000
    }
    for (const [index, { name, feesCents }] of running.coordinator.status().processors.entries())
      if (Math.abs(feesCents - (expected[index] ?? 0)) > roundingCents)
        this.#blame(`${name} has kept ${feesCents} cents, and should have kept ${expected[index]}`)
  }

  #blame(words: string): never {
    return this.#context.trace.blame('money', words)
  }
}
