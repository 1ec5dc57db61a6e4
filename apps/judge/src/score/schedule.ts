import { err, ok, type Result } from '@rinha/base'
import { FieldReader } from './field-reader.ts'

/**
 * What a run plays, as read from a schedule file (schedules/README.md documents the file). Everything the two official
 * runs differ in is a field here, so that no rule of either is in the code.
 */
export interface Schedule {
  readonly name: string
  readonly amountCents: number
  /** What `part: 1` of the ramp means in virtual users. */
  readonly vusMax: number
  /** At least two points, the first at 0, in the order of time; the last one ends the load. */
  readonly ramp: readonly RampPoint[]
  /** How long a virtual user sleeps between the answer and its next payment. */
  readonly thinkTimeMs: number
  /** When any request of the run is given up; it then counts as failed. */
  readonly clientTimeoutMs: number
  readonly feesBps: PerProcessor<number>
  readonly audit: AuditRule
  readonly totals: TotalsRule
  readonly bonus: BonusRule
  /** The part of the net that any inconsistency costs. */
  readonly fineBps: number
  readonly stages: readonly Stage[]
}

export interface PerProcessor<T> {
  readonly default: T
  readonly fallback: T
}

/** From here on, the number of users changes in a straight line to the next point. */
export interface RampPoint {
  readonly atMs: number
  /** As a part of vusMax, 0 to 1. */
  readonly part: number
}

/** Every `everyMs`, the books of [now − lookBackMs, now − guardMs] are compared. */
export interface AuditRule {
  readonly everyMs: number
  readonly lookBackMs: number
  readonly guardMs: number
  readonly inconsistency: InconsistencyRule
}

/**
 * How the differences between backend and processors become one number. `abs-of-sum` (preview): differences of
 * opposite sign cancel, so a payment booked on the wrong processor goes unseen. `sum-of-abs` (final): each processor
 * must agree by itself.
 */
export type InconsistencyRule = (typeof inconsistencyRules)[number]
const inconsistencyRules = ['abs-of-sum', 'sum-of-abs'] as const

/** The source of the totals at the end: summaries of the last lookBackMs. */
interface TotalsRule {
  readonly source: TotalsSource
  readonly lookBackMs: number
}
export type TotalsSource = (typeof totalsSources)[number]
const totalsSources = ['backend', 'processors'] as const

/** bonus = max((p99MsBelow − p99) · perMs, 0) */
export interface BonusRule {
  readonly p99MsBelow: number
  readonly perMsBps: number
}

interface Stage {
  readonly atMs: number
  readonly behaviour: PerProcessor<Behaviour>
}

export interface Behaviour {
  readonly delayMs: number
  readonly failing: boolean
}

/**
 * The limits of a schedule. Each user is a connection, so 5000 of them are 5000 descriptors here and as many at the
 * backend, and well inside one address's range of local ports. An hour of 5000 users is 18 million latencies, 144 MB:
 * the most that is sensibly kept for an exact percentile.
 */
export const scheduleLimits = {
  vusMax: 5000,
  durationSecondsMax: 3600,
  rampPointsMax: 100,
  stagesMax: 200,
  delayMsMax: 60_000,
  nameLengthMax: 60,
} as const

/** How long the load lasts: until the ramp's last point. */
export function durationMs(schedule: Pick<Schedule, 'ramp'>): number {
  return schedule.ramp.at(-1)?.atMs ?? 0
}

/**
 * The schedule in the text of a file, or one line for each thing wrong with it: file, field, value, what is allowed.
 * Fields that a schedule does not have are wrong too: a misspelt one would otherwise be ignored in silence.
 */
export function parseSchedule(file: string, text: string): Result<Schedule, readonly string[]> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return err([`${file}: is not JSON: ${error instanceof Error ? error.message : String(error)}`])
  }
  return readSchedule(file, json)
}

