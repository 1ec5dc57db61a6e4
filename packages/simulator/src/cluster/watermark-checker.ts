import type { Engine } from '@rinha/engine'
import type { CheckersContext, Running } from './checkers.ts'
import type { Posted } from './posted.ts'

/** A summary calls nothing final that a processor has recorded and the ledger has not booked yet. */
export class WatermarkChecker {
  readonly #context: Pick<CheckersContext, 'processors' | 'trace'>

  constructor(context: Pick<CheckersContext, 'processors' | 'trace'>) {
    this.#context = context
  }

  /** Whatever the wall clock says: it is about attempts that were made. */
  check(
    engine: Pick<Engine, 'status' | 'watermark'>,
    open: readonly Posted[],
    { nowMs }: ReturnType<Running['process']['time']>,
  ): void {
    const upToMs = engine.watermark.completeUpToMs({ nowMs, wallMs: Number.POSITIVE_INFINITY })
    if (upToMs === null) return
    for (const payment of open) {
      const { correlationId, number, recordedBy, excused, releasedCount } = payment
      // What a second processor has, or what a person has called not recorded, may never be booked.
      if (recordedBy < 0 || excused || releasedCount > 0) continue
      const { state } = engine.status(correlationId)
      if (state !== 'queued' && state !== 'inFlight') continue
      const { books } = this.#context.processors[recordedBy] ?? {}
      const requestedAtMs = books?.requestedAtMs(books.find(correlationId)) ?? 0
      if (requestedAtMs > upToMs) continue
      const words = `payment ${number} is recorded at ${requestedAtMs} and ${state}, and summaries are final up to ${upToMs}`
      this.#context.trace.blame('window', words)
    }
  }
}
