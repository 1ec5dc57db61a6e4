import { assert, type Time } from '@rinha/base'
import { Coordinator } from '@rinha/coordinator'
import { Engine, type EngineEvent, type EngineOptions, type Step } from '@rinha/engine'
import { Auditor, type AuditorOptions, type AuditorReport, type WindowReader } from '../auditor.ts'
import { SimProcessor } from '../processor.ts'
import { SimClient, usualTimeouts } from '../sim-client.ts'
import { SimThread, usualCallsPerSecond } from '../sim-thread.ts'
import { usualAnswerMs, usualArrivalMs, Workload } from '../workload.ts'
import { World } from '../world.ts'
import { Ages } from './ages.ts'
import { type Candidate, engineOptions } from './candidate.ts'
import { clairvoyantNet } from './clairvoyant.ts'
import { hasCleanWay, type LabSchedule, segmentsOf } from './schedule.ts'

/** What one run of one candidate came to. Plain data: it travels between threads. */
export interface RunResult {
  readonly schedule: string
  readonly candidate: string
  readonly acceptedCount: number
  /** Payments recorded when the totals are read, by processor. */
  readonly recordedCounts: readonly number[]
  /** Accepted and not recorded by then: lost revenue. */
  readonly lagCount: number
  /** Before bonus and fine, in units of the currency. */
  readonly net: number
  readonly clairvoyantNet: number
  /** 1 − net / clairvoyantNet. Below 0 where a guard was ignored. */
  readonly regret: number
  /** Of what was recorded, the part that did not go to the cheapest. */
  readonly dearerShare: number
  readonly guardMs: number
  readonly cleanWay: boolean
  readonly official: AuditorReport
  readonly strict: AuditorReport
  /** From acceptance to settlement. What is lost is as old as the run allowed. */
  readonly ageP95Ms: number
  /** Seconds at whose end the oldest queued payment had waited for a second or more. */
  readonly backlogSeconds: number
  readonly virtualMs: number
  readonly traceHash: string
}

const officialSkewMsMax = 3
const strictAudit = { everyMs: 100, skewMsMax: 50 }
const backlogAgeMs = 1000
/** The coordinator stands this long when the first user comes, and has polled both processors. */
const standingMs = 8000
const noAudits: AuditorReport = {
  auditCount: 0,
  mismatchedAuditCount: 0,
  mismatchCount: 0,
  firstMismatchMs: undefined,
}

/**
 * Plays one schedule against one candidate, as the score command does: users ramp up, stages are set, audits look on.
 * Iterations under way at the ramp's end are finished; the totals are read when they are, and the auditor's last pause
 * is over. What is not recorded by then earns nothing.
 */
export function playRun(schedule: LabSchedule, candidate: Candidate): RunResult {
  return new Run(schedule, candidate).play()
}

/** The engine that ships, which tells of what has settled. */
class TellingEngine extends Engine {
  readonly #onSettled: (row: number) => void

  constructor(options: EngineOptions, onSettled: (row: number) => void) {
    super(options)
    this.#onSettled = onSettled
  }

  override step(event: EngineEvent, time: Time): Step {
    const step = super.step(event, time)
    for (const fact of step.facts) if (fact.kind === 'settled') this.#onSettled(fact.row)
    return step
  }
}

class Run {
  readonly #schedule: LabSchedule
  readonly #candidate: Candidate
  readonly #world: World
  readonly #processors: readonly SimProcessor[]
  /** The coordinator's. */
  readonly #thread: SimThread
  readonly #coordinator: Coordinator
  readonly #workload: Workload
  readonly #auditors: readonly Auditor[]
  readonly #arrivals: number[]
  readonly #ages: Ages
  #segment = 0
  #backlogSeconds = 0

