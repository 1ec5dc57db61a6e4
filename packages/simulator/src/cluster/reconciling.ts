import { assert, Prng, type Timers } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import { type LedgerSource, printCorrelationId } from '@rinha/payment'
import { classifyLookup, classifySummary, type ProcessorBooks, printPaymentBody } from '@rinha/processor'
import { LedgerReader, Reconciler, type Reconciliation, ShardedLedger } from '@rinha/reconcile'
import { after } from '../after.ts'
import { every } from '../every.ts'
import type { SimProcessor } from '../processor.ts'
import type { World } from '../world.ts'
import { forgetsWhatLeaves, type Plan } from './plan.ts'
import type { KnownPayments, Posted } from './posted.ts'
import type { Process } from './process.ts'
import type { RunningCoordinator } from './running-coordinator.ts'
import type { Trace } from './trace.ts'
import { processorNames } from './watched-engine.ts'

/** The reconciler's timers are not the process's. They go on until the reconciler is stopped. */
const always = { run: (work: () => void) => work() }
/** How often a coordinator compares the books by itself. */
const everyMs = 3000
const runMsMax = 120_000
/** The most falsified payments at one time. */
const falsifiedCountMax = 5
/** With more differences than this from before, the list has no room for the falsified payments. */
const knownCountMax = 50

/**
 * The reconciler that ships, for one process of the coordinator. It has chance and timers of its own, so the rest of a run
 * does not depend on it.
 */
export function createReconciler(
  { world, plan, processors }: Pick<ReconcilingContext, 'world' | 'plan' | 'processors'>,
  ledger: Ledger,
  process: Process,
  others: readonly LedgerSource[] = [],
): { readonly reconciler: Reconciler; readonly ledgerSource: LedgerSource } {
  const prng = new Prng(plan.seed ^ 0x626f6f6b)
  const later = (run: () => void) => world.after(0.2 + prng.unit(), run)
  const at: Timers['after'] = (delayMs, run) => after(world, always, delayMs, run)
  const names = processorNames.slice(0, plan.processorCount)
  const ports = {
    time: () => process.time(),
    timers: {
      after: at,
      every: (intervalMs: number, run: () => void) => every(at, intervalMs, run),
      soon: (run: () => void) => world.after(0.05, run),
    },
  }
  const own = new LedgerReader(ledger, names, ports)
  // Shard 0 compares the books for all.
  const books = processors.map(each => (plan.shard.index > 0 ? undefined : booksOf(each, later)))
  const source = others.length === 0 ? own : new ShardedLedger([own, ...others])
  const options = { ledger, names, everyMs, callsPerSecondMax: 1000 }
  return { reconciler: new Reconciler(options, { ...ports, books, source }), ledgerSource: own }
}

/** A processor's endpoints, over a sound network. */
function booksOf({ books }: SimProcessor, later: (run: () => void) => void): ProcessorBooks {
  const answer = <Outcome>(done: (outcome: Outcome) => void, outcome: () => Outcome) =>
    later(() => {
      const told = outcome()
      later(() => done(told))
    })
  return {
    summary: (fromMs, toMs, done) =>
      answer(done, () => {
        const { count, amountCents } = books.sum(fromMs, toMs + 0.999)
        return classifySummary(200, JSON.stringify({ totalRequests: count, totalAmount: amountCents / 100 }))
      }),
    lookUp: (correlationId, done) =>
      answer(done, () => {
        const row = books.find(correlationId)
        if (row < 0) return classifyLookup(404, '', correlationId)
        const [amountCents, requestedAtMs] = [books.rowAmountCents(row), books.requestedAtMs(row)]
        return classifyLookup(
          200,
          printPaymentBody({ correlationId, amountCents, requestedAtMs }),
          correlationId,
        )
      }),
  }
}

export interface ReconcilingContext {
  readonly world: World
  readonly plan: Plan
  readonly processors: readonly SimProcessor[]
  readonly posted: KnownPayments
  readonly trace: Trace
  /** The one that compares. */
  readonly coordinator: () => RunningCoordinator | undefined
  /** The one that has a payment. */
  readonly home: (correlationId: Uint8Array) => RunningCoordinator | undefined
}

type Kind = Reconciliation['processors'][number]['differences'][number]['kind']

/**
 * Checks the reconciler: in a correct run it finds no difference, whatever is under way. If somebody falsifies the books, it
 * names every falsified payment.
 */
export class Reconciling {
  readonly #context: ReconcilingContext
  readonly #prng: Prng

  constructor(context: ReconcilingContext) {
    this.#context = context
    this.#prng = new Prng(context.plan.seed ^ 0x74616d70)
  }

  /**
   * A payment that was refused and recorded all the same is a difference until it is found. It is listed without an id if
   * it was refused too often for the ledger to know that instant, and too many other payments were open then.
   */
  check(): void {
    const running = this.#context.coordinator()
    if (running !== undefined) this.#judge(running.reconciler.report(), ['unsettled', 'notOurs'])
  }

