import { silentIntervalsMax } from '@rinha/channel'
import type { CheckersContext, Running } from './checkers.ts'
import type { NodeChannel } from './node-channel.ts'
import { stallMsMax } from './plan.ts'
import type { Posted } from './posted.ts'

/** The queue is examined every 100 ms, and the news needs time to reach the nodes. */
const slackMs = 300

/**
 * Checks admission by age from outside. By the queue's length alone, whatever the coordinator predicts:
 *   - if no payment has left a queue for longer than a payment may wait, the coordinator must be closed;
 *   - if no payment is queued, it must be open.
 * By the answers of clients:
 *   - a node that was told so takes no payment that the coordinator does not know;
 *   - a client that posts a payment which is known for good gets the usual answer;
 *   - no client is told that the queue is too long when it has not been for longer than the news can take to reach a node.
 */
export class AdmissionChecker {
  readonly #context: Pick<CheckersContext, 'world' | 'plan' | 'trace' | 'tally' | 'coordinator'>
  #engine: Running['engine'] | undefined
  #leftCount = 0
  #leftAtMs = 0
  #queuedAtMs = 0

  constructor(context: Pick<CheckersContext, 'world' | 'plan' | 'trace' | 'tally' | 'coordinator'>) {
    this.#context = context
  }

  check({ engine, coordinator, process }: Running): void {
    const { world, plan, trace } = this.#context
    const { nowMs } = world
    const { queuedCount, acceptedCount } = engine
    const leftCount = acceptedCount - queuedCount
    const isClosed = coordinator.retryAfterSeconds() > 0
    if (engine !== this.#engine || leftCount !== this.#leftCount || queuedCount === 0) this.#leftAtMs = nowMs
    if (engine !== this.#engine || queuedCount > 0) this.#queuedAtMs = nowMs
    this.#engine = engine
    this.#leftCount = leftCount
    // A coordinator that stands still cannot tell nodes anything. One stall may follow another.
    if (process.stalledMs > 0) return
    const { queueWaitMsMax } = plan
    if (queueWaitMsMax > 0 && !isClosed && nowMs - this.#leftAtMs > queueWaitMsMax + slackMs + this.#stallMs)
      trace.blame(
        'bounds',
        `nothing has left the queue for ${Math.round(nowMs - this.#leftAtMs)} ms, and more is accepted`,
      )
    if (isClosed && (queueWaitMsMax === 0 || nowMs - this.#queuedAtMs > slackMs + this.#stallMs))
      trace.blame('bounds', 'nothing waits, and nothing is accepted')
  }

  /** `isKnown`: to the coordinator, or to a node that has taken it before. */
  onTaken(payment: Posted, { end }: NodeChannel, isKnown: boolean): void {
    if ((end?.retryAfterSeconds ?? 0) > 0 && !isKnown)
      this.#context.trace.blame('bounds', `payment ${payment.number} is taken while the queue is too long`)
  }

  /** The client was told that the queue is too long. `wasKnown`: the payment was known for good when it was posted. */
  onRefused(payment: Posted, { hadNoWord }: NodeChannel, wasKnown: boolean): void {
    const { world, plan, trace, tally, coordinator } = this.#context
    tally.faults['told 503 because the queue is too long'] += 1
    if (hadNoWord) return
    if (wasKnown)
      trace.blame('protocol', `payment ${payment.number} is known, and refused since the queue is too long`)
    const unheardMs = silentIntervalsMax * plan.heartbeatMs + plan.requestTimeoutMs + slackMs + this.#stallMs
    if (world.nowMs - (coordinator()?.coordinator.saidClosedAtMs ?? world.nowMs) > unheardMs)
      trace.blame('bounds', `payment ${payment.number} is refused, and the queue has been short for long`)
  }

  get #stallMs(): number {
    return this.#context.plan.stallEveryMs === Number.POSITIVE_INFINITY ? 0 : stallMsMax
  }
}
