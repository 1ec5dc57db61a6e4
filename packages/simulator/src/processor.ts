import { assert, type Prng } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import {
  classifyAttempt,
  classifyHealth,
  classifyLookup,
  type ProcessorPayment,
  printPaymentBody,
} from '@rinha/processor'
import {
  type Books,
  type HealthAnswer,
  type LookUpAnswer,
  officialProcessor,
  type PaymentStatus,
  ProcessorModel,
  type ProcessorOptions,
} from '@rinha/processor-model'
import type { World } from './world.ts'

/** What a coordinator asks of a processor, in callbacks. `reply` is called once, or never where the answer is lost. */
export interface SimPort {
  pay(payment: ProcessorPayment, reply: (outcome: AttemptOutcome) => void): void
  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void
  health(reply: (outcome: HealthOutcome) => void): void
}

/** Milliseconds, drawn evenly from min to max. */
export interface Spread {
  readonly minMs: number
  readonly maxMs: number
}

/** What a schedule sets. */
export interface ProcessorStage {
  readonly delayMs: number
  readonly failing: boolean
}

/**
 * What may go wrong beyond what a schedule says.
 * - `down`: nothing listens
 * - `limiting`: answers 429 to payments and look-ups (a storm of other callers has filled the limiter)
 * - `rejecting`: answers 400 to payments
 * - `cutting`: records payments, and cuts the connection in place of an answer; look-ups work
 * - `losing`: the connection is cut after the request was written, before anything read it; look-ups work
 * - `silent`: records payments and never answers anything
 * - `dawdling`: the body of a payment takes `dawdleMs` to arrive, and holds its place in the limiter meanwhile
 */
export type ProcessorFault = 'down' | 'limiting' | 'rejecting' | 'cutting' | 'losing' | 'silent' | 'dawdling'

export interface SimProcessorOptions extends ProcessorOptions {
  readonly name: string
  /** The way there, and again the way back. */
  readonly networkMs: Spread
  /** What a payment takes besides the delay: reading, the insert. */
  readonly serviceMs: Spread
  readonly dawdleMs: number
}

const usual: Omit<SimProcessorOptions, 'name'> = {
  ...officialProcessor,
  networkMs: { minMs: 0.1, maxMs: 0.6 },
  serviceMs: { minMs: 0.3, maxMs: 2 },
  dawdleMs: 2000,
  // A run is as long as it is; nobody purges.
  paymentCountMax: Number.POSITIVE_INFINITY,
}

/**
 * A payment processor of the challenge, in virtual time: the model, behind a network and the faults that a schedule does
 * not know. What an answer means is what the shipping tables say of its status.
 */
export class SimProcessor implements SimPort {
  readonly name: string
  readonly #model: ProcessorModel
  readonly #world: World
  readonly #options: SimProcessorOptions
  readonly #prng: Prng
  #fault: ProcessorFault | undefined
  #faultShare = 1
  #healthCallCount = 0

  constructor(world: World, options: Partial<SimProcessorOptions> & { readonly name: string }) {
    this.#world = world
    this.#options = { ...usual, ...options }
    this.name = options.name
    this.#prng = world.stream()
    this.#model = new ProcessorModel(this.#options, {
      nowMs: () => world.nowMs,
      after: (delayMs, run) => world.after(delayMs, run),
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

  /** Health calls that arrived, for a poll budget. */
  get healthCallCount(): number {
    return this.#healthCallCount
  }

  setStage({ delayMs, failing }: ProcessorStage): void {
    assert(delayMs >= 0, 'a delay is not negative')
    this.#model.delayMs = delayMs
    this.#model.failing = failing
  }

  /** From now on each request meets `fault` with probability `share`. Without one: none. */
  setFault(fault?: ProcessorFault, share = 1): void {
    this.#fault = fault
    this.#faultShare = share
  }

  pay(payment: ProcessorPayment, reply: (outcome: AttemptOutcome) => void): void {
    const fault = this.#roll()
    if (fault === 'down') return this.#tell(reply, refusedConnection)
    if (fault === 'losing') return this.#tell(reply, lost)
    const body = fault === 'rejecting' ? 400 : payment
    const answered = (status: PaymentStatus) => this.#answered(status, fault, reply)
    this.#world.after(this.#networkMs(), () => {
      if (fault === 'limiting') return answered(429)
      const call = this.#model.arrive(answered)
      if (fault !== 'dawdling') return this.#model.bodyArrived(call, body)
      this.#world.after(this.#options.dawdleMs, () => this.#model.bodyArrived(call, body))
    })
  }

  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void {
    const fault = this.#roll()
    if (fault === 'down') return this.#tell(reply, notReachable)
    const answered = (answer: LookUpAnswer) => {
      if (fault === 'silent') return
      const body = answer.status === 200 ? printPaymentBody(answer.payment) : ''
      this.#tell(reply, classifyLookup(answer.status, body, correlationId))
    }
    this.#world.after(this.#networkMs(), () => {
      if (fault === 'limiting') answered({ status: 429 })
      else this.#model.lookUp(correlationId, answered)
    })
  }

  health(reply: (outcome: HealthOutcome) => void): void {
    const fault = this.#roll()
    if (fault === 'down') return this.#tell(reply, notReachable)
    this.#world.after(this.#networkMs(), () => {
      this.#healthCallCount += 1
      this.#model.health(answer => {
        if (fault !== 'silent') this.#tell(reply, classifyHealth(answer.status, printHealth(answer)))
      })
    })
  }

  #answered(
    status: PaymentStatus,
    fault: ProcessorFault | undefined,
    reply: (outcome: AttemptOutcome) => void,
  ): void {
    const outcome = outcomes[status]
    if (status !== 429 && status !== 400) this.#world.note(outcome.kind, this.books.count)
    if (fault === 'cutting') this.#tell(reply, lost)
    else if (fault !== 'silent') this.#tell(reply, outcome)
  }

  #tell<Outcome>(reply: (outcome: Outcome) => void, outcome: Outcome): void {
    this.#world.after(this.#networkMs(), () => reply(outcome))
  }

  #roll(): ProcessorFault | undefined {
    if (this.#fault === undefined) return undefined
    return this.#faultShare >= 1 || this.#prng.chance(this.#faultShare) ? this.#fault : undefined
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

/** Of each status once: a laboratory plays millions of payments. */
const outcomes: Readonly<Record<PaymentStatus, AttemptOutcome>> = {
  200: classifyAttempt(200),
  400: classifyAttempt(400),
  415: classifyAttempt(415),
  422: classifyAttempt(422),
  429: classifyAttempt(429),
  500: classifyAttempt(500),
  507: classifyAttempt(507),
}

const refusedConnection: AttemptOutcome = {
  kind: 'refused',
  sent: false,
  pushedBack: false,
  reason: 'connection refused',
}
const lost: AttemptOutcome = { kind: 'unknown', reason: 'the connection was cut' }
const notReachable = { kind: 'unknown', reason: 'connection refused' } as const
