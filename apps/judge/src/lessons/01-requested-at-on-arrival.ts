import { printCorrelationId } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'
import { Books, noNoise } from '@rinha/processor-model'
import { Auditor } from '@rinha/simulator'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 40

/** Every payment is recorded at once, and the answer comes a second later: within the audit guard of 1.5 s. */
const lateAnswers = {
  ...noNoise,
  tailKind: 'uniform',
  tailShare: 1,
  tailMsMin: 1000,
  tailMsMax: 1000,
  tailAfterInsert: true,
} as const

/** The processor is down from 5 to 12 s. What waited is sent when it is back. */
export const requestedAtOnArrival: Lesson = {
  name: '01-requested-at-on-arrival',
  title: 'requestedAt is taken when a payment is sent, not when it arrives',
  unit: 'payments by which the books differed in an audit',
  figureMax: 0,
  chart: { title: 'Payments by which an audit finds the books apart', unit: 'one audit a second' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const arrivals = new Map<string, number>()
    const books = new Books()
    const bench = new Bench({
      policy: 'always-cheapest',
      guardMs: 1500,
      ...(cure === 'in' ? {} : { between: client => stampedOnArrival(client, arrivals, books) }),
    })
    const { world, processors, coordinator } = bench
    const differences = new Array<number>(seconds).fill(0)
    const auditor = new Auditor(world, {
      ...{ everyMs: 1000, lookBackMs: 15_000, guardMs: 1500, skewMsMax: 3, rule: 'sum-of-abs' },
      processors: [(fromMs, toMs, reply) => reply([processors[0].books.sum(fromMs, toMs).count])],
      backend: (fromMs, toMs, reply) => {
        if (cure === 'out') return reply([books.sum(fromMs, toMs).count])
        coordinator.onRequest('summary', { fromMs, toMs }, 'auditor', summary => {
          if (summary.ok) reply([summary.value.totals[0]?.count ?? 0])
        })
      },
    })
    const startMs = world.nowMs
    auditor.start(startMs + seconds * 1000, (_from, _to, difference) => {
      const second = Math.floor((world.nowMs - startMs) / 1000)
      differences[second] = (differences[second] ?? 0) + difference
    })
    processors[0].setNoise(lateAnswers)
    bench.stage(5, 0, 0, true)
    bench.stage(12, 0, 0)
    bench.load(100, 30, record => {
      arrivals.set(printCorrelationId(record.subarray(0, 16)), world.time.wallMs)
      bench.accept(record)
    })
    bench.pass(seconds, () => 0)
    const { auditCount, mismatchedAuditCount } = auditor.report
    return {
      figure: differences.reduce((sum, each) => sum + each, 0),
      values: differences,
      sentences: [
        `${bench.posted.length} payments were posted, and ${processors[0].books.count} are in the processor's books.`,
        `${mismatchedAuditCount} of ${auditCount} audits found books that differ.`,
      ],
    }
  },
}

/** The mistake: the time of arrival is sent, and our own books have the payment under it once the answer is there. */
function stampedOnArrival(
  client: ProcessorClient,
  arrivals: ReadonlyMap<string, number>,
  books: Books,
): ProcessorClient {
  return {
    pay: (payment, done) => {
      const { correlationId, amountCents } = payment
      const requestedAtMs = arrivals.get(printCorrelationId(correlationId)) ?? 0
      client.pay({ ...payment, requestedAtMs }, outcome => {
        if (outcome.kind === 'recorded') books.record(correlationId, amountCents, requestedAtMs)
        done(outcome)
      })
    },
    lookUp: (correlationId, done) => client.lookUp(correlationId, done),
    health: done => client.health(done),
  }
}
