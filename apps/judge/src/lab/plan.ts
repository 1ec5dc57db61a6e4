import { assert } from '@rinha/base'
import {
  type Candidate,
  hasCleanWay,
  type LabSchedule,
  type Market,
  noiseSchedule,
  randomSchedule,
  steadyNoise,
} from '@rinha/simulator'
import { officialSchedules } from '../score/official-schedules.ts'
import { durationMs, type Schedule } from '../score/schedule.ts'
import type { LabOptions } from './options.ts'

/** Sets of schedules. Numbers are tuned on a `tuning` set. A `heldOut` set shows whether the tuning carries over. */
export type SetName =
  | 'preview'
  | 'final'
  | 'tuning'
  | 'heldOut'
  | 'noiseAtOnce'
  | 'noiseTuning'
  | 'noiseHeldOut'
  | 'strict'

/** One run to be played. */
export interface Job {
  readonly set: SetName
  readonly schedule: LabSchedule
  readonly candidate: Candidate
}

/** Seeds of the held-out set start here; those of the tuning set at `--seed`, which stays below. */
const heldOutSeed = 1_000_000

export function planJobs(options: LabOptions): readonly Job[] {
  const sets = options.audits === 'strict' ? { strict: strictSchedules(options) } : usualSets(options)
  // Schedule by schedule, all candidates of each together: what has been played so far compares fairly.
  return Object.entries(sets).flatMap(([set, schedules]) =>
    schedules.flatMap(schedule =>
      options.candidates.map(candidate => ({ set: set as SetName, schedule, candidate })),
    ),
  )
}

function usualSets({ only, schedules, seed, processors }: LabOptions) {
  const inPart = (part: Exclude<LabOptions['only'], undefined>, make: () => readonly LabSchedule[]) =>
    only === undefined || only === part ? make() : []
  const random = (from: number) =>
    inPart('random', () =>
      series(schedules, index => randomSchedule(from + index, { processorCount: processors })),
    )
  const noise = (from: number) =>
    inPart('noise', () => series(Math.ceil(schedules / 5), index => noiseSchedule(from + index, processors)))
  return {
    preview: inPart('preview', () => [labScheduleOf(officialSchedules.preview)]),
    final: inPart('final', () => [labScheduleOf(officialSchedules.final)]),
    tuning: random(seed),
    heldOut: random(heldOutSeed + seed),
    noiseAtOnce: inPart('noise', () =>
      [0, 1500].flatMap(guardMs => [300, 600].map(perSecond => steadyNoise(perSecond, guardMs))),
    ),
    noiseTuning: noise(seed),
    noiseHeldOut: noise(heldOutSeed + seed),
  } satisfies Partial<Record<SetName, readonly LabSchedule[]>>
}

function series(count: number, make: (index: number) => LabSchedule): readonly LabSchedule[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

const strictGuardsMs = [500, 1500, 2000]
const strictPaymentCountMin = 1_000_000

/** Random schedules at each guard in turn, until those with a clean way have a million payments between them. */
function strictSchedules({ seed, processors }: LabOptions): readonly LabSchedule[] {
  const schedules: LabSchedule[] = []
  for (let paymentCount = 0, index = 0; paymentCount < strictPaymentCountMin; index += 1) {
    const guardMs = strictGuardsMs[index % strictGuardsMs.length]
    assert(guardMs !== undefined, 'there are guards')
    const schedule = randomSchedule(seed + index, { processorCount: processors, guardMs })
    schedules.push(schedule)
    // Half the peak over the run, a little less than one a second each.
    if (hasCleanWay(schedule)) paymentCount += (0.48 * schedule.usersMax * schedule.durationMs) / 1000
  }
  return schedules
}

/** A schedule of the score command as the laboratory has it. Its ramp must be the official form. */
export function labScheduleOf(schedule: Schedule): LabSchedule {
  const { ramp } = schedule
  assert(
    ramp.length === 2 && ramp[1]?.part === 1,
    'a ramp of the official form: one straight line to the peak',
  )
  return {
    ...marketOf(schedule),
    name: schedule.name,
    seed: 1,
    durationMs: durationMs(schedule),
    usersMax: schedule.vusMax,
    thinkTimeMs: schedule.thinkTimeMs,
  }
}

/** The facts about a schedule from which the laboratory computes its bound. */
export function marketOf({ amountCents, audit, feesBps, stages }: Schedule): Market {
  return {
    amountCents,
    feesBps: [feesBps.default, feesBps.fallback],
    audit: {
      everyMs: audit.everyMs,
      lookBackMs: audit.lookBackMs,
      guardMs: audit.guardMs,
      rule: audit.inconsistency,
    },
    stages: stages.map(({ atMs, behaviour }) => ({
      atMs,
      processors: [behaviour.default, behaviour.fallback],
    })),
  }
}
