import { assert } from '@rinha/base'
import { amountCentsMax, correlationIdBytes, type ProcessorTotal } from '@rinha/payment'
import { Columns, type PaymentColumns } from './columns.ts'
import { IdIndex } from './id-index.ts'
import { indexRowCountMax, processorCountMax } from './limits.ts'
import { RangeSums } from './range-sums.ts'
import { ReasonTable } from './reason-table.ts'

/** Where a payment stands. Numbers, because a column of a million bytes holds them. */
export const paymentState = { queued: 0, inFlight: 1, settled: 2, rejected: 3 } as const
export type PaymentState = (typeof paymentState)[keyof typeof paymentState]

/** How many payments stand where. Their sum is the number of accepted payments: conservation. */
export interface StateCounts {
  readonly queued: number
  readonly inFlight: number
  readonly settled: number
  readonly rejected: number
}

export interface LedgerOptions {
  /** Processors are named by their index, 0 to processorCount − 1. */
  readonly processorCount: number
  /** Rows the ledger will hold. What to do with a payment that comes when it is {@link Ledger.full} is the caller's. */
  readonly paymentCountMax: number
  /** Key of the id index, unknown to clients: drawn at random by a shell, fixed in a simulation. */
  readonly hashSeed: number
}

const { queued, inFlight, settled, rejected } = paymentState

/**
 * Every accepted payment, once, and what was earned with it: the only record there is.
 *
 * It trades a database's durability and its sharing between processes for answers within microseconds and one order of
 * events: the coordinator alone writes it, in one thread, so "find, then insert" needs no lock and no transaction.
 * (Erlang's ETS gives the original system the same shape, with a copy of the row for each read; durability is the
 * journal's part.) Its parts: {@link Columns} holds the fields, {@link IdIndex} finds a row by its id, {@link RangeSums}
 * answers summaries.
 *
 * States of a row:
 *   queued    entered by insert, and by setQueued after a refusal; left by setInFlight, settle, reject
 *   inFlight  entered by setInFlight, which counts the attempt; left by settle, setQueued, reject
 *   settled   entered by settle; final
 *   rejected  entered by reject; final
 * A settle from queued is no slip: an answer may come for a payment that was put back before it was understood.
 *
 * Invariants (checkInvariants recounts them all):
 * 1. Conservation: count = queued + in flight + settled + rejected.
 * 2. Once: a settled row is in the sums of its one processor exactly once, under its requestedAt, in whole cents.
 * 3. A row is found by its id, and an id has one row.
 * 4. A processor and a requestedAt are set in flight and when settled, and only then.
 */
export class Ledger {
  readonly paymentCountMax: number
  readonly #columns = new Columns()
  readonly #index: IdIndex
  readonly #sums: readonly RangeSums[]
  readonly #reasons = new ReasonTable()
  readonly #counts: [number, number, number, number] = [0, 0, 0, 0]

  constructor({ processorCount, paymentCountMax, hashSeed }: LedgerOptions) {
    assert(
      Number.isSafeInteger(processorCount) && processorCount > 0 && processorCount <= processorCountMax,
      'processorCount is within its limit',
    )
    assert(
      Number.isSafeInteger(paymentCountMax) && paymentCountMax > 0 && paymentCountMax <= indexRowCountMax,
      'paymentCountMax is within what the index can name',
    )
    assert(paymentCountMax * amountCentsMax <= 2 ** 53, 'the sum of all amounts stays an exact number')
    this.paymentCountMax = paymentCountMax
    this.#index = new IdIndex(this.#columns, hashSeed)
    this.#sums = Array.from({ length: processorCount }, () => new RangeSums())
  }

  /** Accepted payments: rows are numbered from 0 in the order they came. */
  get count(): number {
    return this.#columns.count
  }

  get full(): boolean {
    return this.count >= this.paymentCountMax
  }

  /** The row of the payment whose 16 bytes stand at `offset`, or -1. */
  find(ids: Uint8Array, offset: number): number {
    return this.#index.find(ids, offset)
  }

