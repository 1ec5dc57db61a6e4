import type { ProcessorClient } from '@rinha/processor'
import { Bench } from './bench.ts'
import type { Lesson } from './lesson.ts'

const seconds = 30

/** The cheaper processor answers after 3 s from 5 to 15 s; whoever calls it gives up after 1 s. */
export const retryOnTimeout: Lesson = {
  name: '02-retry-on-timeout',
  title: 'A timeout is not a refusal: the payment may have been recorded',
  unit: 'payments were charged twice',
  figureMax: 0,
  chart: { title: 'Payments that both processors have', unit: 'so far' },
  frame: { bucketMs: 1000, bucketCount: seconds },
  play(cure) {
    const timeouts = { count: 0 }
    const bench = new Bench({
      attemptTimeoutMs: 1000,
      between: client => watched(client, timeouts, cure === 'out'),
    })
    const { processors, posted } = bench
    bench.stage(5, 0, 3000)
    bench.stage(15, 0, 0)
    bench.load(100, 20)
    const twiceCount = () =>
      posted.filter(({ correlationId }) => processors.every(({ books }) => books.find(correlationId) >= 0))
        .length
    const values = bench.pass(seconds, twiceCount)
    return {
      figure: twiceCount(),
      values,
      sentences: [
        `${timeouts.count} of the calls for ${posted.length} payments ended with a timeout.`,
        cure === 'out'
          ? 'Each timeout was taken for a refusal, and the payment was sent again, wherever there was room.'
          : 'After each timeout the same processor was asked for the payment, and then sent the same one again.',
        `The processors have recorded ${processors[0].books.count} and ${processors[1].books.count}.`,
      ],
    }
  },
}

/** Counts timeouts. The mistake: it tells the coordinator that whatever had no answer was refused. */
function watched(client: ProcessorClient, timeouts: { count: number }, isMistaken: boolean): ProcessorClient {
  return {
    pay: (payment, done) =>
      client.pay(payment, outcome => {
        if (outcome.kind !== 'unknown') return done(outcome)
        timeouts.count += 1
        if (!isMistaken) return done(outcome)
        done({ kind: 'refused', sent: false, pushedBack: false, reason: 'timeout' })
      }),
    lookUp: (correlationId, done) => client.lookUp(correlationId, done),
    health: done => client.health(done),
  }
}
