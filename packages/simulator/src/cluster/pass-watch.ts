import type { World } from '../world.ts'
import type { Plan } from './plan.ts'
import type { Trace } from './trace.ts'

interface PassWatchContext {
  readonly world: World
  readonly plan: Pick<Plan, 'tickMsMax'>
  readonly trace: Trace
}

/** Sees when an engine sends what waits in its queue: a pass that sends something is followed by a pause. */
export class PassWatch {
  readonly #context: PassWatchContext
  #hasSent = false
  #passedAtMs = Number.NEGATIVE_INFINITY

  constructor(context: PassWatchContext) {
    this.#context = context
  }

  onSend(): void {
    this.#hasSent = true
  }

  /** A step is over. The pause after one payment is half of the longest. */
  onStepped(): void {
    if (!this.#hasSent) return
    this.#hasSent = false
    const { world, plan, trace } = this.#context
    const pauseMs = world.nowMs - this.#passedAtMs
    this.#passedAtMs = world.nowMs
    // Clocks count in fractions, which add up to a little less now and then.
    if (pauseMs < plan.tickMsMax / 2 - 0.01)
      trace.blame('bounds', `payments leave the queue again after ${pauseMs} ms`)
  }
}
