import { assert, type Prng } from '@rinha/base'
import type { World } from './world.ts'

/** Counts of a window, one for each processor. Answers now or a little later, but soon: before the next audit. */
export type WindowReader = (fromMs: number, toMs: number, reply: (counts: readonly number[]) => void) => void

export interface AuditorOptions {
  readonly everyMs: number
  readonly lookBackMs: number
  readonly guardMs: number
  /** Each read happens up to so long after the audit begins, evenly drawn: the reads are not one snapshot. */
  readonly skewMsMax: number
  /**
   * Whether opposite differences of two processors cancel each other (the previews' rule), or each processor must agree by
   * itself.
   */
  readonly rule: 'abs-of-sum' | 'sum-of-abs'
  /** One for each processor, giving one count. */
  readonly processors: readonly WindowReader[]
  /** Gives one count for each processor. */
  readonly backend: WindowReader
}

export interface AuditorReport {
  readonly auditCount: number
  readonly mismatchedAuditCount: number
  /** Payments by which books differed, over all audits. One that stays wrong is counted in each. */
  readonly mismatchCount: number
  /** When, since the start, the first mismatched audit began. */
  readonly firstMismatchMs: number | undefined
}

/**
 * Compares the books of [now − lookBackMs, now − guardMs] of every processor and the backend, again and again. The
 * official one looks every 10 s with the three reads begun at once; a strict one looks every 100 ms with up to 50 ms
 * between its reads, so that hardly any payment that is recorded after its window has closed escapes.
 */
export class Auditor {
  readonly #world: World
  readonly #options: AuditorOptions
  readonly #prng: Prng
  #startMs = 0
  #auditCount = 0
  #mismatchedAuditCount = 0
  #mismatchCount = 0
  #firstMismatchMs: number | undefined
  #onMismatch: ((fromMs: number, toMs: number, difference: number) => void) | undefined

  constructor(world: World, options: AuditorOptions) {
    assert(options.guardMs < options.lookBackMs, 'a window has a length')
    this.#world = world
    this.#options = options
    this.#prng = world.stream()
  }

  /** Audits from now on; none begins at or after `untilMs`. */
  start(untilMs: number, onMismatch?: (fromMs: number, toMs: number, difference: number) => void): void {
    this.#startMs = this.#world.nowMs
    this.#onMismatch = onMismatch
    this.#loop(untilMs)
  }

  get report(): AuditorReport {
    return {
      auditCount: this.#auditCount,
      mismatchedAuditCount: this.#mismatchedAuditCount,
      mismatchCount: this.#mismatchCount,
      firstMismatchMs: this.#firstMismatchMs,
    }
  }

  #loop(untilMs: number): void {
    if (this.#world.nowMs >= untilMs) return
    this.#audit()
    this.#world.after(this.#options.everyMs, () => this.#loop(untilMs))
  }

  #audit(): void {
    const { processors, backend, lookBackMs, guardMs } = this.#options
    const nowMs = Math.floor(this.#world.nowMs)
    const fromMs = nowMs - lookBackMs
    const toMs = nowMs - guardMs
    const counts = new Array<number>(processors.length).fill(0)
    let told: readonly number[] = []
    let missing = processors.length + 1
    const read = () => {
      missing -= 1
      if (missing === 0) this.#compare(told, counts, fromMs, toMs)
    }
    for (let index = 0; index < processors.length; index += 1) {
      this.#soon(() =>
        processors[index]?.(fromMs, toMs, ([count]) => {
          counts[index] = count ?? 0
          read()
        }),
      )
    }
    this.#soon(() =>
      backend(fromMs, toMs, all => {
        told = all
        read()
      }),
    )
  }

  #soon(run: () => void): void {
    this.#world.after(this.#prng.unit() * this.#options.skewMsMax, run)
  }

  #compare(told: readonly number[], counts: readonly number[], fromMs: number, toMs: number): void {
    let sum = 0
    let sumOfAbs = 0
    for (let index = 0; index < counts.length; index += 1) {
      const difference = (told[index] ?? 0) - (counts[index] ?? 0)
      sum += difference
      sumOfAbs += Math.abs(difference)
    }
    const found = this.#options.rule === 'abs-of-sum' ? Math.abs(sum) : sumOfAbs
    this.#auditCount += 1
    this.#world.note('audit', found)
    if (found === 0) return
    this.#mismatchedAuditCount += 1
    this.#mismatchCount += found
    this.#firstMismatchMs ??= toMs + this.#options.guardMs - Math.floor(this.#startMs)
    this.#onMismatch?.(fromMs, toMs, found)
  }
}
