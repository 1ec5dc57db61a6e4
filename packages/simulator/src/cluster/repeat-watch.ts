import type { Engine, EngineEvent, Step } from '@rinha/engine'
import type { Posted } from './posted.ts'
import type { Trace } from './trace.ts'

/**
 * Sees what becomes of payments that were sent once and that a look-up has not found. While payments flow to their processor,
 * such a payment is sent again before any from the queue, and is not looked up meanwhile. Only the first time: later it takes
 * its chance.
 */
export class RepeatWatch {
  readonly #engine: Pick<Engine, 'status' | 'queueStatus'>
  readonly #trace: Trace
  /** By processor: not found, not sent again since, and payments have flowed there all the time. */
  readonly #waiting = new Map<number, Set<Posted>>()
  readonly #sentAgain = new Set<Posted>()
  /** The processor says that it has them. So an absence is a stale answer, and they are looked up again. */
  readonly #isThere = new Set<Posted>()

  constructor(engine: Pick<Engine, 'status' | 'queueStatus'>, trace: Trace) {
    this.#engine = engine
    this.#trace = trace
  }

  /** `ended`: the payment whose attempt or look-up the event has ended, at `processor`. */
  onStepped(
    event: EngineEvent,
    ended: { readonly posted: Posted; readonly processor: number } | undefined,
    sends: readonly { readonly posted: Posted; readonly effect: Step['effects'][number] }[],
    time: { readonly nowMs: number; readonly wallMs: number },
  ): void {
    if (event.kind === 'purge') this.#waiting.clear()
    this.#look(time.nowMs)
    for (const { posted, effect } of sends) this.#onEffect(posted, effect, ended?.posted, time.wallMs)
    if (ended === undefined) return
    if (event.kind === 'attemptEnded' && event.outcome.kind === 'duplicate') this.#isThere.add(ended.posted)
    if (event.kind === 'lookUpEnded' && event.outcome.kind === 'absent') {
      this.#onAbsent(ended.posted, ended.processor)
      this.#look(time.nowMs)
    }
  }

  #look(nowMs: number): void {
    if (this.#waiting.size === 0) return
    const { processors } = this.#engine.queueStatus(nowMs)
    for (const index of this.#waiting.keys()) {
      const against = processors[index]?.against
      // A lane that stalls, or is past the guard, sends a payment of the queue now and then to see how it is.
      if (against !== null && against !== 'tail') this.#waiting.delete(index)
    }
  }

  #onAbsent(posted: Posted, processor: number): void {
    if (this.#sentAgain.has(posted) || this.#isThere.has(posted) || !this.#isInFlight(posted)) return
    const waiting = this.#waiting.get(processor) ?? new Set()
    this.#waiting.set(processor, waiting.add(posted))
  }

  #onEffect(
    posted: Posted,
    effect: Step['effects'][number],
    ended: Posted | undefined,
    wallMs: number,
  ): void {
    const waiting = this.#waiting.get(effect.processor)
    if (effect.kind === 'lookUp' && waiting?.has(posted))
      this.#trace.blame('progress', `payment ${posted.number} was not found, and is looked up again`)
    if (effect.kind !== 'send') return
    if (effect.requestedAtMs !== wallMs || posted === ended || waiting?.has(posted)) {
      this.#sentAgain.add(posted)
      waiting?.delete(posted)
    } else
      for (const other of waiting ?? [])
        if (this.#isInFlight(other))
          this.#trace.blame(
            'progress',
            `payment ${posted.number} is sent before payment ${other.number}, which was not found`,
          )
  }

  #isInFlight({ correlationId }: Posted): boolean {
    return this.#engine.status(correlationId).state === 'inFlight'
  }
}
