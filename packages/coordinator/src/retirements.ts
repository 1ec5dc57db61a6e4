import type { Archive, ArchivedPayment } from '@rinha/archive'
import type { Time, Timers } from '@rinha/base'
import type { Retention, Retirement } from '@rinha/engine'

type Source = Pick<Retention, 'next' | 'leaving' | 'purgeCount'>

interface Ports {
  readonly timers: Pick<Timers, 'soon'>
  readonly time: () => Time
  /** Where payments go when they leave. Missing: they are forgotten. */
  readonly archive?: Pick<Archive, 'add' | 'generation'> | undefined
  readonly retire: (retirement: Retirement) => void
  /** Payments have left, and nothing more has to. */
  readonly done: () => void
  /** What keeps payments from leaving; undefined when it is over. */
  readonly onProblem: (problem: string | undefined) => void
}

/**
 * Lets payments leave memory, a slice in each turn of the event loop, so that accepting and sending go on. The engine's
 * {@link Retention} says what leaves and when.
 *
 * With an archive, a payment leaves only when the archive has it: after a crash in between it is in both, and the ledger's row
 * counts. While the archive fails, payments stay in memory, and each look tries again.
 */
export class Retirements {
  readonly #retention: Source
  readonly #ports: Ports
  #isUnderWay = false
  #isOver = false
  #problem: string | undefined

  constructor(retention: Source, ports: Ports) {
    this.#retention = retention
    this.#ports = ports
  }

  /** Called now and then, and where payments have come. */
  look(): void {
    if (!this.#isUnderWay && !this.#isOver) this.#next(() => {})
  }

  end(): void {
    this.#isOver = true
  }

  #next(done: () => void): void {
    const { archive, time } = this.#ports
    // After a purge the archive begins anew when the journal has the purge.
    const isReady = archive === undefined || archive.generation === this.#retention.purgeCount
    const retirement = this.#isOver || !isReady ? undefined : this.#retention.next(time())
    this.#isUnderWay = retirement !== undefined
    if (retirement === undefined) return done()
    this.#archive(retirement, new Map())
  }

  /** Adds what leaves, except what was added before. Meanwhile a payment may settle, and leave too. */
  #archive(retirement: Retirement, added: Map<number, ArchivedPayment['state']>): void {
    const retention = this.#retention
    const { archive } = this.#ports
    if (archive === undefined) return this.#retire(retirement)
    const leaving = retention
      .leaving(retirement)
      .filter(({ row, payment }) => added.get(row) !== payment.state)
    if (leaving.length === 0) return this.#retire(retirement)
    const { purgeCount } = retention
    archive.add(
      leaving.map(({ payment }) => payment),
      problem => {
        this.#say(problem)
        this.#isUnderWay = !this.#isOver && problem === undefined && retention.purgeCount === purgeCount
        if (!this.#isUnderWay) return
        for (const { row, payment } of leaving) added.set(row, payment.state)
        this.#archive(retirement, added)
      },
    )
  }

  #retire(retirement: Retirement): void {
    this.#ports.retire(retirement)
    this.#ports.timers.soon(() => this.#next(this.#ports.done))
  }

  #say(problem: string | undefined): void {
    if (problem !== this.#problem) this.#ports.onProblem(problem)
    this.#problem = problem
  }
}
