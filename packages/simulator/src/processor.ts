import { assert, type Prng } from '@rinha/base'
import type { AttemptOutcome, HealthOutcome, LookupOutcome } from '@rinha/payment'
import type { ProcessorPayment } from '@rinha/processor'
import { Books } from './books.ts'
import { HealthWindow, type HealthWindowOptions, officialHealthWindow } from './health-window.ts'
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

export interface SimProcessorOptions {
  readonly name: string
  readonly runningCountMax: number
  readonly waitingCountMax: number
  /** The way there, and again the way back. */
  readonly networkMs: Spread
  /** What a payment takes besides the delay: reading, the insert. */
  readonly serviceMs: Spread
  readonly dawdleMs: number
  readonly healthWindow: HealthWindowOptions
}

export const officialProcessor: Omit<SimProcessorOptions, 'name'> = {
  runningCountMax: 800,
  waitingCountMax: 500,
  networkMs: { minMs: 0.1, maxMs: 0.6 },
  serviceMs: { minMs: 0.3, maxMs: 2 },
  dawdleMs: 2000,
  healthWindow: officialHealthWindow,
}

/** A payment on its way through. */
interface Visit {
  readonly correlationId: Uint8Array
  readonly amountCents: number
  readonly requestedAtMs: number
  readonly reply: (outcome: AttemptOutcome) => void
  readonly fault: ProcessorFault | undefined
}

/**
 * A payment processor of the challenge, in virtual time. What its filters do, and in which order, decides what a caller
 * may conclude from an answer:
 *
 *   arrived ──limiter──> 429 at once, where so many run and so many wait
 *      v
 *   running ──fault `rejecting`──> 400
 *      v
 *   delayed, by the delay that stands when the delay begins
 *      v
 *   failing, as it stands when the delay ends: 500, nothing inserted
 *      v
 *   inserted (200), or there already (422)
 *
 * What it models only roughly: its own CPU. Service time is drawn and does not grow with load.
 *
 * Invariants:
 *   P1. At most `runningCountMax` run and `waitingCountMax` wait; who waited longest runs next.
 *   P2. Nothing is inserted before its delay is over, nor while failing.
 *   P3. What runs is concluded whether or not its caller is still there.
 *   P4. A look-up is neither delayed nor failing, and shares the limiter: it needs a place there for an instant.
 */
export class SimProcessor implements SimPort {
  readonly name: string
  readonly books = new Books()
  readonly #world: World
  readonly #options: SimProcessorOptions
  readonly #prng: Prng
  readonly #healthWindow: HealthWindow
  #stage: ProcessorStage = { delayMs: 0, failing: false }
  #fault: ProcessorFault | undefined
  #faultShare = 1
  #runningCount = 0
  readonly #waiting: (() => void)[] = []
  #waitingHead = 0
  #healthCallCount = 0

  constructor(world: World, options: Partial<SimProcessorOptions> & { readonly name: string }) {
    this.#world = world
    this.#options = { ...officialProcessor, ...options }
    this.name = options.name
    this.#prng = world.stream()
    this.#healthWindow = new HealthWindow(world, this.#options.healthWindow)
  }

  get stage(): ProcessorStage {
    return this.#stage
  }

  get runningCount(): number {
    return this.#runningCount
  }

  get waitingCount(): number {
    return this.#waiting.length - this.#waitingHead
  }

  /** Health calls that arrived, for a poll budget. */
  get healthCallCount(): number {
    return this.#healthCallCount
  }

  setStage(stage: ProcessorStage): void {
    assert(stage.delayMs >= 0, 'a delay is not negative')
    this.#stage = stage
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
    const { correlationId, amountCents, requestedAtMs } = payment
    const visit: Visit = { correlationId, amountCents, requestedAtMs, reply, fault }
    this.#world.after(this.#networkMs(), () => this.#arrive(visit))
  }

