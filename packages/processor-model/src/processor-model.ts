import { assert } from '@rinha/base'
import { Books, type BooksTotal } from './books.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import {
  bare,
  type Instead,
  type InsteadOfAnswer,
  insteadOfPayment,
  lieOf,
  noFaults,
  type ProcessorFaults,
} from './faults.ts'
import { HealthWindow } from './health-window.ts'
import { type Fate, NoiseSource, noNoise, type ProcessorNoise } from './noise.ts'
import type { ProcessorOptions } from './options.ts'
import type { ProcessorPorts } from './ports.ts'

/** A payment as it was asked for, types checked and nothing else. */
export interface PaymentRequest {
  /** 16 bytes. */
  readonly correlationId: Uint8Array
  readonly amountCents: number
  /** Milliseconds since the epoch; the processor keeps microseconds, which are the fraction. */
  readonly requestedAtMs: number
}

/** Why a body is no payment: it does not parse, or does not say that it is JSON. */
export type BodyRefusal = 400 | 415

/** The answer to `POST /payments`. */
export type PaymentStatus = 200 | 422 | 429 | 500 | BodyRefusal

/** The answer to `GET /payments/{id}`. */
export type LookUpAnswer =
  | { readonly status: 200; readonly payment: PaymentRequest }
  | { readonly status: 400 | 404 | 429 }

/** The answer to `GET /payments/service-health`. */
export type HealthAnswer =
  | { readonly status: 200; readonly failing: boolean; readonly minResponseTimeMs: number }
  | { readonly status: 429 }

/** A `POST /payments` or `GET /payments/{id}` under way. */
export interface Call {
  /** The whole request has arrived. */
  whole: boolean
  running: boolean
  gone: boolean
  /** Called when the request gets a place, if all of it had arrived before. */
  work: (() => void) | undefined
}

/** Never called if the client has gone. */
export interface PaymentCall extends Call {
  readonly reply: PaymentReply
  readonly fate: Fate
}

/** `instead` replaces the status: another answer, or a reset. */
export type PaymentReply = (status: PaymentStatus, instead?: InsteadOfAnswer) => void

/**
 * A payment processor of the challenge, without HTTP. The order of its filters is the original's, which decides what a
 * client may conclude from an answer. It behaves as the original does, not as a protective server would. Example: it
 * does not notice a client that gives up early, so that client's payment is still recorded.
 *
 *   arrived ──limiter──> 429 at once
 *      │ └─> waiting ──client goes away──> forgotten, nothing is recorded
 *      v        v
 *   running: body whole? ──client goes away before that──> left
 *      v
 *   validated ──415, 400──> answered
 *      v
 *   delayed (not for a look-up) by the delay as it stands NOW, whether or not the client is still there
 *      v
 *   concluded: the failure switch as it stands NOW says 500, or the insert says 200 or 422
 *
 * Invariants:
 *  P1. A call holds one place of the limiter from running until answered, whether or not its client is still there.
 *  P2. Nothing is inserted before the delay is over, nor while the failure switch is on (but by a fault).
 *  P3. A running payment whose body is whole is always concluded.
 *  P4. A look-up is neither delayed nor failing, and shares the limiter: it needs a place there for an instant.
 *
 * `faults` are further misbehaviours of real processors and of gateways before them; by default there are none. `noise`
 * is the same by chance: a push-back stands before the limiter, a reset before the insert takes the place of the delay,
 * and a late, lost or failed answer comes after the conclusion, for 200 and 422 alike. A 500 is told as it is.
 *
 * What it models only roughly: its own CPU. Service times grow with load only where noise says so.
 */
export class ProcessorModel {
  token: string
  delayMs: number
  failing: boolean
  faults: ProcessorFaults = noFaults
  readonly books: Books
  readonly limiter: ConcurrencyLimiter<Call>
  readonly healthWindow: HealthWindow
  readonly #ports: ProcessorPorts
  /** Places that were left and not yet handed on; more than 0 only inside {@link release}. */
  #leftCount = 0
  /** Payments concluded since the faults are these. */
  #concludedCount = 0
  #noise: NoiseSource
  /** Recorded, and not yet found by look-ups, by their ids in hex. */
  readonly #notYetFound = new Set<string>()

