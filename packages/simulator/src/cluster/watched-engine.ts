import { Engine, type EngineEffect, type EngineEvent, type WorkToken } from '@rinha/engine'
import { createPolicy, paceDefaults } from '@rinha/routing'
import type { Plan } from './plan.ts'
import type { Posted, PostedPayments } from './posted.ts'
import type { Tally } from './tally.ts'
import type { Trace } from './trace.ts'

export interface EngineContext {
  readonly plan: Plan
  readonly posted: PostedPayments
  readonly trace: Trace
  readonly tally: Tally
  /** When each processor was last asked for its health; outlives the engine. */
  readonly polledAtMs: Map<number, number>
  /** A payment's attempt or look-up has ended: it may have settled just now. */
  readonly onEnded: (posted: Posted) => void
}

/** How much of the auditor's guard an attempt may have used up before it is made. */
const begunMsMax = 600

export const processorNames = ['default', 'fallback', 'third']

/** 5, 15, 25 %. */
export const feeBpsOf = (processor: number) => 500 + 1000 * processor

function engineOptions(plan: Plan, hashSeed: number): ConstructorParameters<typeof Engine>[0] {
  return {
    policy: createPolicy(plan.policy, { outageMsPerPercent: plan.outageMsPerPercent }),
    pace: paceDefaults,
    paymentCountMax: plan.rememberedCountMax,
    hashSeed,
    lanes: Array.from({ length: plan.processorCount }, (_, index) => ({
      name: processorNames[index] ?? `processor-${index}`,
      feeBps: feeBpsOf(index),
      fastMsMax: 100,
      auditGuardMs: plan.auditGuardMs,
      healthPollMs: plan.healthPollMs,
      limiter: { countInitial: plan.inFlightCountInitial, countMax: plan.inFlightCountMax },
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
    })),
  }
}

/**
 * The engine that ships, with an observer at its door who sees every event and effect and trusts none of them. What it
 * holds true after every step, from the outside:
 *   - an attempt's requestedAt is the present, unless it repeats that of an attempt whose answer was lost; and after a lost
 *     answer it always does, at the same processor (engine E3, E4);
 *   - an attempt is made when its requestedAt says, but for what a disk takes, or it repeats one;
 *   - no more attempts are under way at a processor than its limit and one canary;
 *   - a processor's health is asked at most once in `healthPollMs`, by this coordinator and those before it together.
 */
export class WatchedEngine extends Engine {
  readonly #context: EngineContext
  readonly #working = new Map<WorkToken, Posted>()
  readonly #processors = new Map<WorkToken, number>()
  readonly #underWay: number[]
  /** Attempts asked for and not begun that are no repeats: their requestedAt is to be the present. */
  readonly #newlyRequested = new Map<WorkToken, number>()

  constructor(
    context: EngineContext,
    hashSeed: number,
    past: Pick<ConstructorParameters<typeof Engine>[0], 'journal' | 'recovered'> = {},
  ) {
    super({ ...engineOptions(context.plan, hashSeed), ...past })
    this.#context = context
    this.#underWay = new Array<number>(context.plan.processorCount).fill(0)
  }

  /** Attempts that were asked for and have not ended, by this count. */
  underWay(processor: number): number {
    return this.#underWay[processor] ?? 0
  }

