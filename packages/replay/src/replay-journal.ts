import { err, ok, type Result } from '@rinha/base'
import { type JournalDisk, type JournalProblem, readJournal } from '@rinha/journal'
import { Ledger } from '@rinha/ledger'
import { type Fact, type LedgerImage, processorCountMax } from '@rinha/payment'
import { ReplayClock } from './replay-clock.ts'
import { commonColumns, Sampler } from './sampler.ts'

export interface ReplayOptions {
  readonly paymentCountMax: number
  readonly hashSeed: number
  /** Seconds that are kept, the latest ones. */
  readonly sampleCountMax: number
  /** Called for each entry. A caller that must not use a whole CPU may wait in it. */
  readonly onEntry?: () => void
}

export interface Replay {
  readonly processors: readonly string[]
  /** What the numbers of a sample are, with their units. */
  readonly columns: readonly string[]
  /**
   * One for each second in which something came or was sent, oldest first: how the ledger stood at the end of that second,
   * which is its atMs. In a second that has none nothing changed.
   */
  readonly samples: readonly (readonly number[])[]
  /** True if the replay begins at the run's beginning: no snapshot came before, and no samples were dropped. */
  readonly isWhole: boolean
}

/**
 * Applies a journal to a ledger of its own, as the coordinator did, and looks at it once a second. It changes nothing, and
 * begins where the journal does: at its newest snapshot, because that has replaced what was before it.
 */
export function replayJournal(disk: JournalDisk, options: ReplayOptions): Result<Replay, JournalProblem> {
  const run = new Run(options)
  const found = readJournal(disk, run)
  return found.ok ? ok(run.result(found.value.processors)) : err(found.error)
}

class Run {
  readonly #options: ReplayOptions
  readonly #ledger: Ledger
  readonly #sampler: Sampler
  readonly #clock = new ReplayClock()
  readonly #samples: number[][] = []
  /** The end of the second that is being replayed. */
  #endMs = Number.NEGATIVE_INFINITY
  #isWhole = true

  constructor(options: ReplayOptions) {
    this.#options = options
    this.#ledger = new Ledger({ ...options, processorCount: processorCountMax })
    this.#sampler = new Sampler(this.#ledger)
  }

  restore(image: LedgerImage): void {
    this.#ledger.restore(image)
    this.#clock.hearImage(image)
    this.#endMs = endOfSecond(this.#clock.nowMs)
    this.#isWhole = false
  }

  apply(fact: Fact): void {
    this.#clock.hear(fact)
    if (this.#clock.nowMs >= this.#endMs) {
      this.#look()
      this.#endMs = endOfSecond(this.#clock.nowMs)
    }
    this.#ledger.apply(fact)
    this.#sampler.hear(fact)
    this.#options.onEntry?.()
  }

  result(processors: readonly string[]): Replay {
    this.#look()
    const columns = [
      ...commonColumns,
      ...processors.flatMap(name => [`${name} settledCount`, `${name} settledAmountCents`]),
    ]
    // A processor that had nothing yet.
    const samples = this.#samples.map(sample => columns.map((_, index) => sample[index] ?? 0))
    return { processors, columns, samples, isWhole: this.#isWhole }
  }

  #look(): void {
    if (this.#endMs === Number.NEGATIVE_INFINITY) return
    this.#samples.push(this.#sampler.sample(this.#endMs))
    if (this.#samples.length <= this.#options.sampleCountMax) return
    this.#samples.shift()
    this.#isWhole = false
  }
}

function endOfSecond(instantMs: number): number {
  return (Math.floor(instantMs / 1000) + 1) * 1000
}