/** The same as {@link parseSchedule}, for JSON that is parsed already. */
export function readSchedule(file: string, json: unknown): Result<Schedule, readonly string[]> {
  const top = FieldReader.of(file, json)
  const schedule: Schedule = {
    name: top.text('name', scheduleLimits.nameLengthMax),
    amountCents: top.amountCents('amount'),
    vusMax: top.integer('vusMax', 1, scheduleLimits.vusMax),
    ramp: top.list('ramp', 2, scheduleLimits.rampPointsMax, point => ({
      atMs: point.secondsAsMs('atSeconds', 0, scheduleLimits.durationSecondsMax),
      part: point.number('part', 0, 1),
    })),
    thinkTimeMs: top.integer('thinkTimeMs', 0, 60_000),
    clientTimeoutMs: top.integer('clientTimeoutMs', 1, 60_000),
    feesBps: top.object('fees', fees => ({
      default: fees.basisPoints('default'),
      fallback: fees.basisPoints('fallback'),
    })),
    audit: top.object('audit', audit => ({
      everyMs: audit.integer('everyMs', 100, 600_000),
      lookBackMs: audit.integer('lookBackMs', 1, 3_600_000),
      guardMs: audit.integer('guardMs', 0, 600_000),
      inconsistency: audit.word('inconsistency', inconsistencyRules),
    })),
    totals: top.object('totals', totals => ({
      source: totals.word('source', totalsSources),
      lookBackMs: totals.integer('lookBackMs', 1, 7_200_000),
    })),
    bonus: top.object('bonus', bonus => ({
      p99MsBelow: bonus.integer('p99MsBelow', 0, 60_000),
      perMsBps: bonus.basisPoints('perMs'),
    })),
    fineBps: top.basisPoints('fine'),
    stages: top.list('stages', 0, scheduleLimits.stagesMax, readStage),
  }
  top.end()
  if (top.problems.length === 0) checkTogether(schedule, top)
  return top.problems.length > 0 ? err(top.problems) : ok(schedule)
}

function readStage(stage: FieldReader): Stage {
  const readBehaviour = (behaviour: FieldReader): Behaviour => ({
    delayMs: behaviour.integer('delayMs', 0, scheduleLimits.delayMsMax),
    failing: behaviour.flagOr('failing', false),
  })
  return {
    atMs: stage.secondsAsMs('atSeconds', 0, scheduleLimits.durationSecondsMax),
    behaviour: {
      default: stage.object('default', readBehaviour),
      fallback: stage.object('fallback', readBehaviour),
    },
  }
}

/** The rules between fields. Each field is valid by itself already. */
function checkTogether(schedule: Schedule, top: FieldReader): void {
  const { ramp, stages, audit, totals } = schedule
  const seconds = durationMs(schedule) / 1000
  const atSeconds = (list: readonly { readonly atMs: number }[], index: number) =>
    (list[index]?.atMs ?? 0) / 1000
  if (ramp[0]?.atMs !== 0) top.problem('ramp[0].atSeconds', atSeconds(ramp, 0), '0, the start of the run')
  if (seconds <= 0) top.problem(`ramp[${ramp.length - 1}].atSeconds`, seconds, 'more than 0')
  for (let index = 1; index < ramp.length; index += 1) {
    const [before, at] = [atSeconds(ramp, index - 1), atSeconds(ramp, index)]
    if (at < before) top.problem(`ramp[${index}].atSeconds`, at, `not before ${before}, the point before`)
  }
  for (let index = 0; index < stages.length; index += 1) {
    const at = atSeconds(stages, index)
    const before = atSeconds(stages, index - 1)
    const field = `stages[${index}].atSeconds`
    if (index > 0 && at <= before) top.problem(field, at, `more than ${before}, the stage before`)
    if (at >= seconds) top.problem(field, at, `less than ${seconds}, the end of the ramp`)
  }
  const { everyMs, lookBackMs, guardMs } = audit
  if (guardMs >= lookBackMs)
    top.problem('audit.guardMs', guardMs, `less than audit.lookBackMs, ${lookBackMs}`)
  else if (everyMs > lookBackMs - guardMs) {
    const most = `at most lookBackMs − guardMs, ${lookBackMs - guardMs}`
    top.problem(
      'audit.everyMs',
      everyMs,
      `${most}: later, payments between two windows would never be audited`,
    )
  }
  const lookBackMsMin = durationMs(schedule) + schedule.clientTimeoutMs + schedule.thinkTimeMs
  if (totals.lookBackMs < lookBackMsMin) {
    const least = `at least ${lookBackMsMin}: the ramp, the last request and its think time`
    top.problem('totals.lookBackMs', totals.lookBackMs, least)
  }
}
