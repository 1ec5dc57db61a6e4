import { Ewma } from '@rinha/base'
import { readPaymentAmountCents } from '@rinha/payment'
import { noNoise } from '@rinha/processor-model'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 40
/** Above this the dearer processor is taken, in both runs. */
const fastMsMax = 100
const dearerPercentMax = 3

const oneLateInAHundred = {
  ...noNoise,
  ...({
    tailKind: 'uniform',
    tailShare: 0.01,
    tailMsMin: 3000,
    tailMsMax: 3000,
    tailAfterInsert: true,
  } as const),
}

/** Both processors answer in 2 ms, and one answer in a hundred takes 3 s. */
export const oneSlowAnswerInAHundred: Lesson = {
  name: '09-one-slow-answer-in-a-hundred',
  title: 'One slow answer in a hundred is no reason to pay more',
  unit: '% of the payments went to the dearer processor',
  figureMax: dearerPercentMax,
  chart: { title: 'Payments that went to the dearer processor', unit: 'a second' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const bench = new Bench({ policy: 'default-first' })
    const { processors, world } = bench
    for (const processor of processors) processor.setNoise(oneLateInAHundred)
    // The mistake: an average is taken for what an answer takes. One of 3 s in a hundred of 2 ms lifts it to hundreds.
    const average = new Ewma(1 / 8)
    const takeByAverage = (record: Uint8Array) => {
      // While the cheaper processor is avoided, every tenth payment tries it. Otherwise nothing would show that it is quick
      // again.
      const isFast = (average.average ?? 0) <= fastMsMax || bench.posted.length % 10 === 0
      const sentAtMs = bench.nowMs
      const payment = {
        correlationId: record.subarray(0, 16),
        amountCents: readPaymentAmountCents(record, 0),
        requestedAtMs: world.time.wallMs,
      }
      const told = () => average.add(bench.nowMs - sentAtMs)
      processors[isFast ? 0 : 1].pay(payment, isFast ? told : () => {})
    }
    bench.load(100, seconds - 5, cure === 'in' ? undefined : takeByAverage)
    let before = 0
    const values = bench.pass(seconds, () => {
      const { count } = processors[1].books
      const since = count - before
      before = count
      return since
    })
    const { length } = bench.posted
    return {
      figure: Math.round((processors[1].books.count / length) * 1000) / 10,
      values,
      sentences: [
        `Of ${length} payments ${processors[0].books.count} went to the cheaper processor and ${processors[1].books.count} to the dearer.`,
        cure === 'in'
          ? 'The lane distinguishes the level of its latency, where most answers are, from the tail.'
          : `Whenever the average was above ${fastMsMax} ms, the next payments went to the dearer processor.`,
      ],
    }
  },
}
