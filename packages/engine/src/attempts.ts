import { assert, Deadlines, type Time, unreachable } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type AttemptOutcome, clipReason, type LookupOutcome, paymentState } from '@rinha/payment'
import type { Lane } from '@rinha/routing'
import type { Decisions } from './decisions.ts'
import type { WorkToken } from './events.ts'
import type { Earlier, Found, Journey, Question } from './journey.ts'
import { notSent, stages, troubled, Work } from './journey.ts'
import { lookUpCountMax, retryMs } from './limits.ts'
import type { Newcomers } from './newcomers.ts'
import type { PaymentQueue } from './payment-queue.ts'

/**
 * From the queue to an end: attempts at processors, look-ups, and the pauses between them. What each answer means for the
 * payment is decided here; journey.ts has the stages, engine.ts the invariants E2 to E7 that this file keeps.
 */
export class Attempts {
  readonly #ledger: Ledger
  readonly #lanes: readonly Lane[]
  readonly #queue: PaymentQueue
  readonly #newcomers: Newcomers
  readonly #decisions: Decisions
  readonly #journeys = new Map<number, Journey>()
  readonly #retries = new Deadlines<Journey>()
  /** Look-ups under way, by processor. */
  readonly #lookUpCounts: number[]
  /** By processor: payments that a look-up has not found, and which are sent again once there is room. */
  readonly #absent: readonly Set<Journey>[]
  #generation = 0

  constructor(
    ledger: Ledger,
    lanes: readonly Lane[],
    queue: PaymentQueue,
    newcomers: Newcomers,
    decisions: Decisions,
  ) {
    this.#ledger = ledger
    this.#lanes = lanes
    this.#queue = queue
    this.#newcomers = newcomers
    this.#decisions = decisions
    this.#lookUpCounts = lanes.map(() => 0)
    this.#absent = lanes.map(() => new Set())
  }

  get journeys(): Iterable<Journey> {
    return this.#journeys.values()
  }

  /** When the next pause ends, or Infinity. */
  get nextRetryMs(): number {
    return this.#retries.nextMs
  }

  /** Takes up a row that was in flight when the process before this one ended: it is looked up before anything else. */
  resume(row: number, enteredAtMs: number, nowMs: number): void {
    const journey: Journey = {
      row,
      enteredAtMs,
      stage: stages.waiting.resolve,
      sentAtMs: notSent,
      retryCount: 0,
    }
    this.#journeys.set(row, journey)
    this.#retries.push(nowMs, journey)
  }

