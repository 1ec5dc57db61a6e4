import { assert, type Cancel, err, ok, type Result } from '@rinha/base'
import type {
  ChannelHandlers,
  ChannelRequestKind,
  ChannelRequests,
  PaymentReport,
  RequestAnswer,
  Term,
} from '@rinha/channel'
import type { Attention, Engine, EngineEffect, EngineEvent, Order, PageQuery, Sending } from '@rinha/engine'
import { type Fact, type Note, printCorrelationId, type RecordConflict } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'
import { Admission, watchQueue } from './admission.ts'
import { allTime, listOf, paymentOf, reportOf, summaryOf } from './answers.ts'
import { beginCall } from './begin-call.ts'
import { DecisionRing } from './decision-ring.ts'
import { EndingWaits } from './ending-waits.ts'
import { type IsWithdrawn, isTooLate, tooLate, withdrawn } from './not-begun.ts'
import type { OperatorEvent } from './operator-event.ts'
import { attentionQueuedCountMax, OperatorWatch } from './operator-watch.ts'
import { Orders, unwritten, whenSafe } from './orders.ts'
import { Outbox } from './outbox.ts'
import type {
  ChangeableOptions,
  CoordinatorOptions,
  CoordinatorPorts,
  CoordinatorStatus,
  OrderRefusal,
  Windows,
} from './ports.ts'
import { type PurgeAnswer, type PurgeRecord, purgeRecord } from './purge.ts'
import { type RequestAnswers, requestAnswers } from './request-answers.ts'
import { Retirements } from './retirements.ts'
import { changeSending, type SendingChange } from './sending.ts'
import { TimeLine } from './time-line.ts'
import { WakeTimer } from './wake-timer.ts'

/** How often the coordinator checks for a snapshot that is due, for room to announce, and for events for the operator. */
const lookMs = 500
/** How often a stopping coordinator looks whether everything is settled. */
const drainTickMs = 20

/**
 * The coordinator around the engine: it keeps everything in order and decides nothing about a payment. It tells the
 * engine what happens, writes the engine's facts to the log, and carries out its effects over ports: processors, log,
 * time, channel. It is itself what the channel calls ({@link ChannelHandlers}).
 *
 * One order costs a little latency: an attempt waits for the sync of its intent, and calls wait for the end of the
 * turn.
 *
 * States: made → {@link start} → serving → {@link stop} → draining → over. Draining serves on; when over, it hears nothing.
 *
 * Invariants, which tests cite:
 *   C1. The facts of a step are in the log's hands before any of its effects begins, and before the next step.
 *   C2. Where there is a log, an effect begins only when the facts of its step, and all before it, are synced. A send that
 *       waited too long until it begins, for that or for the event loop, is refused unsent.
 *   C3. An acknowledgement that an event allows leaves before the calls that the event asks for begin; calls begin in
 *       order, a few a turn.
 *   C4. Every effect is answered by one event, unless it is over.
 *   C5. What cannot be written is not taken: while the log fails there is no room.
 *   C6. It is over when nothing is open or `drainMsMax` have passed, by the monotonic clock, or it is hurried, and not before.
 *   C7. A purge is a fence: nothing that was asked for before it begins after it, and where there is a log its answer waits
 *       until the log has it.
 *   C8. A pause is one for sends: when it is answered none begins any more, also of those that were asked for before.
 */
export class Coordinator implements ChannelHandlers {
  /** Where there is a log: runs it once all payments handed over so far are in it. */
  readonly whenJournaled?: (run: () => void) => void
  readonly term: Term | undefined
  /** The latest decisions about sending, with their reasons. Present if there is a listener for events. */
  readonly decisions = new DecisionRing()
  readonly #engine: Engine
  readonly #options: CoordinatorOptions
  readonly #ports: CoordinatorPorts
  readonly #timeLine: TimeLine | undefined
  readonly #clients: readonly ProcessorClient[]
  readonly #outbox: Outbox
  readonly #wake: WakeTimer
  readonly #watch: OperatorWatch | undefined
  readonly #endings: EndingWaits
  readonly #answers: RequestAnswers
  readonly #admission: Admission
  readonly #orders: Orders
  readonly #retirements: Retirements
  #channel: Windows | undefined
  readonly #looks: Cancel[] = []
  /** Monotonic: how long a stop goes on settling. */
  #drainUntilMs = Number.POSITIVE_INFINITY
  #isOver = false

