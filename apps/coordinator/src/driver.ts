import { unreachable } from '@rinha/base'
import type { Engine, EngineEffect, EngineEvent } from '@rinha/engine'
import type { ProcessorClient } from '@rinha/processor'

/**
 * Carries out what the engine asks for and tells it what came of it: the hands to its mind. It decides nothing about a
 * payment. One timer stands for "time has passed", at the moment the engine wants to be woken.
 */
export class Driver {
  readonly #engine: Engine
  readonly #clients: readonly ProcessorClient[]
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #lastNowMs = 0
  #stopped = false

  constructor(engine: Engine, clients: readonly ProcessorClient[]) {
    this.#engine = engine
    this.#clients = clients
  }

  /** The wall clock, except that it never runs backwards: an operator may set it. */
  nowMs(): number {
    this.#lastNowMs = Math.max(this.#lastNowMs, Date.now())
    return this.#lastNowMs
  }

  /** Tells the engine one event and starts what it answers with. */
  tell(event: EngineEvent): void {
    if (this.#stopped) return
    const nowMs = this.nowMs()
    for (const effect of this.#engine.step(event, nowMs)) this.#start(effect)
    this.#wakeAt(this.#engine.wakeAtMs(nowMs), nowMs)
  }

  /** Nothing is told or started any more; what is under way ends unheard. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #start(effect: EngineEffect): void {
    const client = this.#clients[effect.processor]
    if (client === undefined) throw new Error(`no client for processor ${effect.processor}`)
    switch (effect.kind) {
      case 'send':
        client.pay(effect).then(outcome => this.tell({ kind: 'attemptEnded', token: effect.token, outcome }))
        return
      case 'lookUp':
        client
          .lookUp(effect.correlationId)
          .then(outcome => this.tell({ kind: 'lookUpEnded', token: effect.token, outcome }))
        return
      case 'pollHealth':
        client
          .health()
          .then(outcome => this.tell({ kind: 'healthPolled', processor: effect.processor, outcome }))
        return
      default:
        unreachable(effect)
    }
  }

  #wakeAt(atMs: number, nowMs: number): void {
    if (atMs >= this.#timerAtMs || atMs === Number.POSITIVE_INFINITY) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    this.#timer = setTimeout(
      () => {
        this.#timerAtMs = Number.POSITIVE_INFINITY
        this.tell({ kind: 'tick' })
      },
      Math.max(1, atMs - nowMs),
    )
  }
}
