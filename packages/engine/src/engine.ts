import { assert, type Result, type Time, unreachable } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import {
  type LedgerImage,
  type PaymentStatus,
  type ProcessorTotal,
  paymentRecordBytes,
  paymentState,
} from '@rinha/payment'
import { AuditGuard, Lane, PollSchedule, type Sending } from '@rinha/routing'
import { Attempts } from './attempts.ts'
import {
  type Attention,
  type AttentionQuery,
  type AttentionSources,
  attention,
  attentionPage,
} from './attention.ts'
import { BatchIds } from './batch-ids.ts'
import { Conflicts } from './conflicts.ts'
import { Decisions } from './decisions.ts'
import { Dispatcher } from './dispatcher.ts'
import type { EngineEvent, QueueStatus, Step } from './events.ts'
import { FeePeriods } from './fee-periods.ts'
import { checkInvariants } from './invariants.ts'
import { KnownPayments } from './known-payments.ts'
import { assertInOrder, guardMsOf } from './lane-options.ts'
import { Newcomers } from './newcomers.ts'
import type { EngineOptions, EngineSettings } from './options.ts'
import { judgeOrder, type Order, type OrderedFact, type OrderProblem } from './orders.ts'
import { type PageQuery, pageOf } from './page.ts'
import { PaymentQueue } from './payment-queue.ts'
import { type PaymentRow, paymentRow, queueStatus } from './report.ts'
import { Retention, type Retirement } from './retention.ts'
import { Watermark } from './watermark.ts'

/**
 * The coordinator's mind: a state machine that is told events with the time and answers with facts and effects. It opens no
 * socket, reads no clock and rolls no dice, so that the same events give the same decisions, in a test, in a
 * simulation and in production. Its Elixir counterpart is the state of a GenServer; `step` is its `handle_cast`.
 *
 * It gives up parallelism for one order of events: no two decisions are made at once, so they need no lock, transaction
 * or consensus. One process can decide far more payments a second than the processors take.
 *
 * It decides, then applies: a step changes a payment only by facts, each through `Ledger.apply`, which is also how a
 * journal is replayed and a standby follows. The facts alone are enough to rebuild this engine's ledger. {@link
 * Engine}'s constructor rebuilds the rest (queue order, pauses, what is known of a processor).
 *
 * The ledger has the states of a payment, journey.ts the stages of one that somebody is being asked about, attempts.ts
 * what each answer means, dispatcher.ts who is sent when.
 *
 * Invariants, which tests cite:
 *   E1. accepted = queued + inFlight + settled + rejected.
 *   E2. A correlationId settles at most once, on one processor.
 *   E3. A payment is sent to a second processor only after the first definitely has not recorded it: it was never sent
 *       there, or every attempt there was refused and a look-up found nothing. An attempt whose answer was lost never
 *       allows it.
 *   E4. requestedAt is taken at dispatch; an attempt that follows a lost answer repeats it, one that follows a refusal
 *       takes a new one.
 *   E5. A settlement is booked under the requestedAt that the processor has: the attempt's own, or the one read back. What
 *       is read back is ours only with the payment's amount and an instant that an attempt of ours there had.
 *   E6. Every effect is answered once; an answer from before a purge changes no payment.
 *   E7. Payments are dispatched oldest first; what was refused goes back to the front, and the second time that the same
 *       processor has read and refused it, to the end. Before them go payments whose answer was lost and
 *       that a look-up has not found: each once.
 *   E8. What a coordinator before this one may have sent, and this ledger does not know, is looked up at every processor
 *       before its first attempt, and sent only where none has it. The look-ups begin when an attempt of that coordinator
 *       can no longer be under way, nor be hidden from a look-up.
 */
export class Engine {
  readonly #ledger: Ledger
  readonly #lanes: readonly Lane[]
  readonly #queue: PaymentQueue
  readonly #newcomers: Newcomers
  readonly known: KnownPayments
  /** What should leave memory, and when. */
  readonly retention: Retention
  readonly watermark: Watermark
  readonly #conflicts = new Conflicts()
  readonly #decisions: Decisions
  readonly #attempts: Attempts
  readonly #dispatcher: Dispatcher
  readonly #guard: AuditGuard
  readonly #polls: PollSchedule
  readonly #fees: FeePeriods
  readonly #batch = new BatchIds()
  #duplicateCount = 0

