import { type CoordinatorPorts, operatorLine } from '@rinha/coordinator'
import { printInstant } from '@rinha/payment'

type Told = Parameters<NonNullable<CoordinatorPorts['onEvent']>>

/** The latest operator events of the log, kept for viewers of the page. */
export interface Notice {
  readonly seq: number
  readonly at: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  /** How many of its kind were left out before it. */
  readonly suppressedCount: number
  readonly event: Told[0]
}

const countMax = 200

export class Notices {
  readonly #wallMs: () => number
  #kept: readonly Notice[] = []
  #seq = 0

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs
  }

  add(...[event, suppressedCount]: Told): Notice {
    this.#seq += 1
    const at = printInstant(this.#wallMs())
    const notice = { seq: this.#seq, at, ...operatorLine(event), suppressedCount, event }
    this.#kept = [...this.#kept.slice(1 - countMax), notice]
    return notice
  }

  /** Oldest first. */
  since(seq: number): readonly Notice[] {
    return this.#kept.filter(notice => notice.seq > seq)
  }
}
