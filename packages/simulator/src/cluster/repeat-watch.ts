import type { Time } from '@rinha/base'
import type { Engine, EngineEffect, EngineEvent } from '@rinha/engine'
import type { KnownPayments, Posted } from './posted.ts'
import type { Trace } from './trace.ts'

interface RepeatWatchContext {
  readonly posted: KnownPayments
  readonly trace: Trace
}

/**
 * Sees what becomes of payments that were sent once and that a look-up has not found. While payments flow to their processor,
 * such a payment is sent again before any from the queue, and is not looked up meanwhile. Only the first time: later it takes
 * its chance.
 */
export class RepeatWatch {
  readonly #engine: Pick<Engine, 'status' | 'queueStatus'>
  readonly #context: RepeatWatchContext
  /** By processor: payments that were not found, and not sent again since. Payments have flowed there all the time. */
  readonly #waiting = new Map<number, Set<Posted>>()
  readonly #sentAgain = new Set<Posted>()
  /** The processor says that it has them. So an absence is a stale answer, and they are looked up again. */
  readonly #isThere = new Set<Posted>()

  constructor(engine: Pick<Engine, 'status' | 'queueStatus'>, context: RepeatWatchContext) {
    this.#engine = engine
    this.#context = context
  }

  /** `ended`: the payment whose attempt or look-up the event has ended. */
  onStepped(
    event: EngineEvent,
    ended: Posted | undefined,
    effects: readonly EngineEffect[],
    { nowMs, wallMs }: Time,
  ): void {
    if (event.kind === 'purge') this.#waiting.clear()
    this.#keepFlowing(nowMs)
    for (const effect of effects)
      if (effect.kind === 'lookUp') this.#onLookUp(effect)
      else if (effect.kind === 'send') this.#onSend(effect, ended, wallMs)
    if (ended === undefined) return
    if (event.kind === 'attemptEnded' && event.outcome.kind === 'duplicate') this.#isThere.add(ended)
    if (event.kind === 'lookUpEnded' && event.outcome.kind === 'absent') {
      this.#onAbsent(ended)
      this.#keepFlowing(nowMs)
    }
  }

  /** Nothing is expected where payments do not flow now. */
  #keepFlowing(nowMs: number): void {
    if (this.#waiting.size === 0) return
    const { processors } = this.#engine.queueStatus(nowMs)
    for (const index of this.#waiting.keys()) {
      const against = processors[index]?.against
      // A lane that stalls, or is past the guard, sends a payment of the queue now and then to see how it is.
      if (against !== null && against !== 'tail') this.#waiting.delete(index)
    }
  }

  #onAbsent(posted: Posted): void {
    const status = this.#engine.status(posted.correlationId)
    if (status.state !== 'inFlight' || this.#sentAgain.has(posted) || this.#isThere.has(posted)) return
    const waiting = this.#waiting.get(status.processor) ?? new Set()
    this.#waiting.set(status.processor, waiting.add(posted))
  }

  #onLookUp({ processor, correlationId }: Extract<EngineEffect, { kind: 'lookUp' }>): void {
    const waiting = this.#waiting.get(processor)
    if (waiting === undefined) return
    const { posted, trace } = this.#context
    const payment = posted.of(correlationId)
    if (waiting.has(payment))
      trace.blame('progress', `payment ${payment.number} was not found, and is looked up again`)
  }

  #onSend(
    { processor, correlationId, requestedAtMs }: Extract<EngineEffect, { kind: 'send' }>,
    ended: Posted | undefined,
    wallMs: number,
  ): void {
    const { posted, trace } = this.#context
    const payment = posted.of(correlationId)
    const waiting = this.#waiting.get(processor)
    if (requestedAtMs !== wallMs || payment === ended || waiting?.has(payment)) {
      this.#sentAgain.add(payment)
      waiting?.delete(payment)
      return
    }
    for (const other of waiting ?? [])
      if (this.#engine.status(other.correlationId).state === 'inFlight')
        trace.blame(
          'progress',
          `payment ${payment.number} is sent before payment ${other.number}, which was not found`,
        )
  }
}
