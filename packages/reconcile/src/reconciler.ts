import { assert, type Cancel, type Time, type Timers } from '@rinha/base'
import type { Ledger } from '@rinha/ledger'
import type { LedgerSource } from '@rinha/payment'
import type { ProcessorBooks } from '@rinha/processor'
import { type Answer, type Ask, type Asking, CannotCompare, type OurAnswer } from './ask.ts'
import { CallRate } from './call-rate.ts'
import { type Compared, Comparison, knownOf } from './comparison.ts'
import { type Difference, paymentCountOf } from './difference.ts'
import { type Finding, named } from './findings.ts'
import { LedgerReader } from './ledger-reader.ts'
import { askedWork, routineWork, type Work } from './limits.ts'
import { type Conservation, recount } from './own-rows.ts'

export interface ReconcilerOptions {
  readonly ledger: Ledger
  /** The processors' names, in the order of the ledger's. */
  readonly names: readonly string[]
  /** How often it runs by itself; 0 for only when it is asked. */
  readonly everyMs: number
  /** The most calls a second, at each processor. */
  readonly callsPerSecondMax: number
}

export interface ReconcilerPorts {
  /** The clients of the processors' books, in the order of the names; undefined for a processor without. */
  readonly books: readonly (ProcessorBooks | undefined)[]
  /** Our side of the comparison, where that is more than the ledger of the options: the ledgers of all shards. */
  readonly source?: LedgerSource
  readonly time: () => Time
  readonly timers: Timers
}

/**
 * - `notConfigured`: it has no admin endpoint, or its token is not configured.
 * - `notCompared`: not yet, or there is nothing that both sides must have.
 * - `unavailable`: the last run could not compare; the reason says why. What was found before is still listed.
 */
type BooksState = 'notConfigured' | 'notCompared' | 'equal' | 'different' | 'unavailable'

interface BooksReport {
  readonly processor: string
  readonly state: BooksState
  readonly reason: string | null
  /** Wall clock, of the last run that could compare. */
  readonly comparedAtMs: number | null
  readonly compared: Compared | null
  /** Payments that differ: those listed, and what the list has no room for. */
  readonly differenceCount: number
  readonly differences: readonly Difference[]
  readonly callCount: number
}

export interface Reconciliation {
  /** The run that is under way, or was last; 0 before the first. */
  readonly run: number
  readonly isRunning: boolean
  readonly everyMs: number
  readonly callsPerSecondMax: number
  readonly conservation: (Conservation & { readonly atMs: number }) | null
  readonly processors: readonly BooksReport[]
}

