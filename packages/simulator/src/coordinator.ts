import { assert, unreachable } from '@rinha/base'
import { type Engine, type EngineEffect, type EngineEvent, IntentGate, type WorkToken } from '@rinha/engine'
import type { AttemptOutcome, HealthOutcome, LookupOutcome, ProcessorTotal } from '@rinha/payment'
import { CallTimeout } from './call-timeout.ts'
import type { SimPort } from './processor.ts'
import type { World } from './world.ts'

export interface SimCoordinatorOptions {
  /** Sends that the one thread can begin a second; what it takes to begin one keeps everything else waiting. */
  readonly capacityPerSecond: number
  readonly attemptTimeoutMs: number
  readonly lookUpTimeoutMs: number
  readonly healthTimeoutMs: number
  /** A payment of the ledger's `row` has settled. Only settlements of this coordinator's own attempts and look-ups. */
  readonly onSettled?: (row: number) => void
  /** Effects begin when what was written before them is in there. */
  readonly journal?: { whenSynced(run: () => void): void }
  /** An attempt begins: from now on it may be recorded. */
  readonly onSend?: (token: WorkToken) => void
}

export const usualCoordinator: SimCoordinatorOptions = {
  capacityPerSecond: 4000,
  attemptTimeoutMs: 30_000,
  lookUpTimeoutMs: 30_000,
  healthTimeoutMs: 15_000,
}

/**
 * The coordinator's driver in virtual time: carries out what the engine asks for against simulated processors and tells
 * it what came of it, as apps/coordinator does over HTTP. The engine is the one that ships.
 *
 * Its one thread is modelled as time: beginning a send takes 1/capacity of a second, so that a burst of 700 is on its way
 * 175 ms later and whatever arrives meanwhile (answers, payments, the auditor) is looked at after it. The requestedAt
 * of a burst's last payment is thus older than its sending, as in the real one.
 *
 * Invariants:
 *   D1. Every effect is answered once, with a timeout at the latest, unless the coordinator has stopped.
 *   D2. The engine's time is whole milliseconds and never runs backwards.
 *   D3. Nothing is told after {@link stop}: a process that is gone hears nothing.
 */
export class SimCoordinator {
  readonly engine: Engine
  readonly #world: World
  readonly #ports: readonly SimPort[]
  readonly #options: SimCoordinatorOptions
  readonly #attemptTimeout: CallTimeout<AttemptOutcome>
  readonly #lookUpTimeout: CallTimeout<LookupOutcome>
  readonly #healthTimeout: CallTimeout<HealthOutcome>
  readonly #gate: IntentGate | undefined
  readonly #sendMs: number
  #freeAtMs: number
  /** What arrived while the thread was at work. */
  readonly #inbox: (() => void)[] = []
  #wakeAtMs = Number.POSITIVE_INFINITY
  #stopped = false
  #sendCount = 0

  constructor(
    world: World,
    engine: Engine,
    ports: readonly SimPort[],
    options: Partial<SimCoordinatorOptions> = {},
  ) {
    this.#world = world
    this.engine = engine
    this.#ports = ports
    this.#options = { ...usualCoordinator, ...options }
    this.#sendMs = 1000 / this.#options.capacityPerSecond
    this.#attemptTimeout = new CallTimeout<AttemptOutcome>(world, this.#options.attemptTimeoutMs, timeout)
    this.#lookUpTimeout = new CallTimeout<LookupOutcome>(world, this.#options.lookUpTimeoutMs, timeout)
    this.#healthTimeout = new CallTimeout<HealthOutcome>(world, this.#options.healthTimeoutMs, timeout)
    this.#freeAtMs = world.nowMs
    const { journal } = this.#options
    this.#gate =
      journal &&
      new IntentGate({
        whenSynced: run => journal.whenSynced(run),
        nowMs: () => this.nowMs,
        tell: event => this.tell(event),
        start: effects => this.#startAll(effects),
      })
  }

