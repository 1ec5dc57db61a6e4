import { err, ok, type Result, type Timers } from '@rinha/base'
import type { PaymentReport } from '@rinha/channel'
import type { Engine, Order } from '@rinha/engine'
import { type BulkOrder, type BulkResult, BulkTally, slicesOf } from './bulk-order.ts'
import { type OperatorEvent, orderedEvent } from './operator-event.ts'
import type { FactLog, OrderRefusal } from './ports.ts'

/** What orders need of the coordinator. */
export interface OrderPorts {
  readonly log: FactLog | undefined
  readonly timers: Timers
  readonly tell: (orders: readonly Order[]) => void
  readonly say: (event: OperatorEvent) => void
  readonly report: (correlationId: Uint8Array) => PaymentReport
  readonly isOver: () => boolean
}

/**
 * Carries out a person's orders about payments. An order is answered when its result is as safe as configured: with a
 * journal, synced. If the coordinator ends before that, `done` is not called.
 */
export class Orders {
  readonly #engine: Engine
  readonly #ports: OrderPorts

  constructor(engine: Engine, ports: OrderPorts) {
    this.#engine = engine
    this.#ports = ports
  }

  /** Whether an order would be carried out now; see {@link Engine.judge}. */
  judge(order: Order): ReturnType<Engine['judge']> | Result<never, OrderRefusal> {
    return unwritten(this.#ports.log) ?? this.#engine.judge(order)
  }

  /** `done` gets the payment's new state. */
  order(order: Order, done: (answer: Result<PaymentReport, OrderRefusal>) => void): void {
    const { log, report, say, tell } = this.#ports
    const judged = this.judge(order)
    if (!judged.ok) return done(judged)
    tell([order])
    if (judged.value !== undefined) say(orderedEvent(order))
    // A failing disk may still write it later. The caller can ask again.
    whenSafe(log, () => done(unwritten(log) ?? ok(report(order.correlationId))))
  }

  /**
   * An order about many rejected payments. It is carried out a slice in each turn, so that accepting and sending go on.
   * If it ends early it is carried out in part, and may be given again.
   */
  orderMany(order: BulkOrder, done: (answer: Result<BulkResult, OrderRefusal>) => void): void {
    const { log, timers, tell, say, isOver } = this.#ports
    const slices = slicesOf(order, this.#engine)
    const result = new BulkTally()
    const next = () => {
      const failed = unwritten(log)
      if (failed !== undefined) return done(failed)
      const slice = slices.next()
      if (slice.done) {
        if (result.changedCount > 0)
          say({ kind: 'orders', order: order.kind, changedCount: result.changedCount })
        return whenSafe(log, () => done(unwritten(log) ?? ok(result.result)))
      }
      for (const each of slice.value) result.add(each, this.#engine.judge(each))
      tell(slice.value)
      timers.soon(() => {
        if (!isOver()) next()
      })
    }
    next()
  }
}

/** The refusal of an order while the journal cannot be written. */
export function unwritten(log: FactLog | undefined): Result<never, OrderRefusal> | undefined {
  const failure = log?.failure
  return failure && err({ kind: 'unavailable', detail: `The journal cannot be written: ${failure.words}` })
}

/** Runs it once all facts so far are as safe as configured. */
export function whenSafe(log: FactLog | undefined, run: () => void): void {
  if (log === undefined) run()
  else log.whenSynced(run)
}