/**
 * Compares our ledger with itself, and the ledgers of all shards with the processors' books, periodically or on request: it drives {@link
 * Comparison}s, makes their calls at a bounded rate, and gives the event loop back between pieces of work.
 *
 * There is one run at a time. A purge of our ledger ends the current run; this is reported, and is no difference. A
 * periodic run is skipped while another run is under way; a requested one follows it.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #ports: ReconcilerPorts
  readonly #sides: readonly Side[]
  #conservation: Reconciliation['conservation'] = null
  #run = 0
  #openCount = 0
  #wanted: Work | undefined
  #cancel: Cancel = () => {}
  #isOver = false

  constructor(options: ReconcilerOptions, ports: ReconcilerPorts) {
    const { ledger, names, callsPerSecondMax } = options
    assert(names.length >= ports.books.length, 'every processor has a name')
    this.#options = options
    this.#ports = ports
    const source = ports.source ?? new LedgerReader(ledger, names, ports)
    this.#sides = names.map((name, index) => {
      const nowMs = () => ports.time().nowMs
      return new Side(name, ports.books[index], {
        source,
        rate: new CallRate(callsPerSecondMax, nowMs, ports.timers),
        pause: run => ports.timers.soon(run),
        forgottenCount: () => ledger.forgotten.count,
      })
    })
  }

  /** Begins the periodic runs, if they are configured. */
  start(): void {
    const { everyMs } = this.#options
    if (everyMs > 0) this.#cancel = this.#ports.timers.every(everyMs, () => this.#begin(routineWork))
  }

  stop(): void {
    this.#isOver = true
    this.#cancel()
    for (const side of this.#sides) side.stop()
  }

  /** Runs now, or when the run that is under way has ended. Answers the number of that run. */
  ask(isEveryPayment = false): number {
    const work = isEveryPayment ? { ...askedWork, lookUpCount: Number.POSITIVE_INFINITY } : askedWork
    if (this.#openCount === 0) this.#begin(work)
    else {
      // All requests that come during a run share the next one, which does the most thorough work that any of them asked
      // for.
      if (work.lookUpCount > (this.#wanted?.lookUpCount ?? 0)) this.#wanted = work
      return this.#run + 1
    }
    return this.#run
  }

  report(): Reconciliation {
    const { everyMs, callsPerSecondMax } = this.#options
    return {
      run: this.#run,
      isRunning: this.#openCount > 0,
      everyMs,
      callsPerSecondMax,
      conservation: this.#conservation,
      processors: this.#sides.map(side => side.report()),
    }
  }

  #begin(work: Work): void {
    if (this.#openCount > 0 || this.#isOver) return
    const { time, timers } = this.#ports
    const { ledger } = this.#options
    const { wallMs } = time()
    this.#run += 1
    this.#openCount = this.#sides.length + 1
    const purged = ledger.forgotten.count
    drive(recount(ledger), {
      pause: run => timers.soon(run),
      isOver: () => this.#isOver || ledger.forgotten.count !== purged,
      done: conservation => {
        if (conservation !== undefined) this.#conservation = { ...conservation, atMs: wallMs }
        this.#end()
      },
    })
    for (const side of this.#sides) side.run(wallMs, work, () => this.#end())
  }

  #end(): void {
    this.#openCount -= 1
    const work = this.#wanted
    if (this.#openCount > 0 || work === undefined) return
    this.#wanted = undefined
    this.#begin(work)
  }
}

interface SidePorts {
  readonly source: LedgerSource
  readonly rate: CallRate
  readonly pause: (run: () => void) => void
  readonly forgottenCount: () => number
}

/** One processor's part of the runs. */
class Side {
  readonly #name: string
  readonly #comparison: Comparison
  readonly #books: ProcessorBooks | undefined
  readonly #ports: SidePorts
  #state: BooksState
  #reason: string | null = null
  #comparedAtMs: number | null = null
  #compared: Compared | null = null
  /** The findings of the last run that could compare. Those of the run under way are not certain yet (R1). */
  #findings: readonly Finding[] = []
  #callCount = 0
  /** How many purges there had been at the last comparison. */
  #purgeCount: number
  #isOver = false

  constructor(name: string, books: ProcessorBooks | undefined, ports: SidePorts) {
    this.#name = name
    this.#comparison = new Comparison(name)
    this.#books = books
    this.#ports = ports
    this.#state = books === undefined ? 'notConfigured' : 'notCompared'
    this.#purgeCount = ports.forgottenCount()
  }

  stop(): void {
    this.#isOver = true
    this.#ports.rate.stop()
  }

  report(): BooksReport {
    this.#lookForPurge()
    this.#askAgain()
    const differences = this.#comparison.differencesOf(this.#findings)
    const { count = 0, amountCents = 0 } = this.#compared?.remainder ?? {}
    const beyondCount = Math.max(Math.abs(count), amountCents === 0 ? 0 : 1)
    const differenceCount = differences.reduce((sum, each) => sum + paymentCountOf(each), beyondCount)
    return {
      processor: this.#name,
      // A listed payment may have settled since.
      state: this.#state === 'different' && differenceCount === 0 ? 'equal' : this.#state,
      reason: this.#reason,
      comparedAtMs: this.#comparedAtMs,
      compared: this.#compared,
      differenceCount,
      differences,
      callCount: this.#callCount,
    }
  }

  run(wallMs: number, work: Work, done: () => void): void {
    const { rate, pause } = this.#ports
    const books = this.#books
    if (books === undefined) return done()
    this.#lookForPurge()
    const purgeCount = this.#purgeCount
    const tell = (compared: Compared) => {
      this.#compared = compared
      this.#findings = this.#comparison.findings
      this.#comparedAtMs = wallMs
      this.#reason = null
      this.#state = this.report().differenceCount === 0 ? 'equal' : 'different'
    }
    let hasFailed = false
    const isOver = () => this.#isOver || this.#ports.forgottenCount() !== purgeCount
    drive(this.#comparison.run(work, tell), {
      source: this.#ports.source,
      pause,
      isOver,
      call: (ask, answer) => {
        rate.whenDue(() => {
          this.#callCount += 1
          if (ask.kind === 'summary') books.summary(ask.fromMs, ask.toMs, answer)
          else if (ask.kind === 'lookUp') books.lookUp(ask.correlationId, answer)
        })
      },
      failed: reason => {
        hasFailed = true
        this.#state = 'unavailable'
        this.#reason = reason
      },
      done: compared => {
        if (compared !== undefined) tell(compared)
        else if (!isOver() && !hasFailed) this.#nothingToCompare()
        if (this.#state === 'notCompared') this.#compared = null
        done()
      },
    })
  }

  /** What was found before is still listed. */
  #nothingToCompare(): void {
    this.#reason = null
    this.#state = this.report().differenceCount === 0 ? 'notCompared' : 'different'
  }

  /** What was found is shown as our side is now. The ledger of this process tells it at once, and other shards soon. */
  #askAgain(): void {
    const findings = named(this.#findings)
    if (findings.length === 0) return
    const known = findings.map(knownOf)
    this.#ports.source.sum({ processor: this.#name, fromMs: 0, toMs: -1, known }, told => {
      if (told.ok) for (const [index, each] of findings.entries()) each.now = told.value.known[index] ?? null
    })
  }

  /** Earlier findings are forgotten with it. */
  #lookForPurge(): void {
    const purgeCount = this.#ports.forgottenCount()
    if (purgeCount === this.#purgeCount || this.#books === undefined) return
    this.#purgeCount = purgeCount
    this.#comparison.forget()
    this.#findings = []
    this.#compared = null
    this.#state = 'notCompared'
    this.#reason = 'a purge came in between'
  }
}

/** Drives a generator: answers its questions, and reports its end. */
interface Driver<Result> {
  readonly pause: (run: () => void) => void
  /** Looked at before each step: it goes on no more. */
  readonly isOver: () => boolean
  readonly source?: LedgerSource
  readonly call?: (ask: Ask, answer: (answer: Answer) => void) => void
  readonly failed?: (reason: string) => void
  /** Undefined where it was over before its end, or has failed. */
  readonly done: (result: Result | undefined) => void
}

function drive<Result>(asking: Asking<Result>, driver: Driver<Result>): void {
  const { pause, isOver, source, call, failed, done } = driver
  const step = (given: Answer): void => {
    for (let answer = given; ; ) {
      if (isOver()) return done(undefined)
      let next: IteratorResult<Ask, Result>
      try {
        next = asking.next(answer)
      } catch (error) {
        if (!(error instanceof CannotCompare)) throw error
        failed?.(error.message)
        return done(undefined)
      }
      if (next.done) return done(next.value)
      const ask = next.value
      if (ask.kind === 'ours' && source !== undefined) {
        const told = askNow(ask, source, step)
        if (told === undefined) return
        answer = told
      } else if (ask.kind === 'pause' || call === undefined) return pause(() => step(undefined))
      else return call(ask, step)
    }
  }
  step(undefined)
}

/** The answer, if there is one at once: so a long row of such questions is no long row of calls. Otherwise `later` gets it. */
function askNow(
  ask: Extract<Ask, { kind: 'ours' }>,
  source: LedgerSource,
  later: (answer: OurAnswer) => void,
): OurAnswer | undefined {
  let told: OurAnswer | undefined
  let isLate = false
  ask.ask(source, answer => {
    if (isLate) later(answer)
    else told = answer
  })
  isLate = true
  return told
}
