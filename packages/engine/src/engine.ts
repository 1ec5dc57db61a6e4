import { assert, Deadlines, unreachable } from '@rinha/base'
import { paymentRecordBytes, readPaymentAmountCents } from '@rinha/channel'
import type { JournalEntry, JournalImage, OpenPayment } from '@rinha/journal'
import { Ledger } from '@rinha/ledger'
import type { AttemptOutcome, LookupOutcome, PaymentStatus, ProcessorTotal } from '@rinha/payment'
import { Lane, PollSchedule } from '@rinha/routing'
import { Dispatcher } from './dispatcher.ts'
import type { EngineEffect, EngineEvent, QueueStatus, WorkToken } from './events.ts'
import { imageOf } from './image.ts'
import { checkInvariants } from './invariants.ts'
import { type Journey, newJourney } from './journey.ts'
import { queueTickMs, reasonLengthMax, retryMs } from './limits.ts'
import type { EngineOptions } from './options.ts'
import { PaymentQueue } from './payment-queue.ts'
import { paymentStatus, queueStatus } from './report.ts'

/**
 * The coordinator's mind: a state machine that is told events with the time and answers with effects. It opens no
 * socket, reads no clock and rolls no dice, so that the same events give the same decisions, in a test, in a
 * simulation and in production. Its Elixir counterpart is the state of a GenServer; `step` is its `handle_cast`.
 *
 * It trades parallelism for one order of events: no two decisions are ever taken at once, so no lock, transaction or
 * consensus is needed between them. One process can decide far more payments a second than the processors take.
 *
 * A payment is, in the ledger's words,
 * - queued: entered when accepted, or when an attempt was refused. Left when it is dispatched.
 * - inFlight: entered at dispatch. Left for settled when a processor has it, for queued when it was refused, for
 *   rejected when no processor will ever take it. What is between two attempts whose fate is unknown stays in flight.
 * - settled, rejected: never left, until a purge.
 * journey.ts has the finer phases of what is in flight.
 *
 * Invariants, which tests cite:
 *   E1. accepted = queued + inFlight + settled + rejected.
 *   E2. A correlationId settles at most once, on one processor.
 *   E3. A payment is sent to a second processor only after the first definitely has not recorded it: it was never sent
 *       there, or every attempt there was refused and a look-up found nothing. An attempt whose answer was lost never
 *       allows it.
 *   E4. requestedAt is taken at dispatch; an attempt that follows a lost answer repeats it, one that follows a refusal
 *       takes a new one.
 *   E5. A settlement is booked under the requestedAt that the processor has: the attempt's own, or the one read back.
 *   E6. Every effect is answered once; an answer from before a purge changes no payment.
 *   E7. Payments are dispatched oldest first; what was refused goes back to the front.
 */
export class Engine {
  readonly #ledger: Ledger
  readonly #lanes: readonly Lane[]
  readonly #dispatcher: Dispatcher
  readonly #polls: PollSchedule
  readonly #journal: EngineOptions['journal']
  readonly #queue: PaymentQueue
  readonly #journeys = new Map<number, Journey>()
  readonly #retries = new Deadlines<Journey>()
  readonly #underWay = new Map<WorkToken, Journey>()
  #generation = 0
  #duplicateCount = 0
  #effects: EngineEffect[] = []

