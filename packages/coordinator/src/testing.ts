import type { Archive } from '@rinha/archive'
import type { Time } from '@rinha/base'
import type { ChannelRequestKind, ChannelRequests, RequestAnswer, Term } from '@rinha/channel'
import { Engine } from '@rinha/engine'
import { Ledger } from '@rinha/ledger'
import {
  type AttemptOutcome,
  type Fact,
  type HealthOutcome,
  type LookupOutcome,
  paymentRecordBytes,
  printCorrelationId,
  writePaymentRecord,
} from '@rinha/payment'
import type { ProcessorClient, ProcessorPayment } from '@rinha/processor'
import { createPolicy, paceDefaults } from '@rinha/routing'
import { VirtualTime } from '@rinha/testing'
import { Coordinator } from './coordinator.ts'
import type { OperatorEvent } from './operator-event.ts'
import type { CoordinatorOptions, CoordinatorPorts, FactLog } from './ports.ts'

/** Ports by hand: virtual time, processors that answer when a test says so, and a log that syncs when it does. */

/** The wall clock shows another number than the monotonic one, and may be set. */
class TwoClocks extends VirtualTime {
  wallOffsetMs = 1_700_000_000_000

  get time(): Time {
    return { nowMs: this.nowMs, wallMs: this.nowMs + this.wallOffsetMs }
  }
}

interface Call<Asked, Outcome> {
  readonly asked: Asked
  readonly done: (outcome: Outcome) => void
}

/** The calls that were made and not answered. */
export class HandProcessor implements ProcessorClient {
  readonly attempts: Call<ProcessorPayment, AttemptOutcome>[] = []
  readonly lookUps: Call<Uint8Array, LookupOutcome>[] = []
  readonly polls: Call<undefined, HealthOutcome>[] = []
  onCall: () => void = () => {}

  pay(asked: ProcessorPayment, done: (outcome: AttemptOutcome) => void): void {
    this.onCall()
    this.attempts.push({ asked, done })
  }

  lookUp(asked: Uint8Array, done: (outcome: LookupOutcome) => void): void {
    this.onCall()
    this.lookUps.push({ asked, done })
  }

  health(done: (outcome: HealthOutcome) => void): void {
    this.polls.push({ asked: undefined, done })
  }

  /** Ends the oldest attempts. */
  answer(outcome: AttemptOutcome, count = 1): void {
    for (const { done } of this.attempts.splice(0, count)) done(outcome)
  }
}

/** Everything is synced as long as it is `quick`; otherwise when {@link sync} is called. */
export class HandLog implements FactLog {
  readonly facts: Fact['kind'][] = []
  failure: FactLog['failure']
  snapshotDue = false
  canSnapshot = true
  snapshotCount = 0
  quick = false
  #waiting: (() => void)[] = []

  append(fact: Fact): void {
    this.facts.push(fact.kind)
  }

  whenSynced(run: () => void): void {
    if (this.quick) run()
    else this.#waiting.push(run)
  }

  sync(): void {
    for (const run of this.#waiting.splice(0)) run()
  }

  snapshot(): void {
    this.snapshotDue = false
    this.snapshotCount += 1
  }
}

/** Whole records, number n with the id …n and 19.90. */
export function records(...numbers: number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * paymentRecordBytes)
  for (const [index, number] of numbers.entries())
    writePaymentRecord(bytes, index * paymentRecordBytes, idOf(number), 1990)
  return bytes
}

export function idOf(number: number): Uint8Array {
  const id = new Uint8Array(16).fill(number)
  if (number > 255) new DataView(id.buffer).setUint32(12, number)
  return id
}

export const textOf = (number: number): string => printCorrelationId(idOf(number))

/** Rejected payments with the numbers 1 to `count`. */
export function rejectedLedger(count: number, paymentCountMax = count): Ledger {
  const ledger = new Ledger({ processorCount: 2, paymentCountMax, hashSeed: 1 })
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  for (let from = 0; from < count; from += 1000)
    ledger.apply({ kind: 'accepted', acceptedAtMs: 1, records: records(...numbers.slice(from, from + 1000)) })
  for (let row = 0; row < count; row += 1) ledger.apply({ kind: 'rejected', row, reason: 'no' })
  return ledger
}

/** The answer to a request, if it comes at once. */
export function answerOf<Kind extends ChannelRequestKind>(
  coordinator: Coordinator,
  kind: Kind,
  params: ChannelRequests[Kind]['params'],
): Parameters<RequestAnswer<Kind>>[0] | undefined {
  let answered: Parameters<RequestAnswer<Kind>>[0] | undefined
  coordinator.onRequest(kind, params, 'api1', answer => {
    answered = answer
  })
  return answered
}

interface TestOptions extends Partial<Pick<CoordinatorOptions, 'purgeAllowed' | 'queueWaitMsMax'>> {
  readonly retainMs?: number
  readonly archive?: Archive
  readonly log?: HandLog
  readonly term?: Term
  readonly predecessorMs?: number
  readonly ledger?: Ledger
}

/** A coordinator that has started, between ports by hand. */
export class TestCoordinator {
  readonly time = new TwoClocks()
  readonly processors = [new HandProcessor(), new HandProcessor()] as const
  readonly engine: Engine
  readonly coordinator: Coordinator
  refreshCount = 0
  roomShort = false
  recordPurge: NonNullable<CoordinatorPorts['recordPurge']> = (_, done) => done()
  readonly archiveProblems: (string | undefined)[] = []
  /** The events that were reported to the operator. */
  readonly told: (readonly [OperatorEvent, number])[] = []

  constructor({
    log,
    term,
    purgeAllowed = true,
    predecessorMs = 0,
    ledger = new Ledger({ processorCount: 2, paymentCountMax: 1000, hashSeed: 1 }),
    queueWaitMsMax = 0,
    retainMs = 0,
    archive,
  }: TestOptions = {}) {
    this.engine = new Engine({
      lanes: ['default', 'fallback'].map((name, index) => ({
        name,
        feeBps: 500 + 1000 * index,
        fastMsMax: 100,
        auditGuardMs: 0,
        circuit: { failuresToOpen: 3, canaryIntervalMsMin: 50, canaryIntervalMsMax: 1000 },
        limiter: { countInitial: 100, countMax: 100 },
        healthPollMs: 5000,
      })),
      policy: createPolicy('cheapest-working'),
      pace: { ...paceDefaults, burstMs: 1000, tickMsMax: 0 },
      ledger,
      startedAt: this.time.time,
      predecessor: { spanMs: predecessorMs, attemptTimeoutMs: 0 },
      retainMs,
      archive,
    })
    this.coordinator = new Coordinator(
      this.engine,
      { names: ['default', 'fallback'], purgeAllowed, timeLineCountMax: 100, queueWaitMsMax },
      {
        processors: this.processors,
        ...{ log, term, archive },
        onArchiveProblem: problem => this.archiveProblems.push(problem),
        time: () => this.time.time,
        timers: this.time,
        recordPurge: (...given) => this.recordPurge(...given),
        onEvent: (event, suppressedCount) => this.told.push([event, suppressedCount]),
      },
    )
    this.coordinator.start(this)
  }

  refreshWindows(): void {
    this.refreshCount += 1
  }

  get cheapest(): HandProcessor {
    return this.processors[0]
  }

  accept(...numbers: number[]): this {
    this.coordinator.onPayments(records(...numbers), numbers.length)
    return this
  }

  pass(ms: number): this {
    this.time.pass(ms)
    this.engine.checkInvariants()
    return this
  }
}
