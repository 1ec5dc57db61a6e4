import type { AttemptOutcome } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'
import { Histogram, type Sample } from '@rinha/service/metrics'

/** The counts of one processor, kept while attempts end. */
export class AttemptCounts {
  readonly latency = new Histogram()
  readonly #byOutcome: { [Kind in AttemptOutcome['kind']]: number } = {
    recorded: 0,
    duplicate: 0,
    refused: 0,
    unknown: 0,
    rejected: 0,
  }

  ended(outcome: AttemptOutcome, tookMs: number): void {
    this.#byOutcome[outcome.kind] += 1
    this.latency.observe(tookMs)
  }

  samples(processor: string): readonly Sample[] {
    return Object.entries(this.#byOutcome).map(([outcome, value]) => ({
      labels: { processor, outcome },
      value,
    }))
  }
}

/** The client, with its attempts counted and timed. */
export function observed(client: ProcessorClient, counts: AttemptCounts | undefined): ProcessorClient {
  return {
    pay: (payment, done) => {
      const beganMs = performance.now()
      client.pay(payment, outcome => {
        counts?.ended(outcome, performance.now() - beganMs)
        done(outcome)
      })
    },
    lookUp: (correlationId, done) => client.lookUp(correlationId, done),
    health: done => client.health(done),
  }
}
