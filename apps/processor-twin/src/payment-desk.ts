import { assert } from '@rinha/base'
import { unreadable } from './admin.ts'
import { type Answer, badRequest, internalServerError, tooManyRequests } from './answer.ts'
import { ConcurrencyLimiter } from './concurrency-limiter.ts'
import type { TwinOptions } from './options.ts'
import type { PaymentRequest, Processor } from './processor.ts'

/**
 * One `POST /payments` or `GET /payments/{id}` under way.
 *
 * `body` is set once all of it has come; a lookup has an empty one from the start.
 */
export interface Visit {
  readonly kind: 'payment' | 'lookup'
  /** The id in a lookup's path, empty for a payment. */
  readonly id: string
  readonly contentType: string
  body: Uint8Array | undefined
  running: boolean
  gone: boolean
  /** Never called for a client that is gone. */
  readonly reply: (answer: Answer) => void
}

/** Calls back once `delayMs` have passed. */
export type After = (delayMs: number, then: () => void) => void

/**
 * The way of a payment through the processor, in the original's order, which decides what a client may conclude from
 * an answer. What it trades: fidelity over protection. A client that gives up early is not noticed, so its payment
 * is still recorded; that is the trap which a careful client has to survive.
 *
 *   arrived ──limiter──> refused (429 at once)
 *      │ └─> waiting ──client goes away──> forgotten, nothing is recorded
 *      v        v
 *   running: body whole? ──client goes away before that──> left
 *      v
 *   validated ──415, 400──> answered
 *      v
 *   delayed (not for a lookup), whether or not the client is still there
 *      v
 *   concluded: the failure switch as it stands NOW says 500, or the insert says 200 or 422
 *
 * Invariants:
 *  1. A visit holds one place of the limiter from running until answered, whether or not its client is still there.
 *  2. Nothing is inserted before the delay is over, nor while the failure switch is on.
 *  3. A running payment whose body is whole is always concluded.
 */
export class PaymentDesk {
  readonly limiter: ConcurrencyLimiter<Visit>
  readonly #processor: Processor
  readonly #after: After
  readonly #tooMany: Answer
  /** Places that were left and not yet handed on; more than 0 only inside {@link release}. */
  #leftCount = 0

  constructor(processor: Processor, options: TwinOptions, after: After) {
    this.limiter = new ConcurrencyLimiter(options.runningCountMax, options.waitingCountMax)
    this.#processor = processor
    this.#after = after
    this.#tooMany = tooManyRequests(options.healthWindowMs)
  }

  arrive(visit: Visit): void {
    switch (this.limiter.enter(visit)) {
      case 'running':
        return this.#run(visit)
      case 'refused':
        return visit.reply(this.#tooMany)
      case 'waiting':
    }
  }

  /** The last byte of a payment's body is here. */
  bodyArrived(visit: Visit, body: Uint8Array): void {
    assert(visit.body === undefined, 'a body arrives once')
    visit.body = body
    if (visit.running) this.begin(visit)
  }

  /** The client closed its connection. */
  goneAway(visit: Visit): void {
    visit.gone = true
    if (!visit.running) this.limiter.abandon(visit)
    else if (visit.body === undefined) this.release()
  }

  /** Running and whole: what happens before the delay. */
  begin(visit: Visit): void {
    assert(visit.running && visit.body !== undefined, 'a visit begins when it runs and its body is whole')
    if (visit.kind === 'lookup') return this.finish(visit, this.#processor.lookup(visit.id))
    const refusal = unreadable({ contentType: visit.contentType, body: visit.body })
    if (refusal !== undefined) return this.finish(visit, refusal)
    const payment = this.#processor.readPayment(visit.body)
    if (payment === undefined) return this.finish(visit, badRequest)
    this.delay(visit, payment)
  }

  delay(visit: Visit, payment: PaymentRequest): void {
    const conclude = () => this.finish(visit, this.conclude(visit, payment))
    if (this.#processor.delayMs > 0) this.#after(this.#processor.delayMs, conclude)
    else conclude()
  }

  conclude(_visit: Visit, payment: PaymentRequest): Answer {
    return this.#processor.failing ? internalServerError : this.#processor.record(payment)
  }

  finish(visit: Visit, answer: Answer): void {
    if (!visit.gone) visit.reply(answer)
    this.release()
  }

  /** Hands a place on. A loop, because a lookup that follows is done at once and leaves a place in its turn. */
  release(): void {
    this.#leftCount += 1
    if (this.#leftCount > 1) return
    for (; this.#leftCount > 0; this.#leftCount -= 1) {
      const next = this.limiter.leave()
      if (next !== undefined) this.#run(next)
    }
  }

  #run(visit: Visit): void {
    visit.running = true
    if (visit.body !== undefined) this.begin(visit)
  }
}
