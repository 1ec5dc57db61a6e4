import type { EngineEffect, EngineEvent, Sending, WorkToken } from '@rinha/engine'
import { type HealthOutcome, paymentRecordBytes } from '@rinha/payment'
import type { ProcessorPayment } from '@rinha/processor'
import type { World } from '../world.ts'
import { PassWatch } from './pass-watch.ts'
import type { Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { LogWatch } from './replicated/log-watch.ts'
import type { HeardPoll } from './shards/told-watch.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'
import type { TurnWatch } from './turn-watch.ts'

export interface EngineWatchContext {
  readonly world: World
  readonly plan: Plan
  readonly posted: KnownPayments
  readonly trace: Trace
  readonly tally: Tally
  /** When each processor was last asked for its health, by whatever shard; outlives the engine. */
  readonly polledAtMs: Map<number, number>
  /** What health endpoints have said to this shard or to shard 0. */
  readonly heard: readonly HeardPoll[][]
  readonly turns: TurnWatch
  /** What the operator allows to be sent to each processor. It changes before the coordinator is told. */
  readonly sending: readonly Sending[]
  /** The replicated log, where there is one. */
  readonly log?: LogWatch | undefined
}

/** A processor that asks for a pause is given at most this long. */
const quietMsMax = 10_000
/** Look-ups under way at one processor. */
const lookUpCountMax = 100
/** How much of the auditor's guard an attempt may have used up before it is made. */
const begunMsMax = 600

/**
 * Sees every event and effect of an engine, and checks them independently. After every step:
 *   - an attempt's requestedAt is the present, unless it repeats that of an attempt whose answer was lost; and after a lost
 *     answer it always does, at the same processor (engine E3, E4);
 *   - an attempt is made when its requestedAt says, but for what a disk takes, or it repeats one;
 *   - an attempt that was asked for before a purge, and had not begun, never begins;
 *   - no more attempts are under way at a processor than its limit and one canary;
 *   - no more look-ups are under way at a processor than `lookUpCountMax`, and below that a payment whose answer was lost is
 *     looked up in the same step;
 *   - no attempt is asked for, or begins, at a processor that a person has paused; and at one that a person drains, none that
 *     does not repeat one whose answer was lost;
 *   - nothing is asked for that goes to a processor which has asked to be left alone, for at most `quietMsMax`;
 *   - what waits in the queue leaves in passes with a pause between them ({@link PassWatch});
 *   - a processor's health is asked at most once in `healthPollMs`, by this coordinator, those before it and those of other
 *     shards together;
 *   - a payment never comes to two shards.
 */
export class EngineWatch {
  readonly #context: EngineWatchContext
  readonly #working = new Map<WorkToken, Posted>()
  readonly #processors = new Map<WorkToken, number>()
  readonly #passes: PassWatch
  readonly #underWay: number[]
  readonly #lookUps: number[]
  /** The answer to the attempt was lost in this step, and the payment has not been looked up. */
  #lost: { readonly posted: Posted; readonly processor: number } | undefined
  readonly #quietUntilMs = new Map<number, number>()
  /** Attempts asked for and neither begun nor ended. */
  readonly #unbegun = new Map<WorkToken, EngineEffect>()
  /** Effects from before a purge. */
  readonly #fenced = new WeakSet<object>()
  #onNextSend: (() => void) | undefined
  /** A node that was connected to another coordinator before is connected to this one. */
  knowsPredecessor = false
  /**
   * For each payment, the requestedAt of an attempt that was asked for, has not begun and is no repeat. It has to be the
   * present.
   */
  readonly #newlyRequested = new Map<Posted, { readonly requestedAtMs: number; readonly askedAtMs: number }>()

  constructor(context: EngineWatchContext) {
    this.#context = context
    this.#passes = new PassWatch(context)
    this.#underWay = new Array<number>(context.plan.processorCount).fill(0)
    this.#lookUps = new Array<number>(context.plan.processorCount).fill(0)
  }

  /** Attempts that were asked for and have not ended, by this count. */
  underWay(processor: number): number {
    return this.#underWay[processor] ?? 0
  }

  /** The attempt is made, perhaps some time after it was asked for. */
  onBegun(payment: ProcessorPayment, processor: number): void {
    const { correlationId, requestedAtMs } = payment
    const posted = this.#context.posted.of(correlationId)
    this.#context.log?.checkIntent(posted, processor, requestedAtMs)
    this.#checkSending(posted, processor, 'is made')
    if (this.#fenced.has(payment))
      this.#context.trace.blame('window', `payment ${posted.number} of before a purge is sent after it`)
    this.#unbegun.delete((payment as Extract<EngineEffect, { kind: 'send' }>).token)
    const newly = this.#newlyRequested.get(posted)
    if (newly?.requestedAtMs !== requestedAtMs) return
    this.#newlyRequested.delete(posted)
    const waitedMs = this.#context.world.nowMs - newly.askedAtMs
    if (waitedMs <= begunMsMax) return
    this.#context.trace.blame(
      'window',
      `payment ${posted.number} is sent ${waitedMs} ms after its requestedAt`,
    )
  }

  /** Calls `run` once, when an attempt is asked for. */
  onNextSend(run: () => void): void {
    this.#onNextSend = run
  }

  /** The event that comes next: the payment whose attempt or look-up has ended. */
  onEvent(event: EngineEvent): Posted | undefined {
    if (event.kind === 'accept') {
      this.#context.turns.onAccepted()
      if (this.#context.plan.shard.count > 1) this.#checkShard(event.records, event.count)
    }
    if (event.kind === 'purge') {
      for (const effect of this.#unbegun.values()) this.#fenced.add(effect)
      this.#unbegun.clear()
    }
    if (event.kind !== 'attemptEnded' && event.kind !== 'lookUpEnded') return undefined
    const posted = this.#working.get(event.token)
    if (posted === undefined) return undefined
    this.#working.delete(event.token)
    this.#unbegun.delete(event.token)
    this.#context.trace.note(`${event.kind}: ${event.outcome.kind}`, posted.number)
    const processor = this.#processors.get(event.token) ?? 0
    this.#processors.delete(event.token)
    if (event.kind === 'lookUpEnded') {
      this.#lookUps[processor] = this.#lookUpsAt(processor) - 1
      return posted
    }
    this.#underWay[processor] = this.underWay(processor) - 1
    if (event.outcome.kind === 'refused' && event.outcome.retryAfterMs !== undefined) {
      const quietMs = Math.min(event.outcome.retryAfterMs, quietMsMax)
      this.#quietUntilMs.set(processor, this.#context.world.nowMs + quietMs)
    }
    if (event.outcome.kind !== 'unknown') return posted
    if (!posted.unsure && !posted.forgotten && !posted.crashed) this.#lost = { posted, processor }
    posted.unsure = posted.everUnsure = true
    return posted
  }

  /** By whatever rule payments are divided: one shard has an id for ever. */
  #checkShard(records: Uint8Array, count: number): void {
    const { posted, plan, trace } = this.#context
    for (let index = 0; index < count; index += 1) {
      const payment = posted.of(records.subarray(index * paymentRecordBytes))
      if (payment.shard >= 0 && payment.shard !== plan.shard.index)
        trace.blame(
          'conservation',
          `payment ${payment.number} reaches shard ${plan.shard.index}, and shard ${payment.shard} has had it`,
        )
      payment.shard = plan.shard.index
    }
  }

  /** The engine has asked for all effects of this step. */
  onStepped(): void {
    this.#passes.onStepped()
    const lost = this.#lost
    this.#lost = undefined
    if (lost === undefined || this.#lookUpsAt(lost.processor) >= lookUpCountMax) return
    this.#context.trace.blame(
      'progress',
      `the answer of payment ${lost.posted.number} is lost, and nobody asks after it`,
    )
  }

  #lookUpsAt(processor: number): number {
    return this.#lookUps[processor] ?? 0
  }

  /** A person has said that no attempt so far was recorded, or ever will be. */
  onReleased(correlationId: Uint8Array): void {
    const posted = this.#context.posted.of(correlationId)
    posted.unsure = false
    posted.releasedCount = posted.attempts.length
  }

  /** The effects of the step. */
  onEffect(effect: EngineEffect, wallMs: number): void {
    const { trace, tally, posted: payments } = this.#context
    const { processor } = effect
    if (effect.kind === 'pollHealth') return trace.note('poll', processor)
    const posted = payments.of(effect.correlationId)
    this.#working.set(effect.token, posted)
    this.#processors.set(effect.token, processor)
    if (effect.kind === 'lookUp') {
      tally.lookUps += 1
      trace.note('look up', posted.number, processor)
      return this.#onLookUp(posted, processor)
    }
    tally.attempts += 1
    trace.note('send', posted.number, processor, effect.requestedAtMs)
    this.#checkSending(posted, processor, 'is asked for')
    // Clocks count in fractions, which add up to a little less now and then.
    if (this.#context.world.nowMs < (this.#quietUntilMs.get(processor) ?? 0) - 0.01)
      trace.blame(
        'bounds',
        `processor ${processor} has asked to be left alone, and is sent payment ${posted.number}`,
      )
    this.#onSend(posted, processor, effect.requestedAtMs, wallMs)
    if (effect.requestedAtMs === wallMs)
      this.#newlyRequested.set(posted, { requestedAtMs: wallMs, askedAtMs: this.#context.world.nowMs })
    if (effect.amountCents !== posted.amountCents) {
      trace.blame('conservation', `payment ${posted.number} is sent with another amount`)
    }
    // The coordinator did not know that there was one before it.
    if (!this.knowsPredecessor && posted.forgotten) posted.excused = true
    this.#unbegun.set(effect.token, effect)
    this.#onNextSend?.()
    this.#onNextSend = undefined
    this.#underWay[processor] = this.underWay(processor) + 1
    if (this.underWay(processor) > this.#context.plan.inFlightCountMax + 1) {
      trace.blame('bounds', `${this.underWay(processor)} attempts under way at processor ${processor}`)
    }
  }

  #checkSending(posted: Posted, processor: number, words: string): void {
    const sending = this.#context.sending[processor]
    const mayRepeat = posted.unsure || posted.crashed
    if (sending === 'paused' || (sending === 'draining' && !mayRepeat))
      this.#context.trace.blame(
        'hand',
        `an attempt of payment ${posted.number} ${words} at processor ${processor}, which is ${sending}`,
      )
  }

  #onLookUp(posted: Posted, processor: number): void {
    if (this.#lost?.posted === posted) this.#lost = undefined
    const count = this.#lookUpsAt(processor) + 1
    this.#lookUps[processor] = count
    if (count > lookUpCountMax)
      this.#context.trace.blame('bounds', `${count} look-ups under way at processor ${processor}`)
  }

  #onSend(posted: Posted, processor: number, requestedAtMs: number, wallMs: number): void {
    const { trace } = this.#context
    const last = posted.attempts.at(-1)
    posted.attempts.push({ processor, requestedAtMs })
    // The outcomes of attempts before a crash or a purge are unknown here, too.
    if (posted.forgotten) return
    if (posted.crashed) return this.#onSendAfterCrash(posted, requestedAtMs, wallMs)
    if (posted.unsure && last !== undefined) {
      if (last.processor !== processor) {
        trace.blame('once', `payment ${posted.number} is sent elsewhere although an answer was lost`)
      }
      if (last.requestedAtMs !== requestedAtMs) {
        trace.blame('window', `payment ${posted.number} has a new requestedAt although an answer was lost`)
      }
    } else if (requestedAtMs !== wallMs) {
      trace.blame('window', `payment ${posted.number} is sent with a requestedAt of the past`)
    } else this.#passes.onSend()
  }

  /**
   * The next coordinator does not know facts that were not journaled when the last one died. So this attempt may be a
   * repeat or a new one. The processors' books show that neither pays twice.
   */
  #onSendAfterCrash(posted: Posted, requestedAtMs: number, wallMs: number): void {
    const [before, now] = [posted.attempts.slice(0, -1), posted.attempts.at(-1)]
    const isRepeat = before.some(
      attempt => attempt.processor === now?.processor && attempt.requestedAtMs === requestedAtMs,
    )
    if (!isRepeat && requestedAtMs !== wallMs) {
      const words =
        'is sent after a crash with a requestedAt that is neither new nor that of an attempt of before'
      this.#context.trace.blame('window', `payment ${posted.number} ${words}`)
    }
    posted.crashed = false
    posted.unsure = isRepeat
  }

  /** A health endpoint is called now. */
  onPolled(processor: number): void {
    const { world, trace, plan, polledAtMs } = this.#context
    this.#context.log?.checkPoll(processor)
    const { nowMs } = world
    const sinceMs = nowMs - (polledAtMs.get(processor) ?? Number.NEGATIVE_INFINITY)
    // Clocks count in fractions, which add up to a little less now and then.
    if (sinceMs < plan.healthPollMs - 0.01) {
      trace.blame('poll', `processor ${processor} is asked for its health after ${sinceMs} ms`)
    }
    polledAtMs.set(processor, nowMs)
  }

  /** And has answered. */
  onHeard(processor: number, outcome: HealthOutcome): void {
    const { world, heard } = this.#context
    if (outcome.kind === 'answered') heard[processor]?.push({ atMs: world.nowMs, failing: outcome.failing })
  }
}