  /** What the engine takes for now: whole milliseconds, as a wall clock gives them. */
  get nowMs(): number {
    return Math.floor(this.#world.nowMs)
  }

  get sendCount(): number {
    return this.#sendCount
  }

  /** Begins to work: the first tick starts the polls. */
  start(): void {
    this.tell({ kind: 'tick' })
  }

  /** `count` records of 24 bytes, as the channel hands them over. `records` is read before this returns, or copied. */
  accept(records: Uint8Array, count: number): void {
    if (this.#isFree) this.tell({ kind: 'accept', records, count })
    else {
      const kept = records.slice()
      this.#whenFree(() => this.tell({ kind: 'accept', records: kept, count }))
    }
  }

  /** The summary as a reader gets it: when the thread has time for it. */
  readSummary(fromMs: number, toMs: number, reply: (totals: readonly ProcessorTotal[]) => void): void {
    this.#whenFree(() => reply(this.engine.summary(fromMs, toMs)))
  }

  /** Tells the engine one event now and starts what it answers with. */
  tell(event: EngineEvent): void {
    if (this.#stopped) return
    const nowMs = this.nowMs
    const effects = this.engine.step(event, nowMs)
    if (this.#gate === undefined) this.#startAll(effects)
    else this.#gate.pass(effects)
    this.#wake(this.engine.wakeAtMs(nowMs))
  }

  /** Crashes, or ends: what is under way at the processors goes on there, unheard. */
  stop(): void {
    this.#stopped = true
  }

  #startAll(effects: readonly EngineEffect[]): void {
    if (this.#stopped) return
    for (let index = 0; index < effects.length; index += 1) this.#start(effects[index] as EngineEffect)
  }

  #start(effect: EngineEffect): void {
    const port = this.#ports[effect.processor]
    assert(port !== undefined, 'there is a processor for each lane')
    switch (effect.kind) {
      case 'send':
        return this.#send(effect, port)
      case 'lookUp':
        return this.#lookUp(effect, port)
      case 'pollHealth': {
        const { processor } = effect
        const end = this.#healthTimeout.guard(outcome =>
          this.#whenFree(() => this.tell({ kind: 'healthPolled', processor, outcome })),
        )
        return this.#begin(() => port.health(end))
      }
      default:
        unreachable(effect)
    }
  }

  #send(effect: Extract<EngineEffect, { kind: 'send' }>, port: SimPort): void {
    this.#sendCount += 1
    this.#options.onSend?.(effect.token)
    this.#world.note('send', effect.requestedAtMs)
    const { token } = effect
    const end = this.#attemptTimeout.guard(outcome => {
      if (this.#isFree) this.#attemptEnded(token, outcome)
      else this.#whenFree(() => this.#attemptEnded(token, outcome))
    })
    this.#begin(() => port.pay(effect, end))
  }

  #attemptEnded(token: WorkToken, outcome: AttemptOutcome): void {
    if (outcome.kind === 'recorded' && !this.#stopped) this.#options.onSettled?.(token.row)
    this.tell({ kind: 'attemptEnded', token, outcome })
  }

  #lookUp({ token, correlationId }: Extract<EngineEffect, { kind: 'lookUp' }>, port: SimPort): void {
    const end = this.#lookUpTimeout.guard(outcome =>
      this.#whenFree(() => {
        if (outcome.kind === 'found' && !this.#stopped) this.#options.onSettled?.(token.row)
        this.tell({ kind: 'lookUpEnded', token, outcome })
      }),
    )
    this.#begin(() => port.lookUp(correlationId, end))
  }

  /** Does one send, which then keeps the thread for its time; behind others, when it is its turn. */
  #begin(run: () => void): void {
    const atMs = this.#freeAtMs
    this.#freeAtMs = Math.max(atMs, this.#world.nowMs) + this.#sendMs
    if (atMs <= this.#world.nowMs) run()
    else
      this.#world.at(atMs, () => {
        if (!this.#stopped) run()
      })
  }

  get #isFree(): boolean {
    return this.#inbox.length === 0 && this.#world.nowMs >= this.#freeAtMs
  }

  /** Runs it now where the thread is free, and otherwise in the order of arrival as soon as it is. */
  #whenFree(run: () => void): void {
    if (this.#isFree) return run()
    this.#inbox.push(run)
    if (this.#inbox.length === 1) this.#world.at(this.#freeAtMs, () => this.#work())
  }

  #work(): void {
    let done = 0
    while (done < this.#inbox.length && this.#world.nowMs >= this.#freeAtMs) {
      this.#inbox[done]?.()
      done += 1
    }
    this.#inbox.splice(0, done)
    if (this.#inbox.length > 0) this.#world.at(this.#freeAtMs, () => this.#work())
  }

  #wake(atMs: number): void {
    if (atMs >= this.#wakeAtMs || atMs === Number.POSITIVE_INFINITY) return
    // Timers have whole milliseconds, and at least one.
    const wakeAtMs = Math.max(Math.ceil(atMs), this.nowMs + 1)
    this.#wakeAtMs = wakeAtMs
    this.#world.at(wakeAtMs, () => {
      if (this.#wakeAtMs !== wakeAtMs) return
      this.#wakeAtMs = Number.POSITIVE_INFINITY
      this.#whenFree(() => this.tell({ kind: 'tick' }))
    })
  }
}

const timeout = { kind: 'unknown', reason: 'timeout' } as const
