import type { CheckersContext, Running } from './checkers.ts'
import type { Posted } from './posted.ts'
import type { WireEnd } from './wire.ts'

const lookEveryMs = 20

/**
 * Checks a promise of dead nodes: if a node answered 202, at whatever level, and wrote the payment to a connection,
 * then the coordinator knows the payment when that connection has ended. It is excused if the network broke the
 * connection, or if the coordinator died as well or was about to stop.
 */
export class LastWords {
  /** The coordinator is told to stop: it takes nothing more. */
  isStopping = false
  readonly #context: CheckersContext

  constructor(context: CheckersContext) {
    this.#context = context
  }

  onNodeDied(index: number, delivered: ReadonlyMap<number, WireEnd>): void {
    const running = this.#context.coordinator()
    if (running === undefined || this.isStopping) return
    for (const [number, stream] of delivered) {
      const payment = this.#context.posted.numbered(number)
      if ((payment.toldBy & (1 << index)) === 0) continue
      if (!isKnown(payment, running)) this.#await(payment, index, stream, running)
    }
  }

  #await(payment: Posted, index: number, stream: WireEnd, running: Running): void {
    const { world, trace, tally } = this.#context
    if (stream.broken || payment.forgotten) return
    if (this.isStopping || this.#context.coordinator() !== running) return
    // A process that stands still reads it later.
    if (stream.other?.open || running.process.stalledMs > 0)
      return world.after(lookEveryMs, () => this.#await(payment, index, stream, running))
    tally.lastWords += 1
    if (!isKnown(payment, running))
      trace.blame(
        'conservation',
        `payment ${payment.number} was answered 202 by node ${index}, which wrote it and died, and the coordinator does not have it`,
      )
  }
}

function isKnown({ correlationId }: Posted, { engine }: Running): boolean {
  return engine.status(correlationId).state !== 'absent'
}
