import type { MemoryArchive } from '@rinha/archive/memory'
import type { Time } from '@rinha/base'
import type { Term } from '@rinha/channel'
import { takeoverOptions } from '@rinha/coordinator'
import {
  Engine,
  type EngineEvent,
  type EngineOptions,
  type FeePeriod,
  type Order,
  type Step,
} from '@rinha/engine'
import type { Ledger } from '@rinha/ledger'
import { createPolicy, type PolicyName, paceDefaults } from '@rinha/routing'
import { EngineWatch, type EngineWatchContext } from './engine-watch.ts'
import { hasArchive, type Plan, partOf } from './plan.ts'
import type { Posted } from './posted.ts'
import { RepeatWatch } from './repeat-watch.ts'
import { RetentionWatch } from './retention-watch.ts'
import { ToldWatch } from './shards/told-watch.ts'

export const processorNames = ['default', 'fallback', 'third']

/** 5, 15, 25 %. */
export const feeBpsOf = (processor: number) => 500 + 1000 * processor

export const feesBpsOf = ({ processorCount }: Plan) =>
  Array.from({ length: processorCount }, (_, index) => feeBpsOf(index))

/** The plan's settings. After an operator's change, another policy, other limits and other fees. */
export function engineOptions(
  plan: Plan,
  policy: PolicyName = plan.policy,
  inFlightCountMax: number = plan.inFlightCountMax,
  feesBps: readonly number[] = feesBpsOf(plan),
): Omit<EngineOptions, 'ledger' | 'startedAt'> {
  return {
    policy: createPolicy(policy, {
      outageMsPerPercent: plan.outageMsPerPercent,
      // A late calm is shorter than the patience that ships.
      ...(plan.calmLate ? { patienceMs: 2000 } : {}),
    }),
    pace: {
      ...paceDefaults,
      perSecondMin: partOf(paceDefaults.perSecondMin, plan.shard),
      perSecondMax: partOf(paceDefaults.perSecondMax, plan.shard),
      perSecondMaxAtEnd: partOf(paceDefaults.perSecondMaxAtEnd, plan.shard),
      tickMsMax: plan.tickMsMax,
    },
    pollsHealth: plan.shard.index === 0,
    predecessor: { spanMs: 60_000, attemptTimeoutMs: plan.attemptTimeoutMs },
    retainMs: plan.retainMs,
    keptMsMin: plan.keptMsMin,
    lanes: Array.from({ length: plan.processorCount }, (_, index) => ({
      name: processorNames[index] ?? `processor-${index}`,
      feeBps: feesBps[index] ?? 0,
      fastMsMax: 100,
      auditGuardMs: plan.auditGuardMs,
      healthPollMs: plan.healthPollMs,
      limiter: { countInitial: plan.inFlightCountInitial, countMax: inFlightCountMax },
      circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
    })),
  }
}

export interface EngineContext extends EngineWatchContext {
  /** Which fees were in force when, as it is on the disk. */
  readonly feePeriods: readonly FeePeriod[]
  /** A payment's attempt or look-up has ended: it may have settled just now. */
  readonly onEnded: (posted: Posted) => void
  /** Payments that have left the ledger; it outlives the process. */
  readonly archive: MemoryArchive
  /** A payment leaves the ledger, and no archive keeps it. */
  readonly onForgotten: (posted: Posted) => void
  /** A person sends a rejected payment back to the queue. */
  readonly onResubmitted: (posted: Posted) => void
}

/** The engine that ships, with an observer at its door. */
export class WatchedEngine extends Engine {
  readonly watch: EngineWatch
  readonly told: ToldWatch
  readonly #context: EngineContext
  readonly #retentions: RetentionWatch
  readonly #repeats: RepeatWatch
  readonly epoch: number
  /** Another coordinator leads: what this one decides from here on has no effect, and is not watched. */
  isOverruled = false

  constructor(context: EngineContext, ledger: Ledger, startedAt: Time, term?: Term) {
    const { plan, sending, feePeriods, archive } = context
    super({
      ...engineOptions(plan),
      ...takeoverOptions(term),
      archive: hasArchive(plan) ? archive : undefined,
      sending,
      feePeriods: [...feePeriods],
      ledger,
      startedAt,
    })
    this.watch = new EngineWatch(context)
    this.epoch = term?.epoch ?? 0
    this.#context = context
    this.told = new ToldWatch(context)
    this.#retentions = new RetentionWatch(context, this, startedAt.nowMs)
    this.#repeats = new RepeatWatch(this, context)
  }

  override step(event: EngineEvent, time: Time): Step {
    if (this.isOverruled) return super.step(event, time)
    const ended = this.watch.onEvent(event)
    if (event.kind === 'orders') for (const order of event.orders) this.#watchOrder(order)
    if (event.kind === 'retire') this.#retentions.onRetire(event.retirement, time.nowMs)
    const lanesBefore = event.kind === 'healthTold' ? this.queueStatus(time.nowMs).processors : []
    const step = super.step(event, time)
    if (event.kind === 'healthTold')
      this.told.onTold(event.reports, lanesBefore, this.queueStatus(time.nowMs).processors)
    if (event.kind === 'retire') this.#retentions.onRetired()
    this.#retentions.onStepped(time.nowMs)
    if (ended !== undefined) this.#context.onEnded(ended)
    for (const effect of step.effects) this.watch.onEffect(effect, time.wallMs)
    this.watch.onStepped()
    this.#repeats.onStepped(event, ended, step.effects, time)
    return step
  }

  #watchOrder(order: Order): void {
    const judged = this.judge(order)
    if (!judged.ok || judged.value?.kind !== 'released') return
    this.watch.onReleased(order.correlationId)
    if (order.kind === 'resubmit') this.#context.onResubmitted(this.#context.posted.of(order.correlationId))
  }
}
