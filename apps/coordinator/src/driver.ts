import { unreachable } from '@rinha/base'
import { type Engine, type EngineEffect, type EngineEvent, IntentGate } from '@rinha/engine'
import type { Journal } from '@rinha/journal'
import type { ProcessorClient } from '@rinha/processor'

/**
 * What is begun in one turn of the event loop. A call to a processor costs ten times what an acknowledgement does, and a
 * backlog asks for many at once: between so many, what came in is read and acknowledged.
 */
const startsPerTurn = 4

/**
 * Carries out what the engine asks for and tells it what came of it: the hands to its mind. It decides nothing about a
 * payment. One timer stands for "time has passed", at the moment the engine wants to be woken.
 *
 * Calls are begun after the turn that asked for them, in order, a few a turn: API nodes wait for the acknowledgement of
 * what they sent, and it leaves at the end of the turn. Where there is a journal, they pass the
 * {@link IntentGate} first.
 */
export class Driver {
  readonly #engine: Engine
  readonly #gate: IntentGate | undefined
  readonly #clients: readonly ProcessorClient[]
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Number.POSITIVE_INFINITY
  #lastNowMs = 0
  #stopped = false
  /** Asked for and not begun, oldest first; those before `#begun` are. */
  #asked: EngineEffect[] = []
  #begun = 0
  #startScheduled = false

  constructor(engine: Engine, clients: readonly ProcessorClient[], journal?: Pick<Journal, 'whenSynced'>) {
    this.#engine = engine
    this.#clients = clients
    this.#gate =
      journal &&
      new IntentGate({
        whenSynced: run => journal.whenSynced(run),
        nowMs: () => this.nowMs(),
        tell: event => this.tell(event),
        start: effects => this.#ask(effects),
      })
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
    const effects = this.#engine.step(event, nowMs)
    if (this.#gate === undefined) this.#ask(effects)
    else this.#gate.pass(effects)
    this.#wakeAt(this.#engine.wakeAtMs(nowMs), nowMs)
  }

  #ask(effects: readonly EngineEffect[]): void {
    if (effects.length === 0) return
    this.#asked.push(...effects)
    this.#scheduleStart()
  }

  /** Nothing is told or started any more; what is under way ends unheard. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #scheduleStart(): void {
    if (this.#startScheduled || this.#begun === this.#asked.length) return
    this.#startScheduled = true
    setImmediate(this.#startSome)
  }

  readonly #startSome = (): void => {
    this.#startScheduled = false
    if (this.#stopped) return
    const end = Math.min(this.#begun + startsPerTurn, this.#asked.length)
    for (const effect of this.#asked.slice(this.#begun, end)) this.#start(effect)
    this.#begun = end
    if (this.#begun === this.#asked.length) {
      this.#asked = []
      this.#begun = 0
    }
    this.#scheduleStart()
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
