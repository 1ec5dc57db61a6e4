import { correlationIdBytes, readPaymentAmountCents } from '@rinha/payment'
import type { ProcessorClient, ProcessorPayment } from '@rinha/processor'
import { Books } from '@rinha/processor-model'
import type { WindowReader } from '../auditor.ts'
import type { SimProcessor } from '../processor.ts'
import { SimClient, usualTimeouts } from '../sim-client.ts'
import type { World } from '../world.ts'
import type { OnSettled, Payer } from './payer.ts'

const pauseMs = 100

/** A processor with its workers, and the payments that they have paid. */
interface Lane {
  readonly client: ProcessorClient
  readonly books: Books
  freeCount: number
}

interface Waiting {
  readonly row: number
  readonly acceptedMs: number
  readonly record: Uint8Array
}

/**
 * What most entries of the challenge are: a queue, and some workers for each processor. A worker takes the oldest
 * payment, sends it, and until the answer is 200 or 422 pauses and sends it again, to the same processor and with the
 * same requestedAt. Payments go to the dearer processor when all workers of the cheaper one are busy, as they soon are
 * while it fails. No payment can be charged twice, because it never changes processors. Nothing is learned from an
 * answer for the next payment.
 */
export class RetryLoop implements Payer {
  readonly #world: World
  readonly #lanes: readonly Lane[]
  readonly #onSettled: OnSettled
  #queue: Waiting[] = []
  #head = 0
  #acceptedCount = 0

  constructor(world: World, processors: readonly SimProcessor[], workerCount: number, onSettled: OnSettled) {
    this.#world = world
    this.#onSettled = onSettled
    this.#lanes = processors.map(processor => ({
      client: new SimClient(world, processor, usualTimeouts),
      books: new Books(),
      freeCount: workerCount,
    }))
  }

  start(): void {}

  accept(record: Uint8Array): void {
    this.#queue.push({ row: this.#acceptedCount, acceptedMs: this.#world.nowMs, record })
    this.#acceptedCount += 1
    this.#handOut()
  }

  readonly summary: WindowReader = (fromMs, toMs, reply) =>
    reply(this.#lanes.map(({ books }) => books.sum(fromMs, toMs).count))

  oldestQueuedAgeMs(): number {
    const oldest = this.#queue[this.#head]
    return oldest === undefined ? 0 : this.#world.nowMs - oldest.acceptedMs
  }

  #handOut(): void {
    for (;;) {
      const lane = this.#lanes.find(({ freeCount }) => freeCount > 0)
      const waiting = this.#queue[this.#head]
      if (lane === undefined || waiting === undefined) break
      this.#head += 1
      lane.freeCount -= 1
      const { record, row } = waiting
      const payment = {
        correlationId: record.subarray(0, correlationIdBytes),
        amountCents: readPaymentAmountCents(record, 0),
        requestedAtMs: this.#world.time.wallMs,
      }
      this.#send(lane, row, payment)
    }
    if (this.#head < this.#queue.length) return
    this.#queue = []
    this.#head = 0
  }

  #send(lane: Lane, row: number, payment: ProcessorPayment): void {
    lane.client.pay(payment, ({ kind }) => {
      if (kind !== 'recorded' && kind !== 'duplicate')
        return this.#world.after(pauseMs, () => this.#send(lane, row, payment))
      lane.books.record(payment.correlationId, payment.amountCents, payment.requestedAtMs)
      this.#onSettled(row)
      lane.freeCount += 1
      this.#handOut()
    })
  }
}
