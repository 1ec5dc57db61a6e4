import { assert } from '@rinha/base'
import { Coordinator } from '@rinha/coordinator'
import { Engine, type EngineOptions } from '@rinha/engine'
import type { WindowReader } from '../auditor.ts'
import type { SimProcessor } from '../processor.ts'
import { SimClient, usualTimeouts } from '../sim-client.ts'
import { SimThread, usualCallsPerSecond } from '../sim-thread.ts'
import type { World } from '../world.ts'

/** What pays: the system under test in a run of the laboratory. */
export interface Payer {
  start(): void
  /** One record of 24 bytes, which belongs to the payer from then on. */
  accept(record: Uint8Array): void
  /** Counts of a window, as its own books have them. */
  readonly summary: WindowReader
  /** The age of the oldest payment that has no attempt under way; 0 for none. */
  oldestQueuedAgeMs(): number
}

/** Called with the number of a payment, from 0 in the order of acceptance, when the payer knows that it is paid. */
export type OnSettled = (row: number) => void

/** The coordinator that ships, on a thread of its own. */
export class CoordinatorPayer implements Payer {
  readonly #thread: SimThread
  readonly #coordinator: Coordinator

  constructor(
    world: World,
    processors: readonly SimProcessor[],
    options: Omit<EngineOptions, 'startedAt'>,
    onSettled: OnSettled,
    queueWaitMsMax = 0,
  ) {
    this.#thread = new SimThread(world, usualCallsPerSecond)
    this.#coordinator = new Coordinator(
      new Engine({ ...options, startedAt: world.time }),
      { names: processors.map(({ name }) => name), purgeAllowed: false, queueWaitMsMax },
      {
        processors: processors.map(processor =>
          this.#thread.client(new SimClient(world, processor, usualTimeouts)),
        ),
        time: () => world.time,
        timers: this.#thread.timers,
        onSettled,
      },
    )
  }

  start(): void {
    this.#coordinator.start({ roomShort: false, refreshWindows: () => {} })
  }

  /** What a node answers to new payments: 0, or 503 with that Retry-After. */
  get retryAfterSeconds(): number {
    return this.#coordinator.retryAfterSeconds()
  }

  accept(record: Uint8Array): void {
    this.#thread.run(() => this.#coordinator.onPayments(record, 1))
  }

  readonly summary: WindowReader = (fromMs, toMs, reply) =>
    this.#thread.run(() => {
      this.#coordinator.onRequest('summary', { fromMs, toMs }, 'auditor', summary => {
        assert(summary.ok, 'the summary can always be told')
        reply(summary.value.totals.map(({ count }) => count))
      })
    })

  oldestQueuedAgeMs(): number {
    return this.#coordinator.status().oldestQueuedAgeMs
  }
}
