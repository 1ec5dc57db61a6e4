import { assert } from '@rinha/base'
import { Auditor, type AuditorOptions, type AuditorReport, type WindowReader } from '../auditor.ts'
import { SimProcessor } from '../processor.ts'
import { usualAnswerMs, usualArrivalMs, Workload } from '../workload.ts'
import { World } from '../world.ts'
import { Ages } from './ages.ts'
import { type Candidate, createPayer } from './candidate.ts'
import { clairvoyantNet } from './clairvoyant.ts'
import type { Payer } from './payer.ts'
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
  /** Payments recorded while the load lasted, a second. */
  readonly perSecond: number
  /** Before bonus and fine, in units of the currency. */
  readonly net: number
  readonly clairvoyantNet: number
  /** 1 − net / clairvoyantNet. Below 0 where a guard was ignored. */
  readonly regret: number
  /** The part of the recorded payments that did not go to the cheapest processor. */
  readonly dearerShare: number
  readonly guardMs: number
  readonly cleanWay: boolean
  readonly official: AuditorReport
  readonly strict: AuditorReport
  /** From acceptance to settlement. A lost payment counts with the longest age that the run allows. */
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
 * Iterations under way at the ramp's end are finished; the totals are read when they are, the auditor's last pause
 * is over, and the schedule's time for settling. What is not recorded by then earns nothing.
 */
export function playRun(schedule: LabSchedule, candidate: Candidate): RunResult {
  return new Run(schedule, candidate).play()
}

class Run {
  readonly #schedule: LabSchedule
  readonly #candidate: Candidate
  readonly #world: World
  readonly #processors: readonly SimProcessor[]
  readonly #payer: Payer
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
    const { durationMs, rampMs = durationMs, usersMax, thinkTimeMs, amountCents } = schedule
    // Each user posts at most once in a think time.
    const paymentCountMax = Math.ceil(usersMax * (durationMs / thinkTimeMs + 1))
    this.#ages = new Ages(paymentCountMax)
    this.#arrivals = segmentsOf(schedule).map(() => 0)
    this.#processors = schedule.feesBps.map(
      (_, index) => new SimProcessor(world, { name: `processor-${index}` }),
    )
    this.#payer = createPayer(candidate, schedule, world, this.#processors, paymentCountMax, row =>
      this.#ages.settled(row, world.nowMs),
    )
    this.#workload = new Workload(world, {
      ramp: [
        { atMs: 0, users: 1 },
        { atMs: rampMs, users: usersMax },
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
    this.#payer.start()
    this.#world.runUntil(this.#world.nowMs + standingMs)
    const startMs = this.#world.nowMs
    const { durationMs, settleMs = 0, audit } = this.#schedule
    this.#setStages(startMs)
    this.#workload.start()
    for (const auditor of this.#auditors) auditor.start(startMs + durationMs)
    this.#watchBacklog()
    this.#world.runUntil(startMs + durationMs)
    const perSecond = (1000 * this.#recordedCount) / durationMs
    const auditsEndMs = startMs + Math.ceil(durationMs / audit.everyMs) * audit.everyMs
    const settledMs = startMs + durationMs + settleMs
    this.#world.runUntil(Math.max(auditsEndMs, this.#workload.lastIterationEndMs, settledMs))
    return this.#result(startMs, perSecond)
  }

  #accept(record: Uint8Array): void {
    this.#arrivals[this.#segment] = (this.#arrivals[this.#segment] ?? 0) + 1
    this.#ages.accepted(this.#world.nowMs)
    // The workload writes the next one into the same bytes.
    this.#payer.accept(record.slice())
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
    const backend = this.#payer.summary
    const readers: AuditorOptions = { ...audit, skewMsMax: officialSkewMsMax, processors, backend }
    return [new Auditor(this.#world, readers), new Auditor(this.#world, { ...readers, ...strictAudit })]
  }

  #watchBacklog(): void {
    this.#world.after(1000, () => {
      if (this.#payer.oldestQueuedAgeMs() >= backlogAgeMs) this.#backlogSeconds += 1
      this.#watchBacklog()
    })
  }

  get #recordedCount(): number {
    return this.#processors.reduce((sum, { books }) => sum + books.count, 0)
  }

  #result(startMs: number, perSecond: number): RunResult {
    const { amountCents, feesBps } = this.#schedule
    const acceptedCount = this.#workload.postedCount
    const recordedCounts = this.#processors.map(({ books }) => books.count)
    const recordedCount = this.#recordedCount
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
      perSecond,
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