  lookUp(correlationId: Uint8Array, reply: (outcome: LookupOutcome) => void): void {
    const fault = this.#roll()
    if (fault === 'down') return this.#tell(reply, notReachable)
    const answer = () => {
      if (fault !== 'silent') this.#tell(reply, this.#found(correlationId))
    }
    this.#world.after(this.#networkMs(), () => {
      if (fault === 'limiting' || this.#isFull) this.#tell(reply, lookUpPushedBack)
      else if (this.#runningCount < this.#options.runningCountMax) answer()
      else
        this.#waiting.push(() => {
          answer()
          this.#release()
        })
    })
  }

  health(reply: (outcome: HealthOutcome) => void): void {
    const fault = this.#roll()
    if (fault === 'down') return this.#tell(reply, notReachable)
    this.#world.after(this.#networkMs(), () => {
      this.#healthCallCount += 1
      const granted = () => {
        const { failing, delayMs } = this.#stage
        if (fault !== 'silent')
          this.#tell(reply, { kind: 'answered', failing, minResponseTimeMs: Math.round(delayMs) })
      }
      if (!this.#healthWindow.ask(granted)) this.#tell(reply, healthPushedBack)
    })
  }

  #arrive(visit: Visit): void {
    if (visit.fault === 'limiting' || this.#isFull) return this.#tell(visit.reply, pushedBack)
    if (this.#runningCount < this.#options.runningCountMax) {
      this.#runningCount += 1
      this.#run(visit)
    } else this.#waiting.push(() => this.#run(visit))
  }

  #run(visit: Visit): void {
    if (visit.fault === 'dawdling') {
      this.#world.after(this.#options.dawdleMs, () => this.#begin(visit))
    } else this.#begin(visit)
  }

  #begin(visit: Visit): void {
    if (visit.fault === 'rejecting') {
      this.#tell(visit.reply, rejected)
      return this.#release()
    }
    const serviceMs = this.#draw(this.#options.serviceMs)
    this.#world.after(this.#stage.delayMs + serviceMs, () => this.#conclude(visit))
  }

  #conclude(visit: Visit): void {
    const outcome = this.#stage.failing ? answered500 : this.#insert(visit)
    this.#world.note(outcome.kind, this.books.count)
    if (visit.fault === 'cutting') this.#tell(visit.reply, lost)
    else if (visit.fault !== 'silent') this.#tell(visit.reply, outcome)
    this.#release()
  }

  #insert({ correlationId, amountCents, requestedAtMs }: Visit): AttemptOutcome {
    return this.books.record(correlationId, amountCents, requestedAtMs) ? recorded : duplicate
  }

  #found(correlationId: Uint8Array): LookupOutcome {
    const row = this.books.find(correlationId)
    if (row < 0) return absent
    return {
      kind: 'found',
      requestedAtMs: this.books.requestedAtMs(row),
      amountCents: this.books.rowAmountCents(row),
    }
  }

  get #isFull(): boolean {
    return (
      this.#runningCount >= this.#options.runningCountMax &&
      this.waitingCount >= this.#options.waitingCountMax
    )
  }

  /** A place is free: the next in line has it. */
  #release(): void {
    const next = this.#waiting[this.#waitingHead]
    if (next === undefined) {
      this.#runningCount -= 1
      return
    }
    this.#waitingHead += 1
    if (this.#waitingHead === this.#waiting.length) {
      this.#waiting.length = 0
      this.#waitingHead = 0
    }
    next()
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

const recorded: AttemptOutcome = { kind: 'recorded' }
const duplicate: AttemptOutcome = { kind: 'duplicate' }
const absent: LookupOutcome = { kind: 'absent' }
const answered500: AttemptOutcome = {
  kind: 'refused',
  sent: true,
  pushedBack: false,
  reason: 'the processor answered 500',
}
const pushedBack: AttemptOutcome = {
  kind: 'refused',
  sent: false,
  pushedBack: true,
  reason: 'the processor answered 429',
}
const refusedConnection: AttemptOutcome = {
  kind: 'refused',
  sent: false,
  pushedBack: false,
  reason: 'connection refused',
}
const lost: AttemptOutcome = { kind: 'unknown', reason: 'the connection was cut' }
const rejected: AttemptOutcome = { kind: 'rejected', reason: 'the processor answered 400' }
const notReachable = { kind: 'unknown', reason: 'connection refused' } as const
const lookUpPushedBack: LookupOutcome = { kind: 'unknown', reason: 'the look-up answered 429' }
const healthPushedBack: HealthOutcome = { kind: 'unknown', reason: 'the health endpoint answered 429' }