  /** Accepts a payment, queued. The caller has found it absent and the ledger not {@link full}. */
  insert(ids: Uint8Array, offset: number, amountCents: number): number {
    assert(!this.full, 'insert into a full ledger')
    assert(offset >= 0 && offset + correlationIdBytes <= ids.length, 'an id has 16 bytes')
    assert(
      Number.isSafeInteger(amountCents) && amountCents > 0 && amountCents <= amountCentsMax,
      'an amount is whole cents within its limit',
    )
    assert(this.#index.find(ids, offset) === -1, 'insert of a payment that is there')
    const row = this.#columns.append(ids, offset)
    const segment = this.#columns.segment(row)
    const slot = this.#columns.slot(row)
    segment.amountCents[slot] = amountCents
    segment.processors[slot] = -1
    this.#index.insert(row)
    this.#counts[queued] += 1
    return row
  }

  amountCents(row: number): number {
    return this.#columns.segment(row).amountCents[this.#columns.slot(row)] ?? 0
  }

  state(row: number): PaymentState {
    return stateOf(this.#columns.segment(row).states[this.#columns.slot(row)])
  }

  /** Neither settled nor rejected. */
  isOpen(row: number): boolean {
    const state = this.state(row)
    return state === queued || state === inFlight
  }

  get openCount(): number {
    return this.#counts[queued] + this.#counts[inFlight]
  }

  /** Index of the processor that has or had the payment; -1 for none. */
  processor(row: number): number {
    return this.#columns.segment(row).processors[this.#columns.slot(row)] ?? -1
  }

  /** requestedAt of the attempt under way, or of the one that was recorded; 0 for none. */
  requestedAtMs(row: number): number {
    return this.#columns.segment(row).requestedAtMs[this.#columns.slot(row)] ?? 0
  }

  /** Number of the latest attempt, from 1; 0 before the first. Never lower than before: it tells late answers apart. */
  attempt(row: number): number {
    return this.#columns.segment(row).attempts[this.#columns.slot(row)] ?? 0
  }

  /** Why a rejected payment was rejected. */
  rejectReason(row: number): string {
    assert(this.state(row) === rejected, 'only a rejected payment has a reason')
    return this.#reasons.reasonOf(this.#columns.segment(row).reasons[this.#columns.slot(row)] ?? 0)
  }

  /** A fresh copy of the 16 bytes. */
  correlationId(row: number): Uint8Array {
    const at = this.#columns.idOffset(row)
    return this.#columns.segment(row).ids.slice(at, at + correlationIdBytes)
  }

  /** inFlight → queued: the attempt was refused, so its processor and requestedAt mean nothing any more. */
  setQueued(row: number): void {
    assert(this.state(row) === inFlight, 'only a payment in flight is queued again')
    this.#move(row, queued, -1, 0)
  }

  /** queued → inFlight: an attempt starts. Answers its number. */
  setInFlight(row: number, processor: number, requestedAtMs: number): number {
    assert(this.state(row) === queued, 'only a queued payment is sent')
    this.#assertAttempt(processor, requestedAtMs)
    this.#move(row, inFlight, processor, requestedAtMs)
    const attempt = this.attempt(row) + 1
    this.#columns.segment(row).attempts[this.#columns.slot(row)] = attempt
    return attempt
  }

  /** inFlight or queued → settled: the processor recorded it under this requestedAt. From now on it is in the sums. */
  settle(row: number, processor: number, requestedAtMs: number): void {
    assert(this.isOpen(row), 'a payment settles once')
    this.#assertAttempt(processor, requestedAtMs)
    this.#move(row, settled, processor, requestedAtMs)
    this.#sums[processor]?.insert(requestedAtMs, this.amountCents(row))
  }

  /** inFlight or queued → rejected: no processor will take it. The reason is for the operator. */
  reject(row: number, reason: string): void {
    assert(this.isOpen(row), 'only an open payment is rejected')
    this.#move(row, rejected, -1, 0)
    this.#columns.segment(row).reasons[this.#columns.slot(row)] = this.#reasons.codeOf(reason)
  }

  /** For each processor, what settled with requestedAt in [fromMs, toMs], both included; null is an open end. */
  summary(fromMs: number | null, toMs: number | null): ProcessorTotal[] {
    return this.#sums.map(sums => sums.total(fromMs, toMs))
  }

  stateCounts(): StateCounts {
    return {
      queued: this.#counts[queued],
      inFlight: this.#counts[inFlight],
      settled: this.#counts[settled],
      rejected: this.#counts[rejected],
    }
  }

  /** A copy of every payment's fields, for a snapshot: some 30 ms for a million. */
  copyColumns(): readonly PaymentColumns[] {
    return this.#columns.copy()
  }

  /** Forgets every payment; row numbers start again at 0. */
  clear(): void {
    this.#columns.clear()
    this.#index.clear()
    for (const sums of this.#sums) sums.clear()
    this.#reasons.clear()
    this.#counts.fill(0)
  }

  /** Recounts everything and asserts that it is equal. O(n): for tests and simulations. */
  checkInvariants(): void {
    const counts = [0, 0, 0, 0]
    const totals = this.#sums.map(() => ({ count: 0, amountCents: 0 }))
    for (let row = 0; row < this.count; row += 1) {
      const state = this.state(row)
      counts[state] = (counts[state] ?? 0) + 1
      const placed = this.processor(row) >= 0
      assert(placed === (state === inFlight || state === settled), 'a processor in flight and when settled')
      const total = totals[this.processor(row)]
      if (state !== settled || total === undefined) continue
      total.count += 1
      total.amountCents += this.amountCents(row)
    }
    assert(
      counts.every((count, state) => count === this.#counts[stateOf(state)]),
      'states are counted',
    )
    for (const [processor, sums] of this.#sums.entries()) {
      const { count, amountCents } = sums.total(null, null)
      const total = totals[processor]
      assert(total?.count === count && total.amountCents === amountCents, 'sums equal a recount')
      sums.checkInvariants()
    }
    this.#index.checkInvariants()
  }

  #assertAttempt(processor: number, requestedAtMs: number): void {
    assert(this.#sums[processor] !== undefined, 'the processor exists')
    assert(Number.isSafeInteger(requestedAtMs) && requestedAtMs > 0, 'requestedAt is whole milliseconds')
  }

  #move(row: number, to: PaymentState, processor: number, requestedAtMs: number): void {
    const segment = this.#columns.segment(row)
    const slot = this.#columns.slot(row)
    this.#counts[stateOf(segment.states[slot])] -= 1
    this.#counts[to] += 1
    segment.states[slot] = to
    segment.processors[slot] = processor
    segment.requestedAtMs[slot] = requestedAtMs
  }
}

function stateOf(code: number | undefined): PaymentState {
  assert(code === queued || code === inFlight || code === settled || code === rejected, 'a state is known')
  return code
}
