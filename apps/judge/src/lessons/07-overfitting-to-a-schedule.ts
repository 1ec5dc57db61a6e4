import { createCandidate, type LabSchedule, playRun, randomSchedule } from '@rinha/simulator'
import { labScheduleOf } from '../lab/plan.ts'
import { officialSchedules } from '../score/official-schedules.ts'
import type { Lesson } from './lesson.ts'

const policies = ['always-cheapest', 'cheapest-working', 'default-first']
const scheduleCount = 10
/** Shorter schedules, with a fourth of the users: a lesson is to be over soon. */
const durationMsMax = 62_000
const usersPart = 0.25
const tuningSeed = 1
const keptApartSeed = 101

/**
 * The best of three policies is chosen either on the official schedule alone or on random ones. Other schedules then show
 * how good the choice is.
 */
export const overfittingToASchedule: Lesson = {
  name: '07-overfitting-to-a-schedule',
  title: 'What is chosen on one schedule is known to be good on one schedule',
  unit: '% was not earned on schedules that were kept apart',
  figureMax: 10,
  chart: { title: 'Not earned on each schedule that was kept apart, least first', unit: '% of the bound' },
  frame: { bucketMs: 1000, bucketCount: scheduleCount, axisUnit: '' },
  play(cure) {
    const preview = fewer(labScheduleOf(officialSchedules.preview))
    const tuningSet = cure === 'in' ? randomSet(tuningSeed) : [preview]
    const tried = policies.map(policy => ({ policy, regret: average(regretsOf(policy, tuningSet)) }))
    const chosen = tried.reduce((best, each) => (each.regret < best.regret ? each : best))
    const regrets = regretsOf(chosen.policy, randomSet(keptApartSeed))
    const where = cure === 'in' ? `${scheduleCount} tuning schedules` : 'preview'
    return {
      figure: Math.round(average(regrets) * 10) / 10,
      values: regrets.toSorted((one, other) => one - other),
      sentences: [
        ...tried.map(
          ({ policy, regret }) =>
            `On the ${where} "${policy}" misses ${regret.toFixed(2)} % of the possible money.`,
        ),
        `So "${chosen.policy}" is chosen, and played on ${scheduleCount} schedules that had no part in the choice.`,
      ],
    }
  },
}

/** The first so many short schedules from a seed on. */
function randomSet(seed: number): readonly LabSchedule[] {
  const set: LabSchedule[] = []
  for (let next = seed; set.length < scheduleCount; next += 1) {
    const schedule = randomSchedule(next)
    if (schedule.durationMs <= durationMsMax) set.push(fewer(schedule))
  }
  return set
}

function fewer(schedule: LabSchedule): LabSchedule {
  return { ...schedule, usersMax: schedule.usersMax * usersPart }
}

/** The regrets, in percent of the most that a policy that knows the schedule can earn. */
function regretsOf(policy: string, schedules: readonly LabSchedule[]): readonly number[] {
  const candidate = createCandidate(policy)
  if (typeof candidate === 'string') throw new Error(candidate)
  return schedules.map(schedule => Math.max(0, playRun(schedule, candidate).regret * 100))
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
