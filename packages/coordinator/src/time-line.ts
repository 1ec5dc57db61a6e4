import { assert } from '@rinha/base'
import { ReasonTable } from '@rinha/ledger'
import type { AttemptOutcome, Fact, LookupOutcome } from '@rinha/payment'
import type { ProcessorClient } from '@rinha/processor'

/** What happened to a payment beside what its row says. Instants are those of the wall clock. */
export interface TimeLineEntry {
  /** The last three kinds are a person's orders. */
  readonly what: (typeof kinds)[number]
  readonly atMs: number
  /** When the outcome of an attempt or a look-up came. Null while it is under way, and for other entries. */
  readonly endedAtMs: number | null
  /** -1 for none. */
  readonly processor: number
  readonly requestedAtMs: number | null
  readonly outcome: AttemptOutcome['kind'] | LookupOutcome['kind'] | null
  readonly reason: string | null
}

const kinds = ['attempt', 'lookUp', 'confirmed', 'released', 'discarded'] as const
const outcomes = [null, 'recorded', 'duplicate', 'refused', 'unknown', 'rejected', 'found', 'absent'] as const
const noReason = 255

/**
 * The latest attempts, look-ups and orders of all payments: a ring of typed columns, 36 bytes each, made once. Entries
 * are numbered from 1; a place of the ring is one number's until it is written again. Reading the time line of a
 * payment searches a column: some 50 µs for 100,000 entries.
 */
export class TimeLine {
  readonly #countMax: number
  /** Row + 1. */
  readonly #rows: Float64Array
  readonly #atMs: Float64Array
  readonly #endedAtMs: Float64Array
  readonly #requestedAtMs: Float64Array
  readonly #kinds: Uint8Array
  readonly #processors: Int8Array
  readonly #outcomes: Uint8Array
  readonly #reasonCodes: Uint8Array
  readonly #reasons = new ReasonTable()
  #lastNumber = 0
  /** Entries up to here are of payments that a purge has forgotten. */
  #purgedNumber = 0
  /** Events before this one are not in the list. */
  #fromMs: number

  constructor(countMax: number, startedAtMs: number) {
    assert(Number.isSafeInteger(countMax) && countMax > 0, 'a time line remembers something')
    this.#countMax = countMax
    this.#fromMs = startedAtMs
    this.#rows = new Float64Array(countMax)
    this.#atMs = new Float64Array(countMax)
    this.#endedAtMs = new Float64Array(countMax)
    this.#requestedAtMs = new Float64Array(countMax)
    this.#kinds = new Uint8Array(countMax)
    this.#processors = new Int8Array(countMax)
    this.#outcomes = new Uint8Array(countMax)
    this.#reasonCodes = new Uint8Array(countMax)
  }

  /** Answers the entry's number, for {@link ended}. */
  began(
    row: number,
    what: TimeLineEntry['what'],
    processor: number,
    requestedAtMs: number,
    atMs: number,
  ): number {
    const place = this.#lastNumber % this.#countMax
    if (this.#rows[place] !== 0) this.#fromMs = Math.max(this.#fromMs, this.#atMs[place] ?? 0)
    this.#lastNumber += 1
    this.#rows[place] = row + 1
    this.#kinds[place] = kinds.indexOf(what)
    this.#processors[place] = processor
    this.#requestedAtMs[place] = requestedAtMs
    this.#atMs[place] = atMs
    this.#endedAtMs[place] = 0
    this.#outcomes[place] = 0
    this.#reasonCodes[place] = noReason
    return this.#lastNumber
  }

  ended(number: number, outcome: AttemptOutcome | LookupOutcome, atMs: number): void {
    if (number <= Math.max(this.#purgedNumber, this.#lastNumber - this.#countMax)) return
    const place = (number - 1) % this.#countMax
    this.#endedAtMs[place] = atMs
    this.#outcomes[place] = outcomes.indexOf(outcome.kind)
    if ('reason' in outcome) this.#reasonCodes[place] = this.#reasons.codeOf(outcome.reason)
  }

  /** A person's orders and purges are facts. */
  fact(fact: Fact, atMs: number): void {
    if (fact.kind === 'purged') return this.#clear(atMs)
    if (fact.kind === 'confirmed') this.began(fact.row, fact.kind, fact.processor, fact.requestedAtMs, atMs)
    else if (fact.kind === 'released' || fact.kind === 'discarded')
      this.began(fact.row, fact.kind, -1, 0, atMs)
  }

  /** The entries of a row, oldest first, and whether they are all since the payment was accepted. */
  of(
    row: number,
    acceptedAtMs: number,
  ): { readonly entries: readonly TimeLineEntry[]; readonly isComplete: boolean } {
    const oldest = this.#lastNumber % this.#countMax
    const [older, newer]: [number[], number[]] = [[], []]
    for (let place = this.#rows.indexOf(row + 1); place >= 0; place = this.#rows.indexOf(row + 1, place + 1))
      if (place >= oldest) older.push(place)
      else newer.push(place)
    const entries = [...older, ...newer].map(place => this.#entry(place))
    return { entries, isComplete: acceptedAtMs >= this.#fromMs }
  }

  /** The clients of the processors, with everything about payments that is asked of them in here. */
  watched(
    clients: readonly ProcessorClient[],
    ledger: { rowOf(correlationId: Uint8Array): number },
    wallMs: () => number,
  ): readonly ProcessorClient[] {
    return clients.map((client, processor) => ({
      pay: (payment, done) => {
        const row = ledger.rowOf(payment.correlationId)
        const number = this.began(row, 'attempt', processor, payment.requestedAtMs, wallMs())
        client.pay(payment, outcome => {
          this.ended(number, outcome, wallMs())
          done(outcome)
        })
      },
      lookUp: (correlationId, done) => {
        const number = this.began(ledger.rowOf(correlationId), 'lookUp', processor, 0, wallMs())
        client.lookUp(correlationId, outcome => {
          this.ended(number, outcome, wallMs())
          done(outcome)
        })
      },
      health: done => client.health(done),
    }))
  }

  #entry(place: number): TimeLineEntry {
    const code = this.#reasonCodes[place] ?? noReason
    return {
      what: kinds[this.#kinds[place] ?? 0] ?? 'attempt',
      atMs: this.#atMs[place] ?? 0,
      endedAtMs: this.#endedAtMs[place] || null,
      processor: this.#processors[place] ?? -1,
      requestedAtMs: this.#requestedAtMs[place] || null,
      outcome: outcomes[this.#outcomes[place] ?? 0] ?? null,
      reason: code === noReason ? null : this.#reasons.reasonOf(code),
    }
  }

  #clear(atMs: number): void {
    this.#rows.fill(0)
    this.#purgedNumber = this.#lastNumber
    this.#fromMs = atMs
  }
}