  constructor(options: EngineOptions) {
    assert(options.lanes.length > 0, 'there is a processor')
    const { lanes, paymentCountMax, hashSeed } = options
    assert(
      lanes.every((lane, index) => index === 0 || (lanes[index - 1]?.feeBps ?? 0) <= lane.feeBps),
      'processors stand in the order of their fees',
    )
    const { journal, recovered } = options
    this.#ledger =
      recovered?.ledger ?? new Ledger({ processorCount: lanes.length, paymentCountMax, hashSeed })
    this.#lanes = lanes.map((lane, index) => new Lane(lane, index))
    this.#polls = new PollSchedule(lanes.map(lane => lane.healthPollMs))
    this.#queue = new PaymentQueue(paymentCountMax)
    this.#dispatcher = new Dispatcher(this.#lanes, this.#queue, options, (lane, nowMs) => {
      this.#sendOldest(lane, nowMs)
    })
    this.#journal = journal
    for (const payment of recovered?.open ?? []) this.#resume(payment)
  }

  /** Takes one event at `nowMs`, which never runs backwards, and answers with what is to be done, in order. */
  step(event: EngineEvent, nowMs: number): readonly EngineEffect[] {
    this.#effects = []
    this.#take(event, nowMs)
    this.#startRetries(nowMs)
    this.#dispatcher.dispatch(this.#ledger.count, nowMs)
    this.#startPolls(nowMs)
    return this.#effects
  }

  /** When a `tick` is wanted at the latest, given that nothing else happens: milliseconds since the epoch, or Infinity. */
  wakeAtMs(nowMs: number): number {
    let wakeAtMs = this.#retries.nextMs
    if (this.#queue.count > 0) wakeAtMs = Math.min(wakeAtMs, nowMs + queueTickMs)
    return Math.min(wakeAtMs, this.#polls.nextAtMs)
  }

  /** How many more payments can be accepted. */
  get roomCount(): number {
    return this.#ledger.paymentCountMax - this.#ledger.count
  }

  /** Totals of what settled with requestedAt in [fromMs, toMs], both included; null is an open end. One per processor. */
  summary(fromMs: number | null, toMs: number | null): readonly ProcessorTotal[] {
    return this.#ledger.summary(fromMs, toMs)
  }

  status(correlationId: Uint8Array): PaymentStatus {
    return paymentStatus(this.#ledger, correlationId)
  }

  queueStatus(nowMs: number): QueueStatus {
    let unknownCount = 0
    for (const { doubt } of this.#journeys.values()) if (doubt === 'recorded?') unknownCount += 1
    const oldestQueuedAgeMs = this.#queue.oldestAgeMs(nowMs)
    return queueStatus(this.#ledger, this.#lanes, {
      oldestQueuedAgeMs,
      unknownCount,
      duplicateCount: this.#duplicateCount,
    })
  }

  /** Everything that has to outlive this process, as it is between two steps: a copy. */
  image(): JournalImage {
    return imageOf(this.#ledger, this.#queue, this.#journeys)
  }

  /** Recounts everything and asserts E1 and how queue, journeys and ledger relate. For tests and simulation: O(n). */
  checkInvariants(): void {
    checkInvariants(this.#ledger, this.#journeys, this.#queue.count)
  }

  #take(event: EngineEvent, nowMs: number): void {
    switch (event.kind) {
      case 'accept':
        return this.#accept(event.records, event.count, nowMs)
      case 'attemptEnded':
        return this.#attemptEnded(event.token, event.outcome, nowMs)
      case 'lookUpEnded':
        return this.#lookUpEnded(event.token, event.outcome, nowMs)
      case 'healthPolled':
        this.#polls.answered(event.processor, nowMs)
        return this.#lane(event.processor).polled(event.outcome, nowMs)
      case 'purge':
        return this.#purge()
      case 'tick':
        return
      default:
        unreachable(event)
    }
  }

  #accept(records: Uint8Array, count: number, nowMs: number): void {
    assert(records.length === count * paymentRecordBytes, 'records are whole')
    this.#dispatcher.arrived(count, nowMs)
    let freshFrom = 0
    for (let offset = 0; offset < records.length; offset += paymentRecordBytes) {
      if (this.#ledger.find(records, offset) < 0) {
        this.#queue.push(this.#ledger.insert(records, offset, readPaymentAmountCents(records, offset)), nowMs)
        continue
      }
      this.#duplicateCount += 1
      this.#noteAccepted(records, freshFrom, offset, nowMs)
      freshFrom = offset + paymentRecordBytes
    }
    this.#noteAccepted(records, freshFrom, records.length, nowMs)
  }

  #noteAccepted(records: Uint8Array, from: number, to: number, acceptedAtMs: number): void {
    if (from < to) this.#note({ kind: 'accepted', acceptedAtMs, records: records.subarray(from, to) })
  }

  #note(entry: JournalEntry): void {
    this.#journal?.append(entry)
  }

  /** Takes up what a process before this one had begun. What may have been recorded is looked up before anything else. */
  #resume({ row, acceptedAtMs, doubt, processor, requestedAtMs }: OpenPayment): void {
    if (doubt !== 'recorded?') this.#queue.push(row, acceptedAtMs)
    if (doubt === 'none') return
    const journey = newJourney(row, acceptedAtMs, processor)
    Object.assign(journey, { doubt, requestedAtMs })
    this.#journeys.set(row, journey)
    if (doubt !== 'recorded?') return
    journey.phase = 'waiting'
    this.#retries.push(0, journey)
  }

  #purge(): void {
    // What is under way keeps its permit until it ends: it still loads its processor.
    this.#generation += 1
    this.#ledger.clear()
    this.#queue.clear()
    this.#journeys.clear()
    this.#retries.clear()
    this.#duplicateCount = 0
    this.#note({ kind: 'purged' })
  }

  // — Attempts —

  /** Takes the oldest payment out of the queue and sends it, or first asks the processor that refused it (E3). */
  #sendOldest(lane: Lane, nowMs: number): void {
    const oldest = this.#queue.take()
    assert(oldest !== undefined, 'the queue is not empty')
    const { row, acceptedAtMs } = oldest
    const known = this.#journeys.get(row)
    if (known !== undefined && known.processor !== lane.index) {
      this.#lookUp(known, 'move')
      return
    }
    const fresh = known ?? newJourney(row, acceptedAtMs, lane.index)
    this.#journeys.set(row, fresh)
    fresh.requestedAtMs = nowMs
    this.#dispatcher.sent()
    this.#send(fresh, lane, nowMs)
  }

  #send(journey: Journey, lane: Lane, nowMs: number): void {
    const permit = lane.tryStart(nowMs, journey.doubt === 'recorded?')
    assert(permit !== undefined, 'the lane was seen to have room')
    journey.phase = 'sending'
    journey.permit = permit
    const { row, requestedAtMs } = journey
    const attempt = this.#ledger.setInFlight(row, lane.index, requestedAtMs)
    this.#note({ kind: 'sent', row, processor: lane.index, requestedAtMs })
    const token = this.#begin(journey, attempt)
    this.#effects.push({
      kind: 'send',
      token,
      processor: lane.index,
      correlationId: this.#ledger.correlationId(row),
      amountCents: this.#ledger.amountCents(row),
      requestedAtMs,
    })
  }

  #attemptEnded(token: WorkToken, outcome: AttemptOutcome, nowMs: number): void {
    const journey = this.#end(token)
    assert(journey.permit !== undefined, 'an attempt has a permit')
    this.#lane(journey.processor).ended(journey.permit, outcome, nowMs)
    journey.permit = undefined
    if (token.generation !== this.#generation) return
    assert(
      journey.phase === 'sending' && this.#ledger.attempt(journey.row) === token.attempt,
      'the attempt is the latest',
    )
    switch (outcome.kind) {
      case 'recorded':
        return this.#settle(journey, journey.requestedAtMs)
      case 'duplicate':
        // E5: an earlier attempt of ours was recorded after all; only the processor knows under which requestedAt.
        if (journey.doubt !== 'none') return this.#lookUp(journey, 'readBack')
        return this.#reject(journey, 'the processor has this correlationId from an attempt that is not ours')
      case 'refused':
        if (journey.doubt === 'recorded?') return this.#wait(journey, nowMs)
        if (outcome.sent) journey.doubt = 'refused'
        return this.#requeue(journey)
      case 'unknown':
        journey.doubt = 'recorded?'
        journey.purpose = 'resolve'
        return this.#wait(journey, nowMs)
      case 'rejected':
        // An earlier attempt may have been recorded all the same: the rejection of a repeat proves nothing about it.
        if (journey.doubt === 'recorded?') return this.#wait(journey, nowMs)
        return this.#reject(journey, outcome.reason)
      default:
        unreachable(outcome)
    }
  }

  #lookUpEnded(token: WorkToken, outcome: LookupOutcome, nowMs: number): void {
    const journey = this.#end(token)
    if (token.generation !== this.#generation) return
    assert(journey.phase === 'lookingUp', 'a look-up ends while looking up')
    switch (outcome.kind) {
      case 'found':
        if (outcome.amountCents === this.#ledger.amountCents(journey.row))
          return this.#settle(journey, outcome.requestedAtMs)
        return this.#reject(journey, 'the processor has this correlationId with another amount')
      case 'absent':
        return this.#foundAbsent(journey, nowMs)
      case 'unknown':
        return this.#wait(journey, nowMs)
      default:
        unreachable(outcome)
    }
  }

  #foundAbsent(journey: Journey, nowMs: number): void {
    if (journey.purpose === 'readBack') return this.#contradicted(journey, nowMs)
    if (journey.doubt === 'recorded?') return this.#repeat(journey, nowMs)
    // E3: refused there and not found there. It may go anywhere now.
    this.#journeys.delete(journey.row)
    this.#queue.putBack(journey.row, journey.acceptedAtMs)
    this.#note({ kind: 'requeued', row: journey.row, doubt: 'none' })
  }

  /** Sends a payment again whose fate is unknown, to the same processor under the same requestedAt (E3, E4). */
  #repeat(journey: Journey, nowMs: number): void {
    // The first attempt may still be under way over there. That is safe: correlationId is unique at the processor.
    const lane = this.#lane(journey.processor)
    if (!lane.hasRoom && !lane.repeatDue(nowMs)) return this.#wait(journey, nowMs)
    this.#ledger.setQueued(journey.row)
    this.#send(journey, lane, nowMs)
  }

  /** The processor said that it has the payment, and then that it has not: it was purged, or lies. Ask again later. */
  #contradicted(journey: Journey, nowMs: number): void {
    journey.purpose = journey.doubt === 'recorded?' ? 'resolve' : 'move'
    if (journey.purpose === 'move') this.#ledger.setQueued(journey.row)
    this.#wait(journey, nowMs)
  }

  #settle(journey: Journey, requestedAtMs: number): void {
    const { row, processor } = journey
    this.#ledger.settle(row, processor, requestedAtMs)
    this.#journeys.delete(row)
    this.#note({ kind: 'settled', row, processor, requestedAtMs })
  }

  #reject(journey: Journey, reason: string): void {
    const kept = reason.slice(0, reasonLengthMax)
    this.#ledger.reject(journey.row, kept)
    this.#journeys.delete(journey.row)
    this.#note({ kind: 'rejected', row: journey.row, reason: kept })
  }

  #requeue(journey: Journey): void {
    journey.phase = 'queued'
    this.#ledger.setQueued(journey.row)
    this.#queue.putBack(journey.row, journey.acceptedAtMs)
    if (journey.doubt === 'none') this.#journeys.delete(journey.row)
    this.#note({ kind: 'requeued', row: journey.row, doubt: journey.doubt === 'none' ? 'none' : 'refused' })
  }

  #wait(journey: Journey, nowMs: number): void {
    journey.phase = 'waiting'
    this.#retries.push(nowMs + retryMs(journey.retryCount), journey)
    journey.retryCount += 1
  }

  #lookUp(journey: Journey, purpose: Journey['purpose']): void {
    journey.phase = 'lookingUp'
    journey.purpose = purpose
    const token = this.#begin(journey, this.#ledger.attempt(journey.row))
    const correlationId = this.#ledger.correlationId(journey.row)
    this.#effects.push({ kind: 'lookUp', token, processor: journey.processor, correlationId })
  }

  #startRetries(nowMs: number): void {
    for (
      let journey = this.#retries.popDue(nowMs);
      journey !== undefined;
      journey = this.#retries.popDue(nowMs)
    ) {
      assert(
        this.#journeys.get(journey.row) === journey && journey.phase === 'waiting',
        'what waits has one deadline',
      )
      this.#lookUp(journey, journey.purpose)
    }
  }

  #startPolls(nowMs: number): void {
    for (let lane = this.#polls.due(nowMs); lane !== undefined; lane = this.#polls.due(nowMs))
      this.#effects.push({ kind: 'pollHealth', processor: lane })
  }

  #begin(journey: Journey, attempt: number): WorkToken {
    const token: WorkToken = { generation: this.#generation, row: journey.row, attempt }
    this.#underWay.set(token, journey)
    return token
  }

  #end(token: WorkToken): Journey {
    const journey = this.#underWay.get(token)
    assert(journey !== undefined, 'E6: every effect is answered once')
    this.#underWay.delete(token)
    return journey
  }

  #lane(index: number): Lane {
    const lane = this.#lanes[index]
    assert(lane !== undefined, 'a lane exists for each processor')
    return lane
  }
}