  constructor(options: ProcessorOptions, ports: ProcessorPorts) {
    this.token = options.token
    this.delayMs = options.delayMs
    this.failing = options.failing
    this.books = new Books(options.paymentCountMax)
    this.limiter = new ConcurrencyLimiter(options.runningCountMax, options.waitingCountMax)
    this.healthWindow = new HealthWindow(options, ports)
    this.#ports = ports
    this.#noise = new NoiseSource(noNoise, ports)
  }

  get noise(): ProcessorNoise {
    return this.#noise.noise
  }

  /** The processor rests then, and its limit of payments a second begins anew. */
  set noise(noise: ProcessorNoise) {
    this.#noise = new NoiseSource(noise, this.#ports)
  }

  /** A payment arrives; {@link bodyArrived} says what it is. */
  arrive(reply: PaymentReply): PaymentCall {
    const fate = this.#noise.fateOfPayment()
    const call: PaymentCall = { whole: false, running: false, gone: false, work: undefined, reply, fate }
    if (fate === 'pushedBack') reply(429, bare(429))
    else if (!this.#enter(call)) reply(429)
    return call
  }

  /** The last byte of a payment is here. */
  bodyArrived(call: PaymentCall, body: PaymentRequest | BodyRefusal): void {
    assert(!call.whole, 'a body arrives once')
    call.whole = true
    if (call.running) this.begin(call, body)
    else call.work = () => this.begin(call, body)
  }

  /** A look-up arrives, of no id where the one it names cannot be read. */
  lookUp(
    correlationId: Uint8Array | undefined,
    reply: (answer: LookUpAnswer, instead?: InsteadOfAnswer) => void,
  ): Call {
    const fate = this.#noise.fateOfLookUp()
    const work = () => {
      if (!call.gone) {
        const truth = this.find(correlationId)
        const answer = lieOf(this.faults, truth)
        if (fate !== 'sound') reply(truth, 'reset')
        else if ('body' in answer) reply(truth, answer)
        else reply(answer)
      }
      this.release()
    }
    const call: Call = { whole: true, running: false, gone: false, work }
    if (fate === 'pushedBack') reply({ status: 429 }, bare(429))
    else if (!this.#enter(call)) reply({ status: 429 })
    return call
  }

  /** The client closed its connection before it was answered. */
  goneAway(call: Call): void {
    call.gone = true
    if (!call.running) this.limiter.abandon(call)
    else if (!call.whole) this.release()
  }

  /** Answers when the call's window comes, with the switches of that time. The returned function ends the wait. */
  health(reply: (answer: HealthAnswer) => void): () => void {
    const granted = () =>
      reply({
        status: 200,
        failing: this.failing || this.faults.healthFailing,
        minResponseTimeMs: this.delayMs,
      })
    if (!this.healthWindow.ask(granted)) reply({ status: 429 })
    return () => this.healthWindow.abandon(granted)
  }

  /** Admin calls are for who knows the token. They pass no limiter, no delay and no failure. */
  authorizes(token: string): boolean {
    return token === this.token
  }

  /** What was requested from one instant to the other, both included; everything where either is missing. */
  summary(fromMs: number | undefined, toMs: number | undefined): BooksTotal {
    if (fromMs === undefined || toMs === undefined) return this.books.total
    return this.books.sum(fromMs, toMs)
  }

  /** Running and whole: what happens before the delay. */
  begin(call: PaymentCall, body: PaymentRequest | BodyRefusal): void {
    if (typeof body === 'number') this.finish(call, body)
    else if (call.fate === 'resetBefore') this.finish(call, 500, 'reset')
    else this.delay(call, body)
  }

  delay(call: PaymentCall, payment: PaymentRequest): void {
    const tailMs = this.#noise.tailMs()
    const [tailBeforeMs, tailAfterMs] = this.noise.tailAfterInsert ? [0, tailMs] : [tailMs, 0]
    const waitMs =
      Math.max(0, this.delayMs) +
      (this.#ports.serviceMs?.() ?? 0) +
      this.#noise.loadMs(this.limiter.runningCount) +
      tailBeforeMs
    const conclude = () => {
      const instead = insteadOfPayment(this.faults, this.#concludedCount)
      this.#concludedCount += 1
      if (instead !== undefined && instead.status !== 0) return this.#misbehave(call, payment, instead)
      const status = this.conclude(call, payment)
      const finish = () => this.finish(call, status, insteadOfAnswer(call.fate, status) ?? instead)
      if (tailAfterMs > 0) this.#ports.after(tailAfterMs, finish)
      else finish()
    }
    if (waitMs > 0) this.#ports.after(waitMs, conclude)
    else conclude()
  }

  conclude(_call: PaymentCall, payment: PaymentRequest): PaymentStatus {
    return this.failing ? 500 : this.insert(payment)
  }

  insert({ correlationId, amountCents, requestedAtMs }: PaymentRequest): PaymentStatus {
    const status = insertStatus[this.books.record(correlationId, amountCents, requestedAtMs)]
    const { lookUpStaleMs } = this.faults
    if (lookUpStaleMs > 0 && status === 200) {
      const key = String(correlationId)
      this.#notYetFound.add(key)
      this.#ports.after(lookUpStaleMs, () => this.#notYetFound.delete(key))
    }
    return status
  }

  find(correlationId: Uint8Array | undefined): LookUpAnswer {
    if (correlationId === undefined) return { status: 400 }
    const row = this.books.find(correlationId)
    if (row < 0 || this.#isNotYetFound(correlationId)) return { status: 404 }
    const amountCents = this.books.rowAmountCents(row)
    return {
      status: 200,
      payment: { correlationId, amountCents, requestedAtMs: this.books.requestedAtMs(row) },
    }
  }

  finish(call: PaymentCall, status: PaymentStatus, instead?: InsteadOfAnswer): void {
    if (!call.gone) call.reply(status, instead)
    this.release()
  }

  /** Hands a place on. A loop, because a look-up that follows is done at once and leaves a place in its turn. */
  release(): void {
    this.#leftCount += 1
    if (this.#leftCount > 1) return
    for (; this.#leftCount > 0; this.#leftCount -= 1) {
      const next = this.limiter.leave()
      if (next !== undefined) this.#run(next)
    }
  }

  /** Answers what the fault says; whether the payment is recorded, and when, is the fault's, too. */
  #misbehave(call: PaymentCall, payment: PaymentRequest, instead: Instead): void {
    const { insertAfterMs } = this.faults
    if (insertAfterMs === 0) this.insert(payment)
    else if (insertAfterMs > 0) this.#ports.after(insertAfterMs, () => this.insert(payment))
    this.finish(call, 500, instead)
  }

  #isNotYetFound(correlationId: Uint8Array): boolean {
    return (
      this.#notYetFound.size > 0 &&
      this.faults.lookUpStaleMs > 0 &&
      this.#notYetFound.has(String(correlationId))
    )
  }

  /** False if the request is turned away. */
  #enter(call: Call): boolean {
    const place = this.limiter.enter(call)
    if (place === 'running') this.#run(call)
    return place !== 'refused'
  }

  #run(call: Call): void {
    call.running = true
    call.work?.()
  }
}

function insteadOfAnswer(fate: Fate, status: PaymentStatus): InsteadOfAnswer | undefined {
  if (status === 500) return undefined
  if (fate === 'resetAfter') return 'reset'
  return fate === 'failedAfter' ? bare(503) : undefined
}

/** Full books fail as the original's database would: 500, and nothing is inserted. */
const insertStatus = { recorded: 200, duplicate: 422, full: 500 } as const
