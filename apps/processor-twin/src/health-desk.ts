import { type Answer, tooManyRequests } from './answer.ts'
import { HealthWindow } from './health-window.ts'
import type { TwinOptions } from './options.ts'
import type { After } from './payment-desk.ts'
import type { Processor } from './processor.ts'

/** One `GET /payments/service-health` under way. */
export interface HealthVisit {
  readonly reply: (answer: Answer) => void
}

/** Answers health calls when their window comes, with the switches as they stand then. */
export class HealthDesk {
  readonly window: HealthWindow<HealthVisit>
  tooMany: Answer
  readonly #processor: Processor
  readonly #after: After
  readonly #monotonicMs: () => number
  #timerSet = false

  constructor(processor: Processor, options: TwinOptions, after: After, monotonicMs: () => number) {
    this.window = new HealthWindow(
      {
        windowMs: options.healthWindowMs,
        heartbeatMs: options.healthHeartbeatMs,
        waitingCountMax: options.healthWaitingCountMax,
        resetMs: options.healthResetMs,
      },
      monotonicMs(),
    )
    this.tooMany = tooManyRequests(options.healthWindowMs)
    this.#processor = processor
    this.#after = after
    this.#monotonicMs = monotonicMs
  }

  arrive(visit: HealthVisit): void {
    this.#advance()
    const place = this.window.ask(visit, this.#monotonicMs())
    if (place === 'granted') visit.reply(this.#processor.health())
    else if (place === 'refused') visit.reply(this.tooMany)
    else this.#wakeForNext()
  }

  goneAway(visit: HealthVisit): void {
    this.window.abandon(visit)
  }

  #advance(): void {
    for (const visit of this.window.advance(this.#monotonicMs())) visit.reply(this.#processor.health())
  }

  #wakeForNext(): void {
    const grantMs = this.window.nextGrantMs()
    if (grantMs === undefined || this.#timerSet) return
    this.#timerSet = true
    this.#after(Math.max(1, Math.ceil(grantMs - this.#monotonicMs())), () => {
      this.#timerSet = false
      this.#advance()
      this.#wakeForNext()
    })
  }
}
