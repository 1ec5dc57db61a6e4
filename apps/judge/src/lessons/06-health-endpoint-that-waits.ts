import { readPaymentAmountCents } from '@rinha/payment'
import type { ProcessorPayment } from '@rinha/processor'
import { SimProcessor } from '@rinha/simulator'
import { percentile } from '../score/percentile.ts'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 30
const ageMsMax = 100

/** Both processors are well. Their health endpoint lets one call through in 5 s, and makes the next ones wait. */
export const healthEndpointThatWaits: Lesson = {
  name: '06-health-endpoint-that-waits',
  title: 'A payment never waits for a health endpoint',
  unit: 'ms is what a payment waited, at the 95th percentile',
  figureMax: ageMsMax,
  chart: { title: 'Payments that wait', unit: 'looked at once a second' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const bench = new Bench()
    const careful = new AsksFirst(bench)
    bench.load(100, seconds, cure === 'in' ? undefined : record => careful.take(record))
    const values = bench.pass(seconds, () =>
      cure === 'in' ? bench.coordinator.status().queuedCount : careful.waitingCount,
    )
    const { agesMs, posted } = bench
    return {
      figure: Math.round(percentile(agesMs, 0.95)),
      values,
      sentences: [
        `${agesMs.length} of ${posted.length} payments were settled within ${seconds} s.`,
        cure === 'in'
          ? 'The coordinator polls beside the payments. Between polls, the outcomes of attempts tell it how a processor is.'
          : `Before each batch the caller asked whether the processor is well: ${careful.askedCount} times, and each answer took up to 5 s.`,
      ],
    }
  },
}

/** The mistake: whoever has payments asks the health endpoint, and sends them when it has said yes. */
class AsksFirst {
  askedCount = 0
  readonly #bench: Bench
  /** A health endpoint that only this caller polls. */
  readonly #processor: SimProcessor
  #waiting: { readonly payment: ProcessorPayment; readonly atMs: number }[] = []
  #isAsking = false

  constructor(bench: Bench) {
    this.#bench = bench
    this.#processor = new SimProcessor(bench.world, { name: 'default' })
  }

  get waitingCount(): number {
    return this.#waiting.length
  }

  take(record: Uint8Array): void {
    const { nowMs, world } = this.#bench
    const amountCents = readPaymentAmountCents(record, 0)
    const payment = { correlationId: record.subarray(0, 16), amountCents, requestedAtMs: world.time.wallMs }
    this.#waiting.push({ payment, atMs: nowMs })
    if (!this.#isAsking) this.#ask()
  }

  #ask(): void {
    this.#isAsking = true
    this.askedCount += 1
    this.#processor.health(outcome => {
      this.#isAsking = false
      const isWell = outcome.kind === 'answered' && !outcome.failing
      const batch = isWell ? this.#waiting : []
      if (isWell) this.#waiting = []
      for (const { payment, atMs } of batch)
        this.#processor.pay(payment, () => this.#bench.agesMs.push(this.#bench.nowMs - atMs))
      if (this.#waiting.length > 0) this.#bench.world.after(100, () => this.#ask())
    })
  }
}
