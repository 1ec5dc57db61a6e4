import type { Time, Timers } from '@rinha/base'
import type { Retention, Retirement } from '@rinha/engine'

interface Ports {
  readonly timers: Pick<Timers, 'soon'>
  readonly time: () => Time
  readonly retire: (retirement: Retirement) => void
  /** Payments have left, and nothing more has to. */
  readonly done: () => void
}

/**
 * Lets payments leave memory, a slice in each turn of the event loop, so that accepting and sending go on. The engine's {@link Retention} says what
 * leaves and when.
 */
export class Retirements {
  readonly #retention: Pick<Retention, 'next'>
  readonly #ports: Ports
  #isUnderWay = false
  #isOver = false

  constructor(retention: Pick<Retention, 'next'>, ports: Ports) {
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
    const { time, retire, timers } = this.#ports
    const retirement = this.#isOver ? undefined : this.#retention.next(time())
    this.#isUnderWay = retirement !== undefined
    if (retirement === undefined) return done()
    retire(retirement)
    timers.soon(() => this.#next(this.#ports.done))
  }
}
