import { Prng } from '@rinha/base'
import type { BulkOrder, Coordinator } from '@rinha/coordinator'
import type { Attention, Order, Sending } from '@rinha/engine'
import { parseCorrelationId } from '@rinha/payment'
import { type PolicyName, policyNames } from '@rinha/routing'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { intruderReason } from './intruder.ts'
import type { Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { LogWatch } from './replicated/log-watch.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import { engineOptions, feesBpsOf, processorNames } from './watched-engine.ts'

export interface OperatorContext {
  readonly world: World
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly tally: Tally
  readonly processors: readonly SimProcessor[]
  readonly plan: Plan
  /** What the operator allows to be sent to each processor. */
  readonly sending: Sending[]
  readonly coordinator: () => RunningCoordinator | undefined
  readonly keepFees: (running: RunningCoordinator, feesBps: readonly number[]) => void
  /** The replicated log, where there is one. */
  readonly log: LogWatch | undefined
}

const sendings: readonly Sending[] = ['on', 'on', 'paused', 'draining']
/** How often the operator also changes settings. */
const configureChance = 0.3
const lookMsMax = 2000
/** The ledger remembers at least this many attempts of an open payment. */
const attemptsRememberedMax = 16
/** How often a look is one at which a mistake is made. */
const mistakeChance = 0.2
/** And one at which all rejected payments are decided about together. */
const bulkChance = 0.1
const discardChance = 0.3
const shardSeedStep = 1_000_003

/**
 * The simulated person. About every second it reads what only a person can end, and ends it truthfully, by the
 * processors' books and what is still on its way to them. Resubmits or discards each rejected payment once, now and
 * then all of them together, and now and then orders what must be refused. A payment that it has discarded is not shown
 * to it again.
 */
export class Operator {
  readonly #context: OperatorContext
  readonly #prng: Prng
  readonly #handPrng: Prng
  readonly #feePrng: Prng
  readonly #decided = new Set<Posted>()
  /** The coordinator was told about them. */
  readonly #discarded = new Set<Posted>()
  /** The coordinator that got the last order, and whether a bulk order is still being carried out there. */
  #served: Coordinator | undefined
  #isBusy = false
  /** It is written down there what a person has set. */
  #noting: RunningCoordinator | undefined
  #healed = false

  constructor(context: OperatorContext) {
    this.#context = context
    this.#prng = context.world.stream()
    // Each shard has settings of its own.
    const seed = context.plan.seed + shardSeedStep * context.plan.shard.index
    this.#handPrng = new Prng(seed)
    this.#feePrng = new Prng(seed ^ 0x66656573)
  }

  begin(): void {
    this.#context.world.after(this.#prng.unit() * lookMsMax, () => {
      this.#look()
      this.begin()
    })
  }

  /** The end phase: it starts nothing again, resumes all sending, and restores the settings of the start. */
  heal(): void {
    this.#healed = true
    if (this.#context.log !== undefined) return this.#resume()
    this.#put(feesBpsOf(this.#context.plan))
    this.#operate('on')
  }

  /** Pauses, drains and resumes processors now and then. */
  beginOperating(): void {
    const { world, plan } = this.#context
    if (plan.operateEveryMs === Number.POSITIVE_INFINITY) return
    world.after(this.#handPrng.unit() * 2 * plan.operateEveryMs, () => {
      if (this.#healed) return
      if (this.#handPrng.chance(configureChance)) this.#configure()
      const sending = sendings[this.#handPrng.integer(0, sendings.length - 1)] ?? 'on'
      const isForAll = this.#handPrng.chance(0.3)
      const processor = isForAll ? undefined : this.#handPrng.integer(0, plan.processorCount - 1)
      this.#operate(sending, processor)
      this.beginOperating()
    })
  }

  /** Fees are priced and written down first, as what ships does it. */
  #put(feesBps: readonly number[], policy?: PolicyName, inFlightCountMax?: number): void {
    const { plan } = this.#context
    const running = this.#context.coordinator()
    if (running === undefined) return
    const options = engineOptions(plan, policy, inFlightCountMax, feesBps)
    running.coordinator.tell({ kind: 'price', fees: options.lanes })
    this.#context.keepFees(running, feesBps)
    running.coordinator.configure({ ...options, queueWaitMsMax: plan.queueWaitMsMax })
  }

  /** Another policy, fewer attempts at once, and other fees. */
  #configure(): void {
    const { plan, tally, trace } = this.#context
    const policy = this.#handPrng.pick(policyNames)
    const inFlightCountMax = this.#handPrng.integer(plan.inFlightCountInitial, plan.inFlightCountMax)
    if (this.#context.log !== undefined) return this.#price()
    tally.faults['configured by a person'] += 1
    trace.note(`the operator sets ${policy}`, inFlightCountMax)
    this.#put(this.#otherFees(), policy, inFlightCountMax)
  }

  #otherFees(): readonly number[] {
    return feesBpsOf(this.#context.plan).map(feeBps => feeBps + this.#feePrng.integer(-400, 400))
  }

  /** Changes what may be sent to one processor, or to all. It does nothing if no coordinator runs that could be told. */
  #operate(sending: Sending, processor?: number): void {
    const running = this.#context.coordinator()
    const { tally, trace, sending: all } = this.#context
    if (this.#context.log !== undefined) return this.#operateNoted(sending, processor)
    // The healing at the end also applies to the next coordinator.
    if (running === undefined && !this.#healed) return
    if (sending !== 'on') tally.faults['paused or drained by a person'] += 1
    trace.note(`the operator says ${sending}`, processor ?? -1)
    if (processor === undefined) all.fill(sending)
    else all[processor] = sending
    running?.coordinator.operate(sending, processor === undefined ? undefined : processorNames[processor])
  }

  /** Other fees, which the next leader has to have. */
  #price(): void {
    const running = this.#context.coordinator()
    if (running === undefined || this.#noting === running) return
    const { lanes } = engineOptions(this.#context.plan, undefined, undefined, this.#otherFees())
    running.coordinator.tell({ kind: 'price', fees: lanes })
    this.#note(running, { topic: 'fees', text: JSON.stringify(running.coordinator.fees.all) }, () => {
      this.#context.tally.faults['configured by a person'] += 1
    })
  }

  /** A pause is in the log before it is in force, as what ships does it. */
  #operateNoted(sending: Sending, processor: number | undefined): void {
    const { tally, trace, sending: all } = this.#context
    const running = this.#context.coordinator()
    if (running === undefined || this.#noting === running) return
    const { coordinator } = running
    const name = processor === undefined ? undefined : processorNames[processor]
    const judged = coordinator.judgeSending(sending, name)
    if (!judged.ok) return
    this.#note(running, { topic: 'sending', text: JSON.stringify(judged.value.after) }, () => {
      if (sending !== 'on') tally.faults['paused or drained by a person'] += 1
      trace.note(`the operator says ${sending}`, processor ?? -1)
      for (const index of judged.value.changed) all[index] = sending
      coordinator.operate(sending, name)
    })
  }

  /** Until all processors are sent to again. */
  #resume(): void {
    if (this.#context.sending.some(sending => sending !== 'on')) this.#operateNoted('on', undefined)
    this.#context.world.after(lookMsMax, () => this.#resume())
  }

  /** `done`: the note is in the log, and the coordinator still leads. */
  #note(running: RunningCoordinator, note: Parameters<Coordinator['note']>[0], done: () => void): void {
    const { log, trace, coordinator } = this.#context
    this.#noting = running
    running.coordinator.note(note, ({ ok }) => {
      if (coordinator() !== running) return
      this.#noting = undefined
      if (!ok) return
      if (log?.notes.get(note.topic) !== note.text)
        trace.blame('conservation', `a change of ${note.topic} is confirmed, and the log does not have it`)
      done()
    })
  }

  #look(): void {
    const running = this.#context.coordinator()
    if (running === undefined) return
    if (running.coordinator !== this.#served) this.#meet(running.coordinator)
    if (this.#isBusy) return
    const { attention, rejected } = running.coordinator.attention()
    for (const { correlationId, processor, reason } of attention) {
      if (reason.endsWith('another requestedAt')) this.#checkInstant(this.#of(correlationId), processor)
      this.#resolve(this.#of(correlationId), processor)
    }
    // Payments in the journal that a second coordinator has left belong to no client.
    const ours = rejected.filter(({ reason }) => reason !== intruderReason)
    for (const { correlationId } of ours) this.#checkDiscarded(this.#of(correlationId))
    if (!this.#healed) this.#decide(ours)
    if (this.#prng.chance(mistakeChance)) this.#mistake()
  }

  /** A record counts as foreign if no remembered attempt was sent with its instant. */
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
    // A request under way may still be recorded, so the operator cannot decide.
    if (!isThere && payment.underWayCount > 0) return
    this.#context.tally.faults['ended by a person'] += 1
    this.#context.trace.note('resolve', number, isThere ? 1 : 0)
    payment.resolved = true
    this.#order(
      payment,
      isThere
        ? { kind: 'resolve', correlationId, ending: 'recorded', requestedAtMs: books.requestedAtMs(row) }
        : { kind: 'resolve', correlationId, ending: 'notRecorded' },
    )
  }

  #decide(rejected: Attention['rejected']): void {
    const [first] = rejected
    if (first !== undefined && this.#prng.chance(bulkChance)) {
      const isAll = this.#context.plan.intruder === 'none' && this.#prng.chance(0.5)
      return this.#orderMany(isAll ? { all: true } : { reason: first.reason }, rejected)
    }
    for (const listed of rejected) {
      const payment = this.#of(listed.correlationId)
      if (payment.forgotten || this.#decided.has(payment)) continue
      this.#decided.add(payment)
      this.#orderMany({ ids: [payment.id] }, [listed])
    }
  }

  /** Resubmits or discards. `listed`: those that it may mean. */
  #orderMany(which: BulkOrder['which'], listed: Attention['rejected']): void {
    const { posted, trace, tally } = this.#context
    const kind = this.#prng.chance(discardChance) ? 'discard' : 'resubmit'
    const meant = listed
      .filter(
        ({ correlationId, reason }) =>
          'all' in which || ('ids' in which ? which.ids.includes(correlationId) : which.reason === reason),
      )
      .map(({ correlationId }) => this.#of(correlationId))
    tally.faults[kind === 'discard' ? 'discarded by a person' : 'resubmitted by a person'] += meant.length
    trace.note(kind, meant[0]?.number, meant.length)
    this.#isBusy = true
    this.#served?.orderMany({ kind, which }, answer => {
      this.#isBusy = false
      for (const payment of posted.all) if (payment.releasedCount > 0) this.#released(payment, answer.ok)
      if (answer.ok && kind === 'discard') for (const payment of meant) this.#discarded.add(payment)
    })
  }

  /** A new coordinator process. Orders that the old one had not confirmed may not have been carried out. */
  #meet(coordinator: Coordinator): void {
    this.#served = coordinator
    this.#isBusy = false
    for (const payment of this.#context.posted.all) payment.releasedCount = 0
  }

  #checkDiscarded(payment: Posted): void {
    if (!this.#discarded.has(payment) || payment.forgotten || this.#context.plan.intruder !== 'none') return
    this.#context.trace.blame(
      'conservation',
      `payment ${payment.number} was discarded, and waits for a person again`,
    )
  }

  /** Resubmits a payment that is settled, or discarded. */
  #mistake(): void {
    const { posted, trace } = this.#context
    const any = posted.all[this.#prng.integer(0, Math.max(0, posted.all.length - 1))]
    const [given] = [...this.#discarded].filter(({ forgotten }) => !forgotten)
    const payment = given !== undefined && this.#prng.chance(0.5) ? given : any
    const running = this.#context.coordinator()
    if (payment === undefined || running === undefined) return
    if (payment !== given && running.engine.status(payment.correlationId).state !== 'settled') return
    running.coordinator.order({ kind: 'resubmit', correlationId: payment.correlationId }, answer => {
      if (answer.ok) trace.blame('once', `payment ${payment.number} has ended, and was resubmitted`)
    })
  }

  #order(payment: Posted, order: Order): void {
    this.#served?.order(order, answer => this.#released(payment, answer.ok))
  }

  /** From now on no process may make an attempt of an earlier time again. */
  #released(payment: Posted, isDone: boolean): void {
    if (isDone) payment.attempts.splice(0, payment.releasedCount)
    payment.releasedCount = 0
  }

  #of(id: string): Posted {
    return this.#context.posted.of(parseCorrelationId(id) ?? new Uint8Array(16))
  }
}