  constructor(engine: Engine, options: CoordinatorOptions, ports: CoordinatorPorts) {
    assert(options.names.length >= ports.processors.length, 'every processor has a name')
    const { log, term, timers, time, onEvent } = ports
    this.term = term
    this.#engine = engine
    this.#options = options
    this.#ports = ports
    const wallMs = () => ports.time().wallMs
    this.#admission = new Admission(options.queueWaitMsMax ?? 0, ports.time().nowMs)
    const { timeLineCountMax: countMax = 0 } = options
    this.#timeLine = countMax > 0 ? new TimeLine(countMax, wallMs()) : undefined
    this.#clients = this.#timeLine?.watched(ports.processors, engine, wallMs) ?? ports.processors
    this.#outbox = new Outbox(log, timers, effect => this.#begin(effect))
    this.#endings = new EndingWaits(timers, id => this.report(id))
    const purge: Coordinator['purge'] = (...asked) => this.purge(...asked)
    const { processors, ledgerSource } = ports
    const sources = { ...options, liveCount: processors.length, time, purge, ledgerSource }
    this.#answers = requestAnswers(engine, sources, this.#endings)
    this.#orders = new Orders(engine, {
      log,
      timers,
      tell: orders => this.#tell({ kind: 'orders', orders }),
      say: event => this.#say(event),
      report: id => this.report(id),
      isOver: () => this.#isOver,
    })
    this.#retirements = new Retirements(engine.retention, {
      timers,
      time,
      archive: ports.archive,
      onProblem: problem => ports.onArchiveProblem?.(problem),
      retire: retirement => this.#tell({ kind: 'retire', retirement }),
      done: () => this.#channel?.refreshWindows(),
    })
    this.#wake = new WakeTimer(timers, () => this.#tell({ kind: 'tick' }))
    if (onEvent !== undefined)
      this.#watch = new OperatorWatch(onEvent, event => this.decisions.add(event, wallMs()))
    if (log !== undefined) this.whenJournaled = run => log.whenSynced(run)
  }

  /** Begins to work. `channel` calls it as its handlers. */
  start(channel: Windows): void {
    this.#channel = channel
    const { timers, time } = this.#ports
    this.#looks.push(watchQueue(this.#admission, this.#engine, time, timers, channel))
    this.#looks.push(timers.every(lookMs, () => this.#look()))
    for (const [index, state] of this.#engine.sending.entries())
      if (state !== 'on') this.#saySending(index, state)
    const { mark } = this.#options
    this.#tell(mark === undefined ? { kind: 'tick' } : { kind: 'note', topic: 'shard', text: mark })
  }

  /**
   * Goes on settling until nothing is open, but at most for `drainMsMax`. Then it calls `done` once with what is left, and
   * appends nothing to the journal any more. The caller stops delivering payments first.
   */
  stop(drainMsMax: number, done: (left: CoordinatorStatus) => void): void {
    const { time, timers } = this.#ports
    this.#drainUntilMs = Math.min(this.#drainUntilMs, time().nowMs + drainMsMax)
    const look = () => {
      const leftMs = this.#drainUntilMs - time().nowMs
      if (this.#engine.openCount > 0 && leftMs > 0) {
        timers.after(Math.ceil(Math.min(drainTickMs, leftMs)), look)
        return
      }
      this.#end()
      done(this.status())
    }
    look()
  }

  /** Ends a drain, also a later one, at the next look. */
  hurry(): void {
    this.#drainUntilMs = Number.NEGATIVE_INFINITY
  }

  status(): CoordinatorStatus {
    const status = { ...this.#engine.queueStatus(this.#ports.time().nowMs), ...this.#admission.report }
    const isFailing = this.#ports.log?.failure !== undefined && status.holding !== null
    return isFailing ? { ...status, holding: { reason: 'journalFails' } } : status
  }

  /** The payments that need a person's decision; see {@link Engine.attention}. */
  attention(queuedCountMax?: number): Attention {
    return this.#engine.attention(this.#ports.time().nowMs, queuedCountMax)
  }

  attentionPage(query: Parameters<Engine['attentionPage']>[1]): ReturnType<Engine['attentionPage']> {
    return this.#engine.attentionPage(this.#ports.time().nowMs, query)
  }

  report(correlationId: Uint8Array): PaymentReport {
    return reportOf(this.#engine, this.#options.names, { correlationId })
  }

  /** Whether an order would be carried out now; see {@link Orders.judge}. */
  judge(order: Order): ReturnType<Orders['judge']> {
    return this.#orders.judge(order)
  }

  /** Carries out a person's order about a payment; see {@link Orders.order}. */
  order(...asked: Parameters<Orders['order']>): void {
    this.#orders.order(...asked)
  }

  /** Carries out a person's order about many rejected payments; see {@link Orders.orderMany}. */
  orderMany(...asked: Parameters<Orders['orderMany']>): void {
    this.#orders.orderMany(...asked)
  }

  /** A payment as lists show it, with what happened to it. */
  payment(correlationId: Uint8Array): ReturnType<typeof paymentOf> {
    return paymentOf(this.#engine, this.#options.names, this.#timeLine, correlationId)
  }

  /** The next payments of a list, by state, oldest first; see {@link Engine.page}. */
  page(query: PageQuery): ReturnType<typeof listOf> {
    return listOf(this.#engine, this.#options.names, query)
  }

  /** Begins to write an image of the ledger, so that the next start has less to read; none where one is under way. */
  snapshot(): void {
    const { log } = this.#ports
    if (!this.#isOver && log?.canSnapshot) log.snapshot(this.#engine.image())
  }

  /** The change that {@link operate} would make. */
  judgeSending(sending: Sending, processor?: string): Result<SendingChange, OrderRefusal> {
    return changeSending(this.#options.names, this.#engine.sending, sending, processor)
  }

  /**
   * A person pauses, drains or resumes one processor, or all if none is named; see {@link Sending}. It takes effect now
   * (C8), and outlives a purge. Attempts that have not begun go back to the queue.
   */
  operate(sending: Sending, processor?: string): Result<SendingChange, OrderRefusal> {
    const judged = this.judgeSending(sending, processor)
    if (!judged.ok || judged.value.changed.length === 0) return judged
    const { changed } = judged.value
    this.#tell({ kind: 'operate', processors: changed, sending })
    if (sending !== 'on')
      this.#withdraw(work => work.kind === 'send' && changed.includes(work.processor), 'a pause came first')
    for (const index of changed) this.#saySending(index, sending)
    return judged
  }

  /** Other settings, effective at once. */
  configure({ queueWaitMsMax = 0, ...settings }: ChangeableOptions): void {
    this.#admission.configure(queueWaitMsMax)
    this.#tell({ kind: 'configure', settings })
  }

  /** Fees at which attempts are priced from the next whole second on, or what another coordinator's polls have said. */
  tell(event: Extract<EngineEvent, { kind: 'price' | 'healthTold' }>): void {
    this.#tell(event)
  }

  get fees(): Engine['fees'] {
    return this.#engine.fees
  }

  /** Keeps what a person has set for the next coordinator. Answered when it is in the log. */
  note(note: Note, done: (answer: Result<void, OrderRefusal>) => void): void {
    const { log } = this.#ports
    const failed = unwritten(log)
    if (failed !== undefined) return done(failed)
    this.#tell({ kind: 'note', ...note })
    whenSafe(log, () => done(unwritten(log) ?? ok(undefined)))
  }

  #saySending(index: number, state: Sending): void {
    this.#say({ kind: 'sending', state, processor: this.#options.names[index] ?? '' })
  }

  // — What the channel calls —

  /** The nodes that are connected now. */
  onNodeChange(nodes: readonly string[]): void {
    this.#watch?.nodesChanged(nodes, this.#ports.time().nowMs)
  }

  /** C5: nodes hold what there is no room for, and say so to their clients when they are full. */
  roomCount(): number {
    return this.#ports.log?.failure === undefined ? this.#engine.roomCount : 0
  }

  retryAfterSeconds(): number {
    return this.#admission.retryAfterSeconds
  }

  onPredecessor(): void {
    this.#tell({ kind: 'predecessor' })
  }

  lastingRoomCount(): number {
    return this.#engine.retention.lastingRoomCount
  }

  onPayments(records: Uint8Array, count: number): readonly RecordConflict[] {
    const conflicts = this.#tell({ kind: 'accept', records, count })
    this.#retirements.onPayments()
    return conflicts
  }

  onRequest<Kind extends ChannelRequestKind>(
    kind: Kind,
    params: ChannelRequests[Kind]['params'],
    node: string,
    answer: RequestAnswer<Kind>,
  ): Cancel | undefined {
    return this.#answers[kind](params, answer, node)
  }

  /**
   * Forgets every payment, after the purge and its author were recorded ({@link CoordinatorPorts.recordPurge}). `done` is
   * called when nothing can bring the payments back (C7), or with the reason why they are not forgotten.
   */
  purge(who: string, done: (answer: PurgeAnswer) => void, via: PurgeRecord['via'] = 'admin'): void {
    const failed = unwritten(this.#ports.log)
    if (failed !== undefined) return done(failed)
    const { recordPurge = (_, recorded) => recorded() } = this.#ports
    const settled = summaryOf(this.#engine, this.#options.names, this.#clients.length, allTime)
    recordPurge(purgeRecord(who, via, this.status(), settled), detail => {
      if (detail !== undefined) return done(err({ kind: 'unavailable', detail }))
      if (this.#isOver) return
      const { acceptedCount: forgottenCount } = this.status()
      this.#tell({ kind: 'purge' })
      // The engine has forgotten these payments: it is told only so that their permits come back (E6).
      this.#withdraw(() => true, 'a purge came first')
      this.#say({ kind: 'purged', node: who, forgottenCount })
      this.#channel?.refreshWindows()
      const { purgeCount } = this.#engine.retention
      whenSafe(this.#ports.log, () => {
        this.#ports.archive?.begin(purgeCount)
        done(ok({ forgottenCount }))
      })
    })
  }

  /** Withdraws effects that have not begun. Their payments go back to the queue, the oldest first. */
  #withdraw(isMeant: IsWithdrawn, reason: string): void {
    for (const work of this.#outbox.withdraw(isMeant).toReversed()) this.#tell(withdrawn(work, reason))
  }

  // — Events, facts, effects —

  #tell(event: EngineEvent): readonly RecordConflict[] {
    if (this.#isOver) return []
    const time = this.#ports.time()
    const { facts, effects, conflicts } = this.#engine.step(event, time)
    const { log } = this.#ports
    if (log !== undefined) for (const fact of facts) log.append(fact)
    for (const fact of facts) {
      if (fact.kind === 'settled') this.#ports.onSettled?.(fact.row, time.wallMs)
      else if (fact.kind === 'rejected') this.#sayRejected(fact, time.nowMs)
      else this.#timeLine?.fact(fact, time.wallMs)
    }
    if (this.#endings.count > 0) this.#endings.onFacts(facts, row => this.#engine.correlationId(row))
    if (effects.length > 0) this.#outbox.push(effects)
    this.#wake.ask(this.#engine.wakeAtMs, time.nowMs)
    return conflicts
  }

  #begin(effect: EngineEffect): void {
    if (this.#isOver) return
    if (isTooLate(effect, this.#ports.time().nowMs)) {
      this.#tell(tooLate(effect))
      return
    }
    const client = this.#clients[effect.processor]
    assert(client !== undefined, 'there is a client for each processor')
    beginCall(effect, client, event => this.#tell(event))
  }

  #sayRejected({ row, reason }: Extract<Fact, { kind: 'rejected' }>, nowMs: number): void {
    this.#watch?.rejected(reason, () => printCorrelationId(this.#engine.correlationId(row)), nowMs)
  }

  #say(event: OperatorEvent): void {
    this.#watch?.add(event, this.#ports.time().nowMs)
  }

  /** Checks for new room, because no event reports that the disk works again. */
  #look(): void {
    const { log } = this.#ports
    this.#retirements.look()
    if (log?.snapshotDue) log.snapshot(this.#engine.image())
    if (log !== undefined) this.#channel?.refreshWindows()
    const { nowMs } = this.#ports.time()
    this.#watch?.look(
      {
        status: this.status(),
        attention: () => this.#engine.attention(nowMs, attentionQueuedCountMax),
        isRoomShort: this.#channel?.roomShort === true || this.#engine.roomCount === 0,
        isLookingUpFirst: this.#engine.isLookingUpFirst(nowMs),
        ...{ journalFailure: log?.failure, isReplicated: this.term !== undefined },
      },
      nowMs,
    )
  }

  #end(): void {
    this.#isOver = true
    this.#retirements.end()
    this.#wake.cancel()
    for (const cancel of this.#looks) cancel()
    this.#outbox.end()
    this.#endings.clear()
  }
}