  /** The driver makes the attempt, perhaps some time after it was asked for. */
  onBegun(token: WorkToken, nowMs: number): void {
    const requestedAtMs = this.#newlyRequested.get(token)
    if (requestedAtMs === undefined) return
    this.#newlyRequested.delete(token)
    if (nowMs - requestedAtMs <= begunMsMax) return
    const number = this.#working.get(token)?.number
    this.#context.trace.blame(
      'window',
      `payment ${number} is sent ${nowMs - requestedAtMs} ms after its requestedAt`,
    )
  }

  override step(event: EngineEvent, nowMs: number): readonly EngineEffect[] {
    const posted = this.#before(event)
    const effects = super.step(event, nowMs)
    if (posted !== undefined) this.#context.onEnded(posted)
    for (let index = 0; index < effects.length; index += 1) {
      this.#onEffect(effects[index] as EngineEffect, nowMs)
    }
    return effects
  }

  #before(event: EngineEvent): Posted | undefined {
    if (event.kind !== 'attemptEnded' && event.kind !== 'lookUpEnded') return undefined
    const posted = this.#working.get(event.token)
    if (posted === undefined) return undefined
    this.#working.delete(event.token)
    this.#context.trace.note(`${event.kind}: ${event.outcome.kind}`, posted.number)
    if (event.kind === 'lookUpEnded') return posted
    const processor = this.#processors.get(event.token) ?? 0
    this.#processors.delete(event.token)
    this.#underWay[processor] = this.underWay(processor) - 1
    if (event.outcome.kind === 'unknown') posted.unsure = posted.everUnsure = true
    return posted
  }

  #onEffect(effect: EngineEffect, nowMs: number): void {
    const { trace, tally, posted: payments } = this.#context
    const { processor } = effect
    if (effect.kind === 'pollHealth') return this.#onPoll(processor, nowMs)
    const posted = payments.of(effect.correlationId)
    this.#working.set(effect.token, posted)
    if (effect.kind === 'lookUp') {
      tally.lookUps += 1
      trace.note('look up', posted.number, processor)
      return
    }
    tally.attempts += 1
    trace.note('send', posted.number, processor, effect.requestedAtMs)
    this.#onSend(posted, processor, effect.requestedAtMs, nowMs)
    if (effect.requestedAtMs === nowMs) this.#newlyRequested.set(effect.token, nowMs)
    if (effect.amountCents !== posted.amountCents) {
      trace.blame('conservation', `payment ${posted.number} is sent with another amount`)
    }
    this.#processors.set(effect.token, processor)
    this.#underWay[processor] = this.underWay(processor) + 1
    if (this.underWay(processor) > this.#context.plan.inFlightCountMax + 1) {
      trace.blame('bounds', `${this.underWay(processor)} attempts under way at processor ${processor}`)
    }
  }

  #onSend(posted: Posted, processor: number, requestedAtMs: number, nowMs: number): void {
    const { trace } = this.#context
    const last = posted.attempts.at(-1)
    posted.attempts.push({ processor, requestedAtMs })
    // What became of its attempts before a crash or a purge is not known in here either.
    if (posted.forgotten) return
    if (posted.crashed) return this.#onSendAfterCrash(posted, requestedAtMs, nowMs)
    if (posted.unsure && last !== undefined) {
      if (last.processor !== processor) {
        trace.blame('once', `payment ${posted.number} is sent elsewhere although an answer was lost`)
      }
      if (last.requestedAtMs !== requestedAtMs) {
        trace.blame('window', `payment ${posted.number} has a new requestedAt although an answer was lost`)
      }
    } else if (requestedAtMs !== nowMs) {
      trace.blame('window', `payment ${posted.number} is sent with a requestedAt of the past`)
    }
  }

  /**
   * What the journal had not yet when the coordinator died did not happen for the one after it. So this is an attempt of
   * before, repeated, or a new one. That the wrong one of the two never pays twice is seen in the processors' books.
   */
  #onSendAfterCrash(posted: Posted, requestedAtMs: number, nowMs: number): void {
    const [before, now] = [posted.attempts.slice(0, -1), posted.attempts.at(-1)]
    const isRepeat = before.some(
      attempt => attempt.processor === now?.processor && attempt.requestedAtMs === requestedAtMs,
    )
    if (!isRepeat && requestedAtMs !== nowMs) {
      const words =
        'is sent after a crash with a requestedAt that is neither new nor that of an attempt of before'
      this.#context.trace.blame('window', `payment ${posted.number} ${words}`)
    }
    posted.crashed = false
    posted.unsure = isRepeat
  }

  #onPoll(processor: number, nowMs: number): void {
    const { trace, plan, polledAtMs } = this.#context
    const sinceMs = nowMs - (polledAtMs.get(processor) ?? Number.NEGATIVE_INFINITY)
    if (sinceMs < plan.healthPollMs) {
      trace.blame('poll', `processor ${processor} is asked for its health after ${sinceMs} ms`)
    }
    polledAtMs.set(processor, nowMs)
    trace.note('poll', processor)
  }
}