  constructor(options: EngineOptions) {
    const { lanes, ledger, startedAt } = options
    assert(lanes.length > 0, 'there is a processor')
    assertInOrder(lanes)
    this.#ledger = ledger
    this.#guard = new AuditGuard(guardMsOf(lanes))
    this.#lanes = lanes.map((lane, index) => new Lane(lane, index, this.#guard))
    for (const lane of this.#lanes) lane.sending = options.sending?.[lane.index] ?? 'on'
    const pausesMs = options.pollsHealth === false ? [] : lanes.map(lane => lane.healthPollMs)
    this.#polls = new PollSchedule(pausesMs, options.firstPollsLateMs)
    this.#queue = new PaymentQueue(ledger.paymentCountMax)
    this.known = new KnownPayments(ledger, options.archive)
    this.#decisions = new Decisions(ledger)
    this.#newcomers = new Newcomers(options)
    this.#attempts = new Attempts(ledger, this.#lanes, this.#queue, this.#newcomers, this.#decisions)
    this.watermark = new Watermark(ledger, this.#attempts, this.#newcomers)
    this.#dispatcher = new Dispatcher(this.#lanes, this.#queue, this.#guard, options)
    this.#fees = new FeePeriods(options.feePeriods ?? [], lanes, ledger, startedAt.wallMs)
    this.retention = new Retention(ledger, options)
    this.#resume(startedAt)
  }

  /** Takes one event. `time.nowMs` never runs backwards; the wall clock may do what it likes. */
  step(event: EngineEvent, time: Time): Step {
    this.#take(event, time)
    this.#attempts.startRetries(time.nowMs)
    this.#attempts.sendAbsent(time.nowMs)
    if (this.#newcomers.waitingCount > 0) this.#attempts.lookUpNewcomers(time.nowMs)
    if (this.#mayDispatch && this.#dispatcher.isDue(time.nowMs)) this.#dispatch(time)
    this.#startPolls(time.nowMs)
    this.#newcomers.note(time.nowMs, this.#decisions)
    return this.#decisions.take(this.#conflicts.take())
  }

  /** When a `tick` is wanted at the latest, given that nothing else happens: monotonic, or Infinity. */
  get wakeAtMs(): number {
    let wakeAtMs = Math.min(this.#attempts.nextRetryMs, this.#newcomers.wakeAtMs)
    if (this.#mayDispatch) wakeAtMs = Math.min(wakeAtMs, this.#dispatcher.wakeAtMs)
    return Math.min(wakeAtMs, this.#polls.nextAtMs)
  }

  get #mayDispatch(): boolean {
    return this.#queue.count > 0 && this.#dispatcher.isOpen
  }

  /** What an operator allows to be sent, by processor. */
  get sending(): readonly Sending[] {
    return this.#lanes.map(({ sending }) => sending)
  }

  /** Which fees were in force when: with the ledger it is what money is. It has to outlive this process. */
  get fees(): Pick<FeePeriods, 'all' | 'canBegin'> {
    return this.#fees
  }

  /** How many more payments can be accepted. */
  get roomCount(): number {
    return this.#ledger.roomCount
  }

  /** Whether new payments are looked up before they are sent (E8), or a look-up of an earlier one is under way. */
  isLookingUpFirst(nowMs: number): boolean {
    return this.#newcomers.count > 0 || this.#newcomers.isExpecting(nowMs)
  }

  /** Totals of what settled with requestedAt in [fromMs, toMs], both included; null is an open end. One per processor. */
  summary(fromMs: number | null, toMs: number | null): readonly ProcessorTotal[] {
    return this.#ledger.summary(fromMs, toMs)
  }

  /** The end of a window that lies within a second of archived time: such a window has no exact sum. */
  cutEnd(fromMs: number | null, toMs: number | null): ReturnType<Ledger['cutEnd']> {
    return this.#ledger.cutEnd(fromMs, toMs)
  }

  status(correlationId: Uint8Array): PaymentStatus {
    return this.known.status(correlationId)
  }

  /** The correlationId of a row that a fact names. */
  correlationId(row: number): Uint8Array {
    return this.#ledger.correlationId(row)
  }

  queueStatus(nowMs: number): QueueStatus {
    const money = this.#fees.money(
      this.#ledger,
      this.#lanes.map(lane => lane.options.name),
    )
    return queueStatus(this.#ledger, this.#lanes, this.#attempts.journeys, nowMs, {
      money,
      oldestQueuedAgeMs: Math.round(this.#queue.oldestAgeMs(nowMs)),
      lookedUpFirstCount: this.#newcomers.count,
      holding: this.#dispatcher.holding(nowMs) ?? this.#newcomers.holding(nowMs),
      duplicateCount: this.#duplicateCount,
      isLastResort: this.#dispatcher.isLastResort,
      guardLeft: this.#guard.left,
      ...this.#conflicts.report,
    })
  }

  /** What an order would come to: a fact, or nothing where it is done already; or why it cannot be. */
  judge(order: Order): Result<OrderedFact | undefined, OrderProblem> {
    return judgeOrder(order, this.#ledger, this.#lanes, row => this.#attempts.journeyOf(row)?.stage.kind)
  }

  /** The next payments of a list, by state, oldest first. */
  page(query: PageQuery): ReturnType<typeof pageOf> {
    return pageOf(query, this.#ledger, row => this.#attempts.journeyOf(row))
  }

  /** The row of a payment, or -1 if there is none. */
  rowOf(correlationId: Uint8Array): number {
    return this.#ledger.find(correlationId, 0)
  }

  /** A payment as lists show it. */
  payment(row: number): PaymentRow {
    return paymentRow(this.#ledger, row)
  }

  /**
   * The payments that need a person's decision. At most `queuedCountMax` payments of the queue are examined; examining a
   * million takes 35 ms.
   */
  attention(nowMs: number, queuedCountMax = Number.POSITIVE_INFINITY): Attention {
    return attention(this.#attentionSources(nowMs), queuedCountMax)
  }

  attentionPage(nowMs: number, query: AttentionQuery): ReturnType<typeof attentionPage> {
    return attentionPage(this.#attentionSources(nowMs), query)
  }

  #attentionSources(nowMs: number): AttentionSources {
    const { journeys } = this.#attempts
    return { ledger: this.#ledger, lanes: this.#lanes, journeys, queue: this.#queue, nowMs }
  }

  get keptCount(): number {
    return this.#ledger.keptCount
  }

  get acceptedCount(): number {
    return this.#ledger.count
  }

  get queuedCount(): number {
    return this.#ledger.stateCounts().queued
  }

  /** The count of payments that are neither settled nor rejected. A stop waits until it is 0. */
  get openCount(): number {
    return this.#ledger.openCount
  }

  /** A copy of everything that has to outlive this process, taken between two steps. */
  image(): LedgerImage {
    return this.#ledger.image()
  }

  /** Recounts everything and asserts E1 and how queue, journeys and ledger relate. For tests and simulation: O(n). */
  checkInvariants(): void {
    checkInvariants(this.#ledger, this.#attempts.journeys, this.#queue.count, this.#newcomers)
  }

  /**
   * Continues what an earlier process had begun. The wall clock tells the age of its payments; a negative age counts as
   * 0.
   */
  #resume({ nowMs, wallMs }: Time): void {
    for (const row of this.#ledger.openRows()) {
      const enteredAtMs = nowMs - Math.max(0, wallMs - this.#ledger.acceptedAtMs(row))
      if (this.#ledger.state(row) === paymentState.inFlight) this.#attempts.resume(row, enteredAtMs, nowMs)
      else this.#queue.push(row, enteredAtMs)
    }
    if (this.#newcomers.isNoted) this.#newcomers.begin(this.#queue, this.#ledger, nowMs)
  }

  #take(event: EngineEvent, time: Time): void {
    switch (event.kind) {
      case 'accept':
        return this.#accept(event.records, event.count, time)
      case 'attemptEnded':
        return this.#attempts.attemptEnded(event.token, event.outcome, time.nowMs)
      case 'lookUpEnded':
        return this.#attempts.lookUpEnded(event.token, event.outcome, time.nowMs)
      case 'healthPolled':
        this.#polls.answered(event.processor, time.nowMs)
        return this.#lanes[event.processor]?.polled(event.outcome, time.nowMs)
      case 'healthTold':
        for (const [index, lane] of this.#lanes.entries()) lane.told(event.reports[index], time.nowMs)
        return
      case 'retire':
        return this.#retire(event.retirement)
      case 'purge':
        return this.#purge()
      case 'predecessor':
        return this.#newcomers.begin(this.#queue, this.#ledger, time.nowMs)
      case 'orders':
        for (const order of event.orders) this.#obey(order, time.nowMs)
        return
      case 'configure':
        this.#fees.begin(event.settings.lanes, this.#ledger, time.wallMs)
        return this.#configure(event.settings)
      case 'price':
        return this.#fees.begin(event.fees, this.#ledger, time.wallMs)
      case 'operate':
        for (const processor of event.processors) this.#operate(processor, event.sending)
        return this.#dispatcher.operated(time.nowMs)
      case 'note':
        return this.#decisions.decide({ kind: 'noted', topic: event.topic, text: event.text })
      case 'tick':
        return
      default:
        unreachable(event)
    }
  }

  /** Enters what is new, in runs of records that stand together: one fact each. What is known already is counted. */
  #accept(records: Uint8Array, count: number, time: Time): void {
    assert(records.length === count * paymentRecordBytes, 'records are whole')
    this.#dispatcher.arrived(count, time.nowMs)
    this.retention.lookAtClock(time)
    this.#batch.begin()
    let from = 0
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
      // Perhaps the same id twice in one run: what came before is entered first, so that the ledger knows.
      if (this.#batch.meets(records, from, offset)) from = this.#enter(records, from, offset, time)
      const known = this.known.find(records, offset)
      if (known === undefined) continue
      this.#duplicateCount += 1
      this.#conflicts.meet(records, offset, known)
      from = this.#enter(records, from, offset, time) + paymentRecordBytes
    }
    this.#enter(records, from, records.length, time)
  }

  /** Accepts the records from one offset to another, and answers the other. */
  #enter(records: Uint8Array, from: number, to: number, { nowMs, wallMs }: Time): number {
    if (from === to) return to
    const firstRow = this.#ledger.count
    this.#decisions.decide({ kind: 'accepted', acceptedAtMs: wallMs, records: records.subarray(from, to) })
    for (let row = firstRow; row < this.#ledger.count; row += 1)
      if (!this.#newcomers.offer(row, nowMs)) this.#queue.push(row, nowMs)
    return to
  }

  #obey(order: Order, nowMs: number): void {
    const judged = this.judge(order)
    if (!judged.ok || judged.value === undefined) return
    const fact = judged.value
    const { row } = fact
    const isQueued =
      this.#ledger.state(row) === paymentState.refused && this.#attempts.journeyOf(row) === undefined
    this.#decisions.decide(fact)
    const enteredAtMs = this.#attempts.drop(row)
    if (fact.kind !== 'released' || isQueued) return
    this.#queue.push(row, enteredAtMs ?? nowMs)
  }

  #configure({ lanes, ...settings }: EngineSettings): void {
    assert(lanes.length === this.#lanes.length, 'there are as many lanes')
    assertInOrder(lanes)
    for (const [index, lane] of this.#lanes.entries()) {
      const options = lanes[index]
      assert(options?.name === lane.options.name, 'lanes stay in their order')
      lane.configure(options)
    }
    this.#guard.configure(guardMsOf(lanes))
    this.#polls.configure(lanes.map(lane => lane.healthPollMs))
    this.#dispatcher.configure(settings)
  }

  #operate(processor: number, sending: Sending): void {
    const lane = this.#lanes[processor]
    assert(lane !== undefined, 'a lane exists for each processor')
    lane.sending = sending
  }

  #retire({ firstRow, archivedToMs }: Retirement): void {
    const isStale = firstRow > this.#ledger.count || firstRow < this.#ledger.firstRow
    if (isStale || archivedToMs < this.#ledger.archivedToMs) return
    this.#decisions.decide({ kind: 'retired', firstRow, archivedToMs })
  }

  #purge(): void {
    this.#decisions.decide({ kind: 'purged' })
    this.#queue.clear()
    this.#newcomers.clear()
    this.#attempts.forget()
    this.#duplicateCount = 0
    this.#conflicts.clear()
    this.#guard.renew()
    this.#fees.forget()
  }

  #dispatch(time: Time): void {
    const { nowMs } = time
    this.#dispatcher.begin(this.#ledger.keptCount, nowMs)
    for (let lane = this.#dispatcher.next(nowMs); lane !== undefined; lane = this.#dispatcher.next(nowMs))
      if (this.#attempts.sendOldest(lane, time)) this.#dispatcher.sent()
  }

  #startPolls(nowMs: number): void {
    for (let lane = this.#polls.due(nowMs); lane !== undefined; lane = this.#polls.due(nowMs)) {
      this.#decisions.decide({ kind: 'polled', processor: lane })
      this.#decisions.ask({ kind: 'pollHealth', processor: lane, askedAtMs: nowMs })
    }
  }
}
