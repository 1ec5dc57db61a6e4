import { hasCleanWay } from '@rinha/simulator'
import { expect, test } from 'vitest'
import { officialSchedules } from '../score/official-schedules.ts'
import { lab } from './command.ts'
import { labOptions } from './options.ts'
import { type Job, labScheduleOf, planJobs } from './plan.ts'

function jobs(...argv: readonly string[]): readonly Job[] {
  const parsed = lab.parse(argv)
  if (parsed === 'help' || !parsed.ok) throw new Error(JSON.stringify(parsed))
  return planJobs(labOptions(parsed.value))
}

const seedsOf = (list: readonly Job[], set: string) =>
  new Set(list.filter(job => job.set === set).map(({ schedule }) => schedule.seed))

test('both official schedules and all sets are played by each policy, and no seed is in both sets of a family', () => {
  const all = jobs('--policies', 'patient,original', '--schedules', '50')
  expect(all).toHaveLength(2 * (1 + 1 + 50 + 50 + 4 + 10 + 10))
  for (const [tuning, heldOut, size] of [
    [seedsOf(all, 'tuning'), seedsOf(all, 'heldOut'), 50],
    [seedsOf(all, 'noiseTuning'), seedsOf(all, 'noiseHeldOut'), 10],
  ] as const) {
    expect([tuning.size, heldOut.size]).toEqual([size, size])
    expect([...tuning].some(seed => heldOut.has(seed))).toBe(false)
  }
})

test('one part alone', () => {
  expect(jobs('--only', 'final', '--policies', 'patient').map(({ schedule }) => schedule.name)).toEqual([
    'final',
  ])
  const noise = jobs('--only', 'noise', '--policies', 'patient', '--schedules', '5').map(
    ({ set, schedule }) => `${set}: ${schedule.name}`,
  )
  expect(noise).toEqual([
    'noiseAtOnce: 300/s, no guard',
    'noiseAtOnce: 600/s, no guard',
    'noiseAtOnce: 300/s, guard 1500 ms',
    'noiseAtOnce: 600/s, guard 1500 ms',
    'noiseTuning: noise 1',
    'noiseHeldOut: noise 1000001',
  ])
})

test('the official final keeps its numbers', () => {
  const final = labScheduleOf(officialSchedules.final)
  expect(final).toMatchObject({
    durationMs: 300_000,
    usersMax: 603,
    amountCents: 2005,
    feesBps: [700, 1000],
    audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs: 2000, rule: 'sum-of-abs' },
  })
  expect(final.stages[3]).toEqual({
    atMs: 90_000,
    processors: [
      { delayMs: 2000, failing: true },
      { delayMs: 1000, failing: false },
    ],
  })
  expect([hasCleanWay(labScheduleOf(officialSchedules.preview)), hasCleanWay(final)]).toEqual([true, false])
})

test('the strict audits have guards of 500, 1500 and 2000 ms and a million payments on schedules with a clean way', () => {
  const schedules = jobs('--audits', 'strict', '--policies', 'patient').map(({ schedule }) => schedule)
  expect(new Set(schedules.map(({ audit }) => audit.guardMs))).toEqual(new Set([500, 1500, 2000]))
  const users = schedules
    .filter(hasCleanWay)
    .reduce((sum, { usersMax, durationMs }) => sum + ((usersMax + 1) / 2) * (durationMs / 1000), 0)
  expect(users).toBeGreaterThan(1_000_000)
})
