import type { CheckersContext, Running } from './checkers.ts'
import type { WatchedEngine } from './watched-engine.ts'

/** Buffers, credit and attempts under way stay within their limits, and are counted right. */
export class BoundsChecker {
  readonly #context: Pick<CheckersContext, 'nodes' | 'trace' | 'plan'>
  /** Since the journal began to fail, as it was seen. */
  #failing: { readonly engine: WatchedEngine; readonly roomCountMin: number } | undefined

  constructor(context: Pick<CheckersContext, 'nodes' | 'trace' | 'plan'>) {
    this.#context = context
  }

  check({ engine, channel, coordinator, log }: Running): void {
    const { nodes, trace, plan } = this.#context
    for (const { index, end } of nodes) {
      const count = end?.unacknowledgedCount ?? 0
      if (count > plan.bufferCountMax) trace.blame('bounds', `node ${index} holds too many`)
    }
    if (channel.outstandingCount > engine.roomCount)
      trace.blame('bounds', `credit for ${channel.outstandingCount}, room for ${engine.roomCount}`)
    this.#checkFailing(engine, channel.outstandingCount, log?.failure !== undefined)
    const { processors } = coordinator.status()
    for (const [index, { inFlightCount, limitCount }] of processors.entries()) {
      if (limitCount > plan.inFlightCountMax) trace.blame('bounds', `a limit of ${limitCount}`)
      if (inFlightCount !== engine.watch.underWay(index))
        trace.blame('bounds', `${engine.watch.underWay(index)} attempts under way, ${inFlightCount} counted`)
    }
  }

  /** The journal can be written again, if only for a moment: nodes may have been given credit. */
  onHealed(): void {
    this.#failing = undefined
  }

  /** While the journal cannot be written, nothing is taken but what nodes had credit for. */
  #checkFailing(engine: WatchedEngine, creditCount: number, isFailing: boolean): void {
    if (!isFailing) this.#failing = undefined
    else if (this.#failing?.engine !== engine)
      this.#failing = { engine, roomCountMin: engine.roomCount - creditCount }
    else if (engine.roomCount < this.#failing.roomCountMin)
      this.#context.trace.blame('bounds', 'payments are taken that the journal cannot be told of')
  }
}
