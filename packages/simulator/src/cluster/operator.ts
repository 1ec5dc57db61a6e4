import type { Prng } from '@rinha/base'
import type { Order } from '@rinha/engine'
import { parseCorrelationId } from '@rinha/payment'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import type { Checkers } from './checkers.ts'
import { intruderReason } from './intruder.ts'
import type { Posted, PostedPayments } from './posted.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { processorNames } from './watched-engine.ts'

export interface OperatorContext {
  readonly world: World
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly processors: readonly SimProcessor[]
  readonly checkers: Pick<Checkers, 'onResubmitted'>
  readonly coordinator: () => Pick<RunningCoordinator, 'coordinator' | 'engine'> | undefined
}

const lookMsMax = 2000
/** So many attempts of an open payment are remembered at least. */
const attemptsRememberedMax = 16
/** How often a look is one at which a mistake is made. */
const mistakeChance = 0.2

/**
 * The person in the simulated world: reads every second or so what only a person can end, and ends it by the truth, which is
 * what the processors' books have and what is still on its way to them. Resubmits each rejected payment once, and now and
 * then orders what must be refused.
 */
export class Operator {
  readonly #context: OperatorContext
  readonly #prng: Prng
  readonly #resubmitted = new Set<Posted>()
  #healed = false

  constructor(context: OperatorContext) {
    this.#context = context
    this.#prng = context.world.stream()
  }

  begin(): void {
    this.#context.world.after(this.#prng.unit() * lookMsMax, () => {
      this.#look()
      this.begin()
    })
  }

  /** Everything is to end now: nothing that has ended is begun again. */
  heal(): void {
    this.#healed = true
  }

  #look(): void {
    const running = this.#context.coordinator()
    if (running === undefined) return
    const { attention, rejected } = running.coordinator.attention()
    for (const { correlationId, processor, reason } of attention) {
      if (reason.endsWith('another requestedAt')) this.#checkInstant(this.#of(correlationId), processor)
      this.#resolve(this.#of(correlationId), processor)
    }
    // What a second coordinator has left in the journal is nobody's payment.
    const ours = this.#healed ? [] : rejected.filter(({ reason }) => reason !== intruderReason)
    for (const { correlationId } of ours) this.#resubmit(this.#of(correlationId))
    if (this.#prng.chance(mistakeChance)) this.#mistake()
  }

  /** A record is taken for somebody else's: then no attempt that is remembered was sent with its instant. */
  #checkInstant(payment: Posted, processor: string): void {
    const { number, misled, forgotten, crashed, attempts } = payment
    if (misled || forgotten || crashed || attempts.length > attemptsRememberedMax) return
    const at = processorNames.indexOf(processor)
    const books = this.#context.processors[at]?.books
    const row = books?.find(payment.correlationId) ?? -1
    if (books === undefined || row < 0) return
    const isOurs = attempts.some(
      each => each.processor === at && each.requestedAtMs === books.requestedAtMs(row),
    )
    if (isOurs)
      this.#context.trace.blame('conservation', `payment ${number} is recorded by us, and not recognised`)
  }

  #resolve(payment: Posted, processor: string): void {
    if (payment.forgotten) return
    const { correlationId, amountCents, number } = payment
    const books = this.#context.processors[processorNames.indexOf(processor)]?.books
    const row = books?.find(correlationId) ?? -1
    const isThere = books !== undefined && row >= 0 && books.rowAmountCents(row) === amountCents
    // What is on its way may be recorded yet: nobody can say anything.
    if (!isThere && payment.underWayCount > 0) return
    this.#context.tally.faults['ended by a person'] += 1
    this.#context.trace.note('resolve', number, isThere ? 1 : 0)
    this.#order(
      payment,
      isThere
        ? { kind: 'resolve', correlationId, ending: 'recorded', requestedAtMs: books.requestedAtMs(row) }
        : { kind: 'resolve', correlationId, ending: 'notRecorded' },
    )
  }

  #resubmit(payment: Posted): void {
    if (payment.forgotten || this.#resubmitted.has(payment)) return
    this.#resubmitted.add(payment)
    this.#context.tally.faults['resubmitted by a person'] += 1
    this.#context.trace.note('resubmit', payment.number)
    this.#order(payment, { kind: 'resubmit', correlationId: payment.correlationId })
    this.#context.checkers.onResubmitted(payment)
  }

  /** Resubmits a payment that is settled. */
  #mistake(): void {
    const { posted, trace } = this.#context
    const payment = posted.all[this.#prng.integer(0, Math.max(0, posted.all.length - 1))]
    const running = this.#context.coordinator()
    if (payment === undefined || running?.engine.status(payment.correlationId).state !== 'settled') return
    running.coordinator.order({ kind: 'resubmit', correlationId: payment.correlationId }, answer => {
      if (answer.ok) trace.blame('once', `payment ${payment.number} is settled, and was resubmitted`)
    })
  }

  #order(payment: Posted, order: Order): void {
    this.#context.coordinator()?.coordinator.order(order, answer => {
      // From now on no process may make an attempt of before again.
      if (answer.ok) payment.attempts.splice(0, payment.releasedCount)
      payment.releasedCount = 0
    })
  }

  #of(id: string): Posted {
    return this.#context.posted.of(parseCorrelationId(id) ?? new Uint8Array(16))
  }
}
