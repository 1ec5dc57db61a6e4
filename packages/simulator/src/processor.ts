import { assert, type Prng } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import {
  classifyAttempt,
  classifyHealth,
  classifyLookup,
  type ProcessorClient,
  type ProcessorPayment,
  printPaymentBody,
} from '@rinha/processor'
import {
  type Books,
  type HealthAnswer,
  type InsteadOfAnswer,
  officialProcessor,
  type PaymentStatus,
  ProcessorModel,
  type ProcessorNoise,
  type ProcessorOptions,
} from '@rinha/processor-model'
import type { World } from './world.ts'

/** Milliseconds, drawn evenly from min to max. */
export interface Spread {
  readonly minMs: number
  readonly maxMs: number
}

/** The values that a schedule sets. */
export interface ProcessorStage {
  readonly delayMs: number
  readonly failing: boolean
  /** The earlier value, unless a new one is given. */
  readonly noise?: ProcessorNoise
}

export interface SimProcessorOptions extends ProcessorOptions {
  readonly name: string
  /** The way there, and again the way back. */
  readonly networkMs: Spread
  /** What a payment takes besides the delay: reading, the insert. */
  readonly serviceMs: Spread
}

const usual: Omit<SimProcessorOptions, 'name'> = {
  ...officialProcessor,
  networkMs: { minMs: 0.1, maxMs: 0.6 },
  serviceMs: { minMs: 0.3, maxMs: 2 },
  // Nobody purges during a run, so its length alone bounds the number of payments.
  paymentCountMax: Number.POSITIVE_INFINITY,
}

/**
 * A payment processor of the challenge, in virtual time: the model, behind a sound network. What an answer means is what
 * the shipping tables say of its status. It has no time-outs: {@link SimClient} has.
 */
export class SimProcessor implements ProcessorClient {
  readonly name: string
  readonly #model: ProcessorModel
  readonly #world: World
  readonly #options: SimProcessorOptions
  readonly #prng: Prng

  constructor(world: World, options: Partial<SimProcessorOptions> & { readonly name: string }) {
    this.#world = world
    this.#options = { ...usual, ...options }
    this.name = options.name
    this.#prng = world.stream()
    this.#model = new ProcessorModel(this.#options, {
      nowMs: () => world.nowMs,
      after: (delayMs, run) => world.after(delayMs, run),
      unit: () => this.#prng.unit(),
      serviceMs: () => this.#draw(this.#options.serviceMs),
    })
  }

  get books(): Books {
    return this.#model.books
  }

  get runningCount(): number {
    return this.#model.limiter.runningCount
  }

  get waitingCount(): number {
    return this.#model.limiter.waitingCount
  }

  setStage({ delayMs, failing, noise }: ProcessorStage): void {
    assert(delayMs >= 0, 'a delay is not negative')
    this.#model.delayMs = delayMs
    this.#model.failing = failing
    if (noise !== undefined) this.setNoise(noise)
  }

  setNoise(noise: ProcessorNoise): void {
    this.#model.noise = noise
  }

  pay(payment: ProcessorPayment, reply: (outcome: AttemptOutcome) => void): void {
    this.#world.after(this.#networkMs(), () => {
      const call = this.#model.arrive((status, instead) => {
        const outcome = attemptOutcome(status, instead)
        if (status !== 429 && status !== 400) this.#world.note(outcome.kind, this.books.count)
        this.#tell(reply, outcome)
      })
      this.#model.bodyArrived(call, payment)
    })
  }

  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void {
    this.#world.after(this.#networkMs(), () =>
      this.#model.lookUp(correlationId, (answer, instead) => {
        if (instead === 'reset') return this.#tell(reply, lost)
        const body = answer.status === 200 ? printPaymentBody(answer.payment) : ''
        this.#tell(reply, classifyLookup(answer.status, body, correlationId))
      }),
    )
  }

  health(reply: (outcome: HealthOutcome) => void): void {
    this.#world.after(this.#networkMs(), () =>
      this.#model.health(answer => this.#tell(reply, classifyHealth(answer.status, printHealth(answer)))),
    )
  }

  #tell<Outcome>(reply: (outcome: Outcome) => void, outcome: Outcome): void {
    this.#world.after(this.#networkMs(), () => reply(outcome))
  }

  #networkMs(): number {
    return this.#draw(this.#options.networkMs)
  }

  #draw({ minMs, maxMs }: Spread): number {
    return minMs + (maxMs - minMs) * this.#prng.unit()
  }
}

/** The body of a health answer. The processor's delays are whole milliseconds, a schedule's need not be. */
function printHealth(answer: HealthAnswer): string {
  if (answer.status !== 200) return ''
  const { failing, minResponseTimeMs } = answer
  return JSON.stringify({ failing, minResponseTime: Math.round(minResponseTimeMs) })
}

/** The outcome for a sender whose connection is reset after its request was written. */
const lost = { kind: 'unknown', reason: 'the connection was reset' } as const

function attemptOutcome(status: PaymentStatus, instead?: InsteadOfAnswer): AttemptOutcome {
  if (instead === 'reset') return lost
  return instead === undefined ? outcomes[status] : classifyAttempt(instead.status)
}

/** Made once for each status, because a laboratory plays millions of payments. */
const outcomes: Readonly<Record<PaymentStatus, AttemptOutcome>> = {
  200: classifyAttempt(200),
  400: classifyAttempt(400),
  415: classifyAttempt(415),
  422: classifyAttempt(422),
  429: classifyAttempt(429),
  500: classifyAttempt(500),
}
