import { Prng } from '@rinha/base'
import { Ledger } from '@rinha/ledger'
import { paymentRecordBytes, writePaymentRecord } from '@rinha/payment'
import { Books } from '@rinha/processor-model'
import type { Lesson } from './lesson.ts'

const paymentCount = 20_000
/** Payments of one bucket of the picture, and windows that are compared in each. */
const bucketPaymentCount = 1000
const windowCount = 50
const startMs = 1_750_000_000_000

/** A payment a millisecond. Windows are summed, as an auditor asks for them. */
export const floatMoney: Lesson = {
  name: '03-float-money',
  title: 'Money is a whole number of cents, never a float',
  unit: 'of 1,000 windows differed from the processor’s books',
  figureMax: 0,
  chart: { title: 'Windows whose sum differs from the processor’s', unit: 'of 50' },
  frame: { bucketMs: 1000, bucketCount: paymentCount / bucketPaymentCount, axisUnit: 'thousand' },
  play(cure) {
    const prng = new Prng(3)
    const books = new Books()
    const ours = cure === 'in' ? new CentSums() : new FloatSums()
    const values: number[] = []
    let worst = 0
    for (let number = 0; number < paymentCount; number += 1) {
      const correlationId = new Uint8Array(new Uint32Array([number, 0, 0, 0]).buffer)
      const amountCents = prng.integer(1, 99_999)
      books.record(correlationId, amountCents, startMs + number)
      ours.add(correlationId, amountCents, startMs + number)
      if ((number + 1) % bucketPaymentCount !== 0) continue
      const differences = Array.from({ length: windowCount }, () => {
        const fromMs = startMs + prng.integer(0, number)
        const toMs = prng.integer(fromMs, startMs + number)
        return Math.abs(ours.sum(fromMs, toMs) - books.sum(fromMs, toMs).amountCents / 100)
      })
      values.push(differences.filter(difference => difference !== 0).length)
      worst = Math.max(worst, ...differences)
    }
    return {
      figure: values.reduce((sum, each) => sum + each, 0),
      values,
      sentences: [
        `${paymentCount} payments of 0.01 to 999.99 were added up, ${cure === 'in' ? 'as cents, in the ledger' : 'as floats'}.`,
        `The largest difference of a window is ${worst}.`,
      ],
    }
  },
}

/** The mistake: amounts as JSON.parse gives them, added up; a window is the difference of two running sums. */
class FloatSums {
  readonly #sums = [0]

  add(_correlationId: Uint8Array, amountCents: number): void {
    const amount = JSON.parse((amountCents / 100).toFixed(2)) as number
    this.#sums.push((this.#sums.at(-1) ?? 0) + amount)
  }

  sum(fromMs: number, toMs: number): number {
    return (this.#sums[toMs + 1 - startMs] ?? 0) - (this.#sums[fromMs - startMs] ?? 0)
  }
}

/** The ledger that ships, with the facts of a payment's life. */
class CentSums {
  readonly #ledger = new Ledger({ processorCount: 1, paymentCountMax: paymentCount, hashSeed: 3 })

  add(correlationId: Uint8Array, amountCents: number, requestedAtMs: number): void {
    const records = new Uint8Array(paymentRecordBytes)
    writePaymentRecord(records, 0, correlationId, amountCents)
    const row = this.#ledger.count
    const attempt = { row, processor: 0, requestedAtMs }
    this.#ledger.apply({ kind: 'accepted', acceptedAtMs: requestedAtMs, records })
    this.#ledger.apply({ kind: 'sent', ...attempt })
    this.#ledger.apply({ kind: 'settled', ...attempt })
  }

  /** A decimal, as the summary prints it. */
  sum(fromMs: number, toMs: number): number {
    return (this.#ledger.summary(fromMs, toMs)[0]?.amountCents ?? 0) / 100
  }
}
