import type { QueueStatus } from '@rinha/engine'
import type { CheckersContext, Running } from './checkers.ts'
import type { WatchedEngine } from './watched-engine.ts'

/** While payments wait and none may leave, the engine looks again after at most this long. */
const idlePassMs = 5

/** Buffers, credit and attempts under way stay within their limits, and are counted right; what waits is looked at again soon. */
export class BoundsChecker {
  readonly #context: Pick<CheckersContext, 'nodes' | 'trace' | 'plan'>
  /** The time at which the journal was first seen to fail. */
  #failing: { readonly engine: WatchedEngine; readonly roomCountMin: number } | undefined

  constructor(context: Pick<CheckersContext, 'nodes' | 'trace' | 'plan'>) {
    this.#context = context
  }

  check({ engine, channel, coordinator, process, log }: Running): void {
    const { nodes, trace, plan } = this.#context
    for (const { index, end } of nodes) {
      const count = end?.unacknowledgedCount ?? 0
      if (count > plan.bufferCountMax) trace.blame('bounds', `node ${index} holds too many`)
    }
    if (channel.outstandingCount > engine.roomCount)
      trace.blame('bounds', `credit for ${channel.outstandingCount}, room for ${engine.roomCount}`)
    this.#checkFailing(engine, channel.outstandingCount, log?.failure !== undefined)
    const { processors, holding } = coordinator.status()
    const wakesInMs = engine.wakeAtMs - process.time().nowMs
    if (waitsForAPass(holding) && wakesInMs > plan.tickMsMax + idlePassMs)
      trace.blame('progress', `a payment waits (${holding?.reason}), and the next look is in ${wakesInMs} ms`)
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

/** Whether time alone may end the wait: neither a person nor an answer has to. */
function waitsForAPass(holding: QueueStatus['holding']): boolean {
  return holding !== null && !['paused', 'lookedUpFirst', 'journalFails'].includes(holding.reason)
}
