import { SendBuffer } from '@rinha/channel'
import { readPaymentAmountCents } from '@rinha/payment'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 40
const arrivedPerSecond = 400
const takenPerSecond = 250
const ageMsMax = 2500

/** For 25 s, more payments arrive than the coordinator takes. The buffer is an API node's send buffer. */
export const queueWithoutBackPressure: Lesson = {
  name: '05-queue-without-back-pressure',
  title: 'A queue says no before its wait is longer than anybody waits',
  unit: 'ms was the longest wait in the queue',
  figureMax: ageMsMax,
  chart: { title: 'Age of the oldest payment in the queue', unit: 'ms' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const bench = new Bench()
    const { world } = bench
    const countMax = cure === 'in' ? (takenPerSecond * ageMsMax) / 1000 : 1_000_000
    const buffer = new SendBuffer(countMax)
    const takenAtMs: number[] = []
    let [refusedCount, longestMs] = [0, 0]
    bench.load(arrivedPerSecond, 25, record => {
      if (buffer.offer(record.subarray(0, 16), readPaymentAmountCents(record, 0))) takenAtMs.push(bench.nowMs)
      else refusedCount += 1
    })
    for (let number = 0; number < takenPerSecond * seconds; number += 1) {
      world.after((number * 1000) / takenPerSecond, () => {
        const batch = buffer.take(1, Number.MAX_SAFE_INTEGER)
        if (batch === undefined) return
        longestMs = Math.max(longestMs, bench.nowMs - (takenAtMs.shift() ?? 0))
        bench.accept(batch.records.slice())
        buffer.acknowledge(batch.firstSequence)
      })
    }
    let mostCount = 0
    const values = bench.pass(seconds, () => {
      mostCount = Math.max(mostCount, buffer.count)
      return bench.nowMs - (takenAtMs[0] ?? bench.nowMs)
    })
    return {
      figure: Math.round(longestMs),
      values,
      sentences: [
        `${arrivedPerSecond} payments a second came for 25 s, and ${takenPerSecond} a second were taken.`,
        `Up to ${mostCount} waited; ${refusedCount} were answered 503 at once, and their clients could try elsewhere or later.`,
      ],
    }
  },
}
