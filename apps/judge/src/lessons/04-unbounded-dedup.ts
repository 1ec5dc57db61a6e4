import { printCorrelationId } from '@rinha/payment'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 40
const rememberedCountMax = 5000

/** 300 payments a second, and every third one is posted twice. */
export const unboundedDedup: Lesson = {
  name: '04-unbounded-dedup',
  title: 'What remembers ids has a limit, and an answer for when it is reached',
  unit: 'ids are remembered at the end',
  figureMax: rememberedCountMax,
  chart: { title: 'Ids remembered', unit: 'so far' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const bench = new Bench({ paymentCountMax: rememberedCountMax })
    const { engine, coordinator } = bench
    const seen = new Set<string>()
    let duplicateCount = 0
    let refusedCount = 0
    // The mistake: a set that only ever grows.
    const takeByASet = (record: Uint8Array) => {
      const id = printCorrelationId(record.subarray(0, 16))
      if (seen.has(id)) duplicateCount += 1
      seen.add(id)
    }
    // What the channel's windows do: a node may send what there is room for, and answers 503 to the rest.
    const takeByTheLedger = (record: Uint8Array) => {
      if (engine.roomCount === 0) refusedCount += 1
      else bench.accept(record)
    }
    const take = cure === 'in' ? takeByTheLedger : takeByASet
    let number = 0
    bench.load(300, seconds, record => {
      take(record)
      number += 1
      if (number % 3 === 0) take(record)
    })
    const rememberedCount = () => (cure === 'in' ? coordinator.status().acceptedCount : seen.size)
    const values = bench.pass(seconds, rememberedCount)
    return {
      figure: rememberedCount(),
      values,
      sentences: [
        `${bench.posted.length} payments came, and a third of them twice.`,
        cure === 'in'
          ? `The ledger found ${coordinator.status().duplicateCount} repeats; past its limit of ${rememberedCountMax} payments, ${refusedCount} posts were answered 503 at once.`
          : `The set found ${duplicateCount} repeats, and said no to nobody. It ends where the memory does.`,
      ],
    }
  },
}
