import type { Led } from '@rinha/coordinator'
import { StreamHistory, type StreamRecord } from '@rinha/journal'
import { Ledger } from '@rinha/ledger'
import type { Fact } from '@rinha/payment'
import type { Plan } from '../plan.ts'
import { numberOf, type Posted } from '../posted.ts'
import type { Trace } from '../trace.ts'
import { processorNames } from '../watched-engine.ts'

/**
 * Reads the replicated log in the moment in which something is stored there, and holds every coordinator to it:
 *   - the log never contradicts itself;
 *   - each epoch has one leader, and a leader begins with everything that is before its claim;
 *   - a leader begins with what a person has set last;
 *   - no coordinator, whether it leads or not, makes an attempt, or asks for a processor's health, more often than the log has
 *     intents of it.
 */
export class LogWatch {
  readonly #trace: Trace
  readonly #ledger: Ledger
  readonly #history: StreamHistory
  /** Of each call: how often it may be made, by the log, less how often it was. */
  readonly #intents = new Map<string, number>()
  readonly #ledEpochs = new Set<number>()
  #onNextPoll: (() => void) | undefined

  constructor(plan: Plan, trace: Trace) {
    const { processorCount, rememberedCountMax: paymentCountMax } = plan
    const ledger = new Ledger({ processorCount, paymentCountMax, hashSeed: 1 })
    this.#trace = trace
    this.#ledger = ledger
    this.#history = new StreamHistory(processorNames.slice(0, processorCount), {
      restore: image => ledger.restore(image),
      apply: fact => this.#apply(fact),
    })
  }

  onStored(record: StreamRecord): void {
    const words = this.#history.apply(record)
    if (words !== undefined) this.#trace.blame('leadership', words)
  }

  #apply(fact: Fact): void {
    if (fact.kind === 'sent') {
      const { row, processor, requestedAtMs } = fact
      this.#count(attempt(numberOf(this.#ledger.correlationId(row)), processor, requestedAtMs), 1)
    }
    if (fact.kind === 'polled') this.#onPoll(fact.processor)
    this.#ledger.apply(fact)
  }

  #onPoll(processor: number): void {
    this.#count(poll(processor), 1)
    this.#onNextPoll?.()
    this.#onNextPoll = undefined
  }

  /** Calls `run` once, when the intent of a poll is stored. */
  onNextPoll(run: () => void): void {
    this.#onNextPoll = run
  }

  /** Answers whether as many are intended as were made. */
  #count(call: string, count: 1 | -1): boolean {
    const leftCount = (this.#intents.get(call) ?? 0) + count
    this.#intents.set(call, leftCount)
    return leftCount >= 0
  }

  /** What a person has set: the latest of each topic. */
  get notes(): Ledger['notes'] {
    return this.#ledger.notes
  }

  knows(correlationId: Uint8Array): boolean {
    return this.#ledger.find(correlationId, 0) >= 0
  }

  /** This attempt is made now. */
  checkIntent({ number }: Posted, processor: number, requestedAtMs: number): void {
    if (!this.#count(attempt(number, processor, requestedAtMs), -1))
      this.#trace.blame('leadership', `payment ${number} is sent, and the log has no intent of it`)
  }

  /** A poll is made now. */
  checkPoll(processor: number): void {
    if (!this.#count(poll(processor), -1))
      this.#trace.blame(
        'poll',
        `processor ${processor} is asked for its health, and the log has no intent of it`,
      )
  }

  /** A coordinator begins to lead. */
  onLed({ log: { epoch }, ledger }: Led): void {
    // A leader that was slow to learn of its own claim may begin after the next one.
    if (this.#ledEpochs.has(epoch)) this.#trace.blame('leadership', `epoch ${epoch} has two leaders`)
    this.#ledEpochs.add(epoch)
    // A later claim may be stored already, with what its leader has written.
    if (epoch !== this.#history.epoch) return
    const [begun, stored] = [ledger, this.#ledger].map(
      ({ count, openCount }) => `${count}, ${openCount} open`,
    )
    if (begun !== stored)
      this.#trace.blame('leadership', `a leader begins with ${begun} payments of ${stored} in the log`)
    for (const [topic, text] of this.notes)
      if (ledger.notes.get(topic) !== text)
        this.#trace.blame('leadership', `a leader begins with other ${topic} than the log has: ${text}`)
  }
}

function attempt(number: number, processor: number, requestedAtMs: number): string {
  return `${number} ${processor} ${requestedAtMs}`
}

function poll(processor: number): string {
  return `poll ${processor}`
}
