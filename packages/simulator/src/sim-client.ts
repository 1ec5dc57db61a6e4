import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import type { ProcessorClient, ProcessorPayment } from '@rinha/processor'
import { CallTimeout } from './call-timeout.ts'
import type { World } from './world.ts'

export interface SimClientOptions {
  /** The timeout of attempts and look-ups. */
  readonly attemptTimeoutMs: number
  readonly healthTimeoutMs: number
}

export const usualTimeouts: SimClientOptions = { attemptTimeoutMs: 30_000, healthTimeoutMs: 15_000 }

/** The client of a simulated processor. It adds timeouts, as the HTTP client does, because the processor has none. */
export class SimClient implements ProcessorClient {
  readonly #port: ProcessorClient
  readonly #attempts: CallTimeout<AttemptOutcome>
  readonly #lookUps: CallTimeout<LookupOutcome>
  readonly #polls: CallTimeout<HealthOutcome>

  constructor(world: World, port: ProcessorClient, { attemptTimeoutMs, healthTimeoutMs }: SimClientOptions) {
    this.#port = port
    this.#attempts = new CallTimeout<AttemptOutcome>(world, attemptTimeoutMs, timeout)
    this.#lookUps = new CallTimeout<LookupOutcome>(world, attemptTimeoutMs, timeout)
    this.#polls = new CallTimeout<HealthOutcome>(world, healthTimeoutMs, timeout)
  }

  pay(payment: ProcessorPayment, done: (outcome: AttemptOutcome) => void): void {
    this.#port.pay(payment, this.#attempts.guard(done))
  }

  lookUp(correlationId: Uint8Array, done: (outcome: LookupOutcome) => void): void {
    this.#port.lookUp(correlationId, this.#lookUps.guard(done))
  }

  health(done: (outcome: HealthOutcome) => void): void {
    this.#port.health(this.#polls.guard(done))
  }
}

const timeout = { kind: 'unknown', reason: 'timeout' } as const