  /** A purge. What is under way keeps its permit until it ends: it still loads its processor. */
  forget(): void {
    this.#generation += 1
    this.#journeys.clear()
    this.#retries.clear()
    for (const absent of this.#absent) absent.clear()
  }

  /**
   * Takes the oldest payment out of the queue and sends it down the lane; or, where another processor has refused it,
   * first asks that one (E3). Whether it was sent.
   */
  sendOldest(lane: Lane, time: Time): boolean {
    const oldest = this.#queue.take()
    assert(oldest !== undefined, 'the queue is not empty')
    const { row, enteredAtMs } = oldest
    const journey: Journey = {
      row,
      enteredAtMs,
      stage: stages.waiting.move,
      sentAtMs: notSent,
      retryCount: 0,
    }
    const isRefused = this.#ledger.state(row) === paymentState.refused
    if (isRefused && this.#ledger.processor(row) !== lane.index) {
      this.#ask(journey, 'move', time.nowMs)
      return false
    }
    this.#send(journey, lane, isRefused ? 'refused' : 'none', time.wallMs, time.nowMs)
    return true
  }

  /** The attempt, look-up or pause of a payment; undefined if it is in the queue or has ended. */
  journeyOf(row: number): Readonly<Journey> | undefined {
    return this.#journeys.get(row)
  }

  /** A person has ended it: a look-up that is still under way ends without an effect. Answers when it was accepted. */
  drop(row: number): number | undefined {
    const journey = this.#journeys.get(row)
    this.#journeys.delete(row)
    return journey?.enteredAtMs
  }

  /** Begins to ask about newcomers (E8). */
  lookUpNewcomers(nowMs: number): void {
    for (let next = this.#newcomers.next(nowMs); next !== undefined; next = this.#newcomers.next(nowMs))
      this.#askFirst({ ...next, sentAtMs: notSent, stage: stages.waiting.first, retryCount: 0 }, 0, nowMs)
  }

  #askFirst(journey: Journey, processor: number, nowMs: number): void {
    this.#newcomers.asked()
    journey.askedProcessor = processor
    this.#ask(journey, 'first', nowMs)
  }

  startRetries(nowMs: number): void {
    for (
      let journey = this.#retries.popDue(nowMs);
      journey !== undefined;
      journey = this.#retries.popDue(nowMs)
    ) {
      const { stage } = journey
      if (!this.#isCurrent(journey)) continue
      assert(stage.kind === 'waiting', 'what waits has one deadline')
      this.#ask(journey, stage.question, nowMs)
    }
  }

  /** Sends again what was not found, as far as lanes have room. It comes before each pass over the queue (E7). */
  sendAbsent(nowMs: number): void {
    for (const lane of this.#lanes) {
      const absent = this.#absent[lane.index]
      if (absent === undefined || absent.size === 0) continue
      lane.look(nowMs)
      const isFlowing = lane.sending !== 'paused' && lane.flows(nowMs)
      for (const journey of absent) {
        if (isFlowing && !lane.hasRoom(nowMs)) break
        absent.delete(journey)
        if (!this.#isCurrent(journey)) continue
        if (isFlowing) this.#sendAgain(journey, lane, nowMs)
        else this.#repeat(journey, nowMs)
      }
    }
  }

  attemptEnded(token: WorkToken, outcome: AttemptOutcome, nowMs: number): void {
    const journey = this.#end(token)
    const { row, stage } = journey
    assert(stage.kind === 'sending', 'an attempt ends while sending')
    this.#lane(stage.permit.lane).ended(stage.permit, outcome, nowMs)
    if (token.generation !== this.#generation) return
    switch (outcome.kind) {
      case 'recorded':
        return this.#settle(journey, this.#ledger.requestedAtMs(row))
      case 'duplicate':
        // E5: an earlier attempt of ours was recorded after all; only the processor knows under which requestedAt.
        if (stage.earlier !== 'none' || this.#ledger.wasRefusedBy(row, stage.permit.lane))
          return this.#ask(journey, 'readBack', nowMs)
        if (this.#newcomers.has(row)) {
          // An attempt of the previous coordinator was recorded after our look-up, which therefore did not find it.
          this.#decisions.decide({ kind: 'requeued', row, doubt: 'none' })
          journey.isThere = true
          return this.#askFirst(journey, stage.permit.lane, nowMs)
        }
        return this.#reject(journey, 'the processor has this correlationId from an attempt that is not ours')
      case 'refused':
        if (stage.earlier === 'lost') return this.#wait(journey, 'resolve', nowMs, outcome.reason)
        return this.#refused(journey, stage.permit.lane, outcome.sent || stage.earlier === 'refused')
      case 'unknown':
        return this.#lost(journey, nowMs, outcome.reason)
      case 'rejected':
        // An earlier attempt may have been recorded all the same: the rejection of a repeat proves nothing about it.
        if (stage.earlier === 'lost')
          return this.#wait(journey, 'resolve', nowMs, `a repeat is rejected: ${outcome.reason}`, true)
        return this.#reject(journey, outcome.reason)
      default:
        unreachable(outcome)
    }
  }

  lookUpEnded(token: WorkToken, outcome: LookupOutcome, nowMs: number): void {
    const journey = this.#end(token)
    const { processor } = token as Work
    this.#lookUpCounts[processor] = (this.#lookUpCounts[processor] ?? 0) - 1
    if (!this.#isCurrent(journey)) return
    const { stage } = journey
    assert(stage.kind === 'asking', 'a look-up ends while asking')
    switch (outcome.kind) {
      case 'found':
        return this.#found(journey, outcome, stage.question, nowMs)
      case 'absent':
        return this.#foundAbsent(journey, stage.question, nowMs)
      case 'unknown':
        return this.#wait(journey, stage.question, nowMs, `look-up: ${outcome.reason}`)
      default:
        unreachable(outcome)
    }
  }

  /** E5: a record is ours where it has the amount and an instant that an attempt of ours had. Any other proves nothing. */
  #found(journey: Journey, { amountCents, requestedAtMs }: Found, question: Question, nowMs: number): void {
    if (question === 'first')
      return this.#foundFirst(journey, { kind: 'found', amountCents, requestedAtMs }, nowMs)
    const { row } = journey
    const other =
      amountCents !== this.#ledger.amountCents(row)
        ? 'amount'
        : this.#ledger.wasSent(row, requestedAtMs)
          ? undefined
          : 'requestedAt'
    if (other === undefined) {
      this.#lane(this.#ledger.processor(row)).found(journey.sentAtMs)
      return this.#settle(journey, requestedAtMs)
    }
    this.#wait(journey, question, nowMs, `it has the correlationId with another ${other}`, true)
  }

  #foundAbsent(journey: Journey, question: Question, nowMs: number): void {
    switch (question) {
      case 'resolve':
        return this.#repeat(journey, nowMs)
      case 'readBack':
        return this.#wait(journey, question, nowMs, 'it says that it has the payment, and does not find it')
      case 'first':
        return this.#absentFirst(journey, nowMs)
      case 'move':
        // E3: refused there and not found there. It may go anywhere now.
        return this.#requeue(journey, 'none')
      default:
        unreachable(question)
    }
  }

  /** E8: whoever sent it, it is paid, and booked as its processor has it. */
  #foundFirst(journey: Journey, found: Found, nowMs: number): void {
    const { row, askedProcessor: processor = 0, foundFirst: before } = journey
    const { amountCents, requestedAtMs } = found
    if (!Number.isSafeInteger(requestedAtMs) || requestedAtMs <= 0)
      return this.#wait(journey, 'first', nowMs, 'it has the correlationId at an instant that is none', true)
    journey.foundFirst = found
    if (before?.amountCents !== amountCents || before.requestedAtMs !== requestedAtMs)
      return this.#wait(journey, 'first', nowMs, 'it has the correlationId, and is asked once more')
    this.#newcomers.answered()
    if (amountCents !== this.#ledger.amountCents(row))
      return this.#reject(journey, 'a processor has this correlationId with another amount')
    this.#decisions.decide({ kind: 'sent', row, processor, requestedAtMs })
    this.#settle(journey, requestedAtMs)
  }

  #absentFirst(journey: Journey, nowMs: number): void {
    const { row, enteredAtMs, askedProcessor = 0, isThere = false } = journey
    if (isThere)
      return this.#wait(journey, 'first', nowMs, 'it says that it has the payment, and does not find it')
    this.#newcomers.answered()
    if (askedProcessor + 1 < this.#lanes.length) return this.#askFirst(journey, askedProcessor + 1, nowMs)
    this.#queue.push(row, enteredAtMs)
    this.#journeys.delete(row)
  }

  /**
   * Sends a payment again whose answer was lost, to the same processor under the same requestedAt (E3, E4). The first time it
   * waits for room before the queue, and is not looked up meanwhile. Later it takes its chance, so that the queue has room.
   */
  #repeat(journey: Journey, nowMs: number): void {
    // The first attempt may still be under way over there. That is safe: correlationId is unique at the processor.
    const lane = this.#lane(this.#ledger.processor(journey.row))
    if (lane.sending === 'paused')
      return this.#wait(journey, 'resolve', nowMs, 'not found there, and a person has paused this processor')
    if (journey.isRepeated !== true && lane.flows(nowMs)) {
      journey.stage = stages.waiting.resolve
      journey.trouble = troubled(journey.trouble, nowMs, 'not found there, and sent again soon', false)
      this.#absent[lane.index]?.add(journey)
      return
    }
    if (!lane.hasRoom(nowMs) && !lane.repeatDue(nowMs))
      return this.#wait(journey, 'resolve', nowMs, 'not found there, and nothing may be sent there now')
    this.#sendAgain(journey, lane, nowMs)
  }

  #sendAgain(journey: Journey, lane: Lane, nowMs: number): void {
    journey.isRepeated = true
    this.#send(journey, lane, 'lost', this.#ledger.requestedAtMs(journey.row), nowMs)
  }

  #send(journey: Journey, lane: Lane, earlier: Earlier, requestedAtMs: number, nowMs: number): void {
    const permit = lane.tryStart(nowMs, earlier === 'lost')
    assert(permit !== undefined, 'the lane was seen to have room')
    journey.stage = { kind: 'sending', permit, earlier }
    journey.sentAtMs = nowMs
    const { row } = journey
    const processor = lane.index
    this.#decisions.decide({ kind: 'sent', row, processor, requestedAtMs })
    this.#decisions.ask({
      kind: 'send',
      token: this.#begin(journey, processor),
      processor,
      correlationId: this.#ledger.correlationId(row),
      amountCents: this.#ledger.amountCents(row),
      requestedAtMs,
      askedAtMs: nowMs,
    })
  }

  /** The look-up begins at once if the lane has room for look-ups, otherwise after a short pause. */
  #ask(journey: Journey, question: Question, nowMs: number): void {
    const processor = this.#askedAt(journey, question)
    const count = this.#lookUpCounts[processor] ?? 0
    if (count >= lookUpCountMax) {
      this.#journeys.set(journey.row, journey)
      journey.stage = stages.waiting[question]
      this.#retries.push(nowMs + retryMs(0, false), journey)
      return
    }
    journey.stage = stages.asking[question]
    this.#lookUpCounts[processor] = count + 1
    this.#decisions.ask({
      kind: 'lookUp',
      token: this.#begin(journey, processor),
      processor,
      correlationId: this.#ledger.correlationId(journey.row),
    })
  }

  #askedAt({ row, askedProcessor }: Journey, question: Question): number {
    return question === 'first' ? (askedProcessor ?? 0) : this.#ledger.processor(row)
  }

  /** The first look-up comes at once. Pauses are for processors that are away, and mostly only the answer was lost. */
  #lost(journey: Journey, nowMs: number, reason: string): void {
    if (journey.retryCount > 0) return this.#wait(journey, 'resolve', nowMs, reason)
    journey.trouble = troubled(journey.trouble, nowMs, reason, false)
    journey.retryCount = 1
    this.#ask(journey, 'resolve', nowMs)
  }

  /** `reason`: the last answer, if that answer did not end the payment. */
  #wait(journey: Journey, question: Question, nowMs: number, reason: string, isHopeless = false): void {
    journey.stage = stages.waiting[question]
    journey.trouble = troubled(journey.trouble, nowMs, reason, isHopeless)
    this.#retries.push(nowMs + retryMs(journey.retryCount, journey.trouble.isHopeless), journey)
    journey.retryCount += 1
  }

  /**
   * E7: a payment that the same processor refuses again may itself be the cause, and at the front of the queue it would
   * be every canary.
   */
  #refused(journey: Journey, processor: number, isRead: boolean): void {
    const isAgain = this.#ledger.wasRefusedBy(journey.row, processor)
    this.#requeue(journey, isRead ? 'refused' : 'none', isAgain)
  }

  #requeue({ row, enteredAtMs }: Journey, doubt: 'none' | 'refused', isLast = false): void {
    this.#decisions.decide({ kind: 'requeued', row, doubt })
    if (isLast) this.#queue.push(row, enteredAtMs)
    else this.#queue.putBack(row, enteredAtMs)
    this.#journeys.delete(row)
  }

  #settle({ row }: Journey, requestedAtMs: number): void {
    this.#decisions.decide({ kind: 'settled', row, processor: this.#ledger.processor(row), requestedAtMs })
    this.#journeys.delete(row)
  }

  #reject({ row }: Journey, reason: string): void {
    this.#decisions.decide({ kind: 'rejected', row, reason: clipReason(reason) })
    this.#journeys.delete(row)
  }

  #begin(journey: Journey, processor: number): WorkToken {
    this.#journeys.set(journey.row, journey)
    return new Work(journey, processor, this.#generation)
  }

  #end(token: WorkToken): Journey {
    assert(token instanceof Work && !token.isOver, 'E6: every effect is answered once')
    token.isOver = true
    return token.journey
  }

  /** Whether the payment is still open: no person has ended it meanwhile, and no purge has forgotten it. */
  #isCurrent(journey: Journey): boolean {
    return this.#journeys.get(journey.row) === journey
  }

  #lane(index: number): Lane {
    const lane = this.#lanes[index]
    assert(lane !== undefined, 'a lane exists for each processor')
    return lane
  }
}