  constructor(schedule: LabSchedule, candidate: Candidate) {
    this.#schedule = schedule
    this.#candidate = candidate
    const world = new World(schedule.seed)
    this.#world = world
    const { durationMs, usersMax, thinkTimeMs, amountCents } = schedule
    // Each user posts once in a think time at the most.
    const paymentCountMax = Math.ceil(usersMax * (durationMs / thinkTimeMs + 1))
    this.#ages = new Ages(paymentCountMax)
    this.#arrivals = segmentsOf(schedule).map(() => 0)
    this.#processors = schedule.feesBps.map(
      (_, index) => new SimProcessor(world, { name: `processor-${index}` }),
    )
    this.#thread = new SimThread(world, usualCallsPerSecond)
    const options = { ...engineOptions(candidate, schedule, paymentCountMax), startedAt: world.time }
    this.#coordinator = new Coordinator(
      new TellingEngine(options, row => this.#ages.settled(row, world.nowMs)),
      { names: this.#processors.map(({ name }) => name), purgeAllowed: false },
      {
        processors: this.#processors.map(processor =>
          this.#thread.client(new SimClient(world, processor, usualTimeouts)),
        ),
        time: () => world.time,
        timers: this.#thread.timers,
      },
    )
    this.#workload = new Workload(world, {
      ramp: [
        { atMs: 0, users: 1 },
        { atMs: durationMs, users: usersMax },
      ],
      thinkTimeMs,
      amountCents,
      arrivalMs: usualArrivalMs,
      answerMs: usualAnswerMs,
      onPayment: record => this.#accept(record),
    })
    this.#auditors = schedule.audit.guardMs === 0 ? [] : this.#createAuditors()
  }

  play(): RunResult {
    this.#coordinator.start({ roomShort: false, refreshWindows: () => {} })
    this.#world.runUntil(this.#world.nowMs + standingMs)
    const startMs = this.#world.nowMs
    const { durationMs, audit } = this.#schedule
    this.#setStages(startMs)
    this.#workload.start()
    for (const auditor of this.#auditors) auditor.start(startMs + durationMs)
    this.#watchBacklog()
    this.#world.runUntil(startMs + durationMs)
    const auditsEndMs = startMs + Math.ceil(durationMs / audit.everyMs) * audit.everyMs
    this.#world.runUntil(Math.max(auditsEndMs, this.#workload.lastIterationEndMs))
    return this.#result(startMs)
  }

  #accept(record: Uint8Array): void {
    this.#arrivals[this.#segment] = (this.#arrivals[this.#segment] ?? 0) + 1
    this.#ages.accepted(this.#world.nowMs)
    // The workload writes the next one into the same bytes.
    const kept = record.slice()
    this.#thread.run(() => this.#coordinator.onPayments(kept, 1))
  }

  #setStages(startMs: number): void {
    for (const [index, stage] of this.#schedule.stages.entries()) {
      this.#world.at(startMs + stage.atMs, () => {
        this.#segment = index + 1
        for (const [at, processor] of this.#processors.entries()) {
          const behaviour = stage.processors[at]
          assert(behaviour !== undefined, 'a stage is set for each processor')
          processor.setStage(behaviour)
        }
      })
    }
  }

  #createAuditors(): readonly Auditor[] {
    const { audit } = this.#schedule
    const processors = this.#processors.map(
      ({ books }): WindowReader =>
        (fromMs, toMs, reply) =>
          reply([books.sum(fromMs, toMs).count]),
    )
    const backend: WindowReader = (fromMs, toMs, reply) =>
      this.#thread.run(() => {
        this.#coordinator.onRequest('summary', { fromMs, toMs }, 'auditor', totals => {
          assert(totals.ok, 'the summary can always be told')
          reply(totals.value.map(({ count }) => count))
        })
      })
    const readers: AuditorOptions = { ...audit, skewMsMax: officialSkewMsMax, processors, backend }
    return [new Auditor(this.#world, readers), new Auditor(this.#world, { ...readers, ...strictAudit })]
  }

  #watchBacklog(): void {
    this.#world.after(1000, () => {
      const { oldestQueuedAgeMs } = this.#coordinator.status()
      if (oldestQueuedAgeMs >= backlogAgeMs) this.#backlogSeconds += 1
      this.#watchBacklog()
    })
  }

  #result(startMs: number): RunResult {
    const { amountCents, feesBps } = this.#schedule
    const acceptedCount = this.#workload.postedCount
    const recordedCounts = this.#processors.map(({ books }) => books.count)
    const recordedCount = recordedCounts.reduce((sum, count) => sum + count, 0)
    assert(recordedCount <= acceptedCount, 'nothing is charged twice')
    const net = recordedCounts.reduce(
      (sum, count, index) => sum + (count * amountCents * (10_000 - (feesBps[index] ?? 0))) / 1_000_000,
      0,
    )
    const bound = clairvoyantNet(this.#schedule, this.#arrivals)
    const [official = noAudits, strict = noAudits] = this.#auditors.map(({ report }) => report)
    return {
      schedule: this.#schedule.name,
      candidate: this.#candidate.label,
      acceptedCount,
      recordedCounts,
      lagCount: acceptedCount - recordedCount,
      net,
      clairvoyantNet: bound,
      regret: 1 - net / bound,
      dearerShare: recordedCount === 0 ? 0 : 1 - (recordedCounts[0] ?? 0) / recordedCount,
      guardMs: this.#schedule.audit.guardMs,
      cleanWay: hasCleanWay(this.#schedule),
      official,
      strict,
      ageP95Ms: this.#ages.percentileMs(0.95, this.#world.nowMs),
      backlogSeconds: this.#backlogSeconds,
      virtualMs: this.#world.nowMs - startMs,
      traceHash: this.#world.traceHash,
    }
  }
}