  /** Everything is settled: the books are equal. Then they are falsified. */
  finish(): void {
    const running = this.#context.coordinator()
    const { retainMs, shard } = this.#context.plan
    // Archived time is not compared, and these runs are too short for any other.
    if (running === undefined || retainMs > 0 || shard.index > 0) return
    const before = this.#run(running, false)
    this.#judge(before, [])
    for (const { state, reason } of before.processors)
      if (state === 'unavailable') this.#blame(`the books are not compared: ${reason}`)
    if (before.processors.some(({ differences }) => differences.length > knownCountMax)) return
    const expected = this.#falsify(before)
    const after = this.#run(running, true)
    for (const [id, kind] of expected)
      if (!after.processors.some(({ differences }) => differences.some(each => isOf(each, id, kind))))
        this.#blame(`${id} is ${kind}, and is not found`)
    const named = this.#namedIn(after)
    const known = this.#namedIn(before)
    if (named.length > known.length + expected.size) this.#blame('more is found than was falsified')
  }

  /**
   * Differences with an id, but for payments that a purge has forgotten. Such a payment may be posted again and be paid at the other
   * processor; a look-up of every payment then finds what was recorded before the purge, too.
   */
  #namedIn({ processors }: Reconciliation): readonly object[] {
    const { all } = this.#context.posted
    const forgotten = new Set(
      all.filter(each => each.forgotten).map(each => printCorrelationId(each.correlationId)),
    )
    return processors.flatMap(({ differences }) =>
      differences.filter(({ correlationId }) => correlationId && !forgotten.has(correlationId)),
    )
  }

  /** Entries of a run's list that must not be there. */
  #judge({ conservation, processors }: Reconciliation, allowed: readonly Kind[]): void {
    if (conservation?.isEqual === false) this.#blame('a recount finds other numbers than the ledger’s own')
    const { crashes, journal, losesDisk, purges, intruder } = this.#context.plan
    // Payments that a coordinator lost when it died are still recorded at the processors, and may be paid again.
    const isLost = crashes && (!journal || losesDisk || intruder !== 'none' || purges)
    const forgets = isLost || forgetsWhatLeaves(this.#context.plan)
    const isAllowed = (kind: Kind) =>
      allowed.includes(kind) || (forgets && (kind === 'notOurs' || kind === 'twice' || kind === 'unsettled'))
    for (const { processor, compared, differences, differenceCount } of processors) {
      for (const each of differences)
        if (!isAllowed(each.kind)) this.#blame(`at ${processor}: ${JSON.stringify(each)}`)
      if (differences.length === 0 && differenceCount > 0)
        this.#blame(`at ${processor} something differs, and nothing is listed: ${JSON.stringify(compared)}`)
    }
  }

  #blame(words: string): never {
    return this.#context.trace.blame('reconciliation', words)
  }

  #run({ reconciler }: RunningCoordinator, isEveryPayment: boolean): Reconciliation {
    const { world } = this.#context
    const untilMs = world.nowMs + runMsMax
    const run = reconciler.ask(isEveryPayment)
    for (;;) {
      world.runUntil(world.nowMs + 100)
      const report = reconciler.report()
      if (report.run >= run && !report.isRunning) return report
      if (world.nowMs > untilMs) this.#blame('a run does not end')
    }
  }

  /** Answers what has to be found: the kind by the id. */
  #falsify({ processors: reports }: Reconciliation): ReadonlyMap<string, Kind> {
    const { posted, processors, home } = this.#context
    const expected = new Map<string, Kind>()
    const isCompared = (processor: number, atMs: number) => {
      const compared = reports[processor]?.compared
      return compared !== null && compared !== undefined && atMs >= compared.fromMs && atMs <= compared.toMs
    }
    for (let left = falsifiedCountMax; left > 0 && posted.all.length > 0; left -= 1) {
      const payment = posted.all[this.#prng.integer(0, posted.all.length - 1)]
      assert(payment !== undefined, 'a payment is drawn')
      const status = home(payment.correlationId)?.engine.status(payment.correlationId)
      const id = printCorrelationId(payment.correlationId)
      if (status?.state !== 'settled' || payment.forgotten || expected.has(id)) continue
      const { processor, requestedAtMs } = status
      if (!isCompared(processor, requestedAtMs)) continue
      const other = processors[processor + 1] === undefined ? processor - 1 : processor + 1
      const kinds: Kind[] = ['missing', 'amount', 'requestedAt', 'twice']
      const kind = kinds[this.#prng.integer(0, kinds.length - 1)] ?? 'missing'
      const books = processors[kind === 'twice' ? other : processor]?.books
      if (books === undefined || (kind === 'twice' && !isCompared(other, requestedAtMs))) continue
      if (kind === 'twice' && books.find(payment.correlationId) >= 0) continue
      this.#change(books, payment, kind, requestedAtMs)
      expected.set(id, kind)
    }
    return expected
  }

  #change(books: SimProcessor['books'], payment: Posted, kind: Kind, requestedAtMs: number): void {
    const { correlationId, amountCents } = payment
    if (kind !== 'twice') books.remove(correlationId)
    if (kind === 'missing') return
    const laterMs = kind === 'requestedAt' ? this.#prng.integer(1, 2000) : 0
    books.record(correlationId, amountCents + (kind === 'amount' ? 1 : 0), requestedAtMs + laterMs)
  }
}

function isOf(
  difference: { readonly kind: Kind; readonly correlationId: string | null },
  id: string,
  kind: Kind,
): boolean {
  return difference.correlationId === id && difference.kind === kind
}
