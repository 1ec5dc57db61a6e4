import { expect, test } from 'vitest'
import { type Candidate, candidateLabels, createCandidate } from './candidate.ts'
import { randomSchedule } from './generator.ts'
import { steadyNoise } from './noise-schedule.ts'
import { playRun } from './play.ts'
import type { LabSchedule } from './schedule.ts'
import { summarize } from './summary.ts'

function candidate(label: string, numbers: Readonly<Record<string, number>> = {}): Candidate {
  const made = createCandidate(label, numbers)
  if (typeof made === 'string') throw new Error(made)
  return made
}

const well: LabSchedule = {
  name: 'well',
  seed: 1,
  durationMs: 12_000,
  usersMax: 50,
  thinkTimeMs: 1000,
  amountCents: 1990,
  feesBps: [500, 1500],
  audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs: 1500, rule: 'sum-of-abs' },
  stages: [],
}
const fails = { delayMs: 0, failing: true }
const works = { delayMs: 0, failing: false }

test.each(candidateLabels)('%s earns the bound where nothing goes wrong', label => {
  const result = playRun(well, candidate(label))
  expect(result.net).toBeCloseTo(result.clairvoyantNet, 6)
  expect(result.net).toBeCloseTo(result.acceptedCount * 19.9 * 0.95, 6)
  expect(result).toMatchObject({ lagCount: 0, dearerShare: 0, backlogSeconds: 0 })
  expect([result.official.mismatchCount, result.strict.mismatchCount]).toEqual([0, 0])
  expect([result.official.auditCount, result.strict.auditCount]).toEqual([2, 120])
})

test('the end: what is not recorded when the last audit’s pause is over is lost', () => {
  const stages = (atMs: number) => [
    { atMs: 1000, processors: [fails, fails] },
    { atMs, processors: [works, works] },
  ]
  // The load ends at 12 s, the iterations at 13, the auditor’s last pause at 20.
  const recovers = playRun({ ...well, stages: stages(15_000) }, candidate('always-cheapest'))
  expect([recovers.lagCount, recovers.virtualMs]).toEqual([0, 20_000])
  const lost = playRun({ ...well, stages: stages(30_000) }, candidate('always-cheapest'))
  expect(lost.lagCount).toBe(lost.acceptedCount - (lost.recordedCounts[0] ?? 0))
  expect(lost.lagCount).toBeGreaterThan(lost.acceptedCount * 0.9)
})

test('a step past the guard is seen by the strict auditor, and money is where the processors have it', () => {
  const stages = [{ atMs: 4000, processors: [{ delayMs: 2500, failing: false }, fails] }]
  const result = playRun({ ...well, stages }, candidate('always-cheapest', { auditGuardMs: 0 }))
  expect(result.cleanWay).toBe(false)
  expect(result.strict.mismatchCount).toBeGreaterThan(0)
  expect(result.ageP95Ms).toBeGreaterThan(2400)
})

test('the original’s six workers do not keep up with a delay of a second', () => {
  const stages = [{ atMs: 1000, processors: [{ delayMs: 1000, failing: false }, fails] }]
  const result = playRun({ ...well, stages }, candidate('original'))
  expect(result.lagCount).toBeGreaterThan(result.acceptedCount / 4)
  expect(playRun({ ...well, stages }, candidate('default-first')).lagCount).toBe(0)
})

test('the same seed gives the same run to the bit, and another seed another', () => {
  const schedule = { ...randomSchedule(3), durationMs: 30_000 }
  const stages = schedule.stages.filter(({ atMs }) => atMs < 30_000)
  const play = (seed: number) => playRun({ ...schedule, stages, seed }, candidate('patient'))
  expect(play(3)).toEqual(play(3))
  expect(play(4).traceHash).not.toBe(play(3).traceHash)
})

test('after the load there is time to settle, with the last stage going on', () => {
  const stages = [
    { atMs: 1000, processors: [fails, fails] },
    { atMs: 22_000, processors: [works, works] },
  ]
  const result = playRun({ ...well, stages, settleMs: 20_000 }, candidate('always-cheapest'))
  expect([result.lagCount, result.virtualMs]).toEqual([0, 32_000])
  expect(result.perSecond).toBeLessThan(5)
  const steady = playRun({ ...well, rampMs: 1000 }, candidate('always-cheapest'))
  expect(steady.acceptedCount).toBeGreaterThan(50 * 11)
  expect(steady.perSecond).toBeCloseTo(steady.acceptedCount / 12, 0)
})

test('with every noise at once a plain retry loop pays everybody once, and the bound counts no tail', () => {
  const result = playRun(steadyNoise(300, 1500), candidate('retry-loop'))
  expect(result).toMatchObject({ lagCount: 0, virtualMs: 70_000 })
  expect(result.acceptedCount).toBeGreaterThan(17_500)
  expect(result.dearerShare).toBeGreaterThan(0.2)
  expect(result.clairvoyantNet).toBeCloseTo(result.acceptedCount * 19.9 * 0.95, 3)
})

test('the load is the same for every candidate', () => {
  const stages = [{ atMs: 1000, processors: [fails, works] }]
  const counts = candidateLabels.map(label => playRun({ ...well, stages }, candidate(label)).acceptedCount)
  expect(new Set(counts).size).toBe(1)
})

test.each([1, 3])('it plays with %i processors', processorCount => {
  const schedule = { ...randomSchedule(7, { processorCount }), durationMs: 30_000, usersMax: 60 }
  const stages = schedule.stages.filter(({ atMs }) => atMs < 30_000)
  const result = playRun({ ...schedule, stages }, candidate('patient'))
  expect(result.recordedCounts).toHaveLength(processorCount)
  expect(result.acceptedCount).toBeGreaterThan(500)
})

test('an unknown number of a policy is refused with the names of the known ones', () => {
  expect(createCandidate('patient', { countMaxx: 1 })).toMatch(/"countMaxx".*countMax/)
  expect(createCandidate('impatient')).toMatch(/"impatient".*patient/)
})

test('a summary has nearest-rank percentiles, sums, and the seed of the worst', () => {
  const one = playRun(well, candidate('default-first'))
  const regrets = Array.from({ length: 200 }, (_, index) => ((index * 7) % 200) / 200)
  const summary = summarize(regrets.map(regret => ({ ...one, regret, schedule: `random ${regret * 200}` })))
  expect([summary.regretMedian, summary.regretP95, summary.regretWorst]).toEqual([
    99 / 200,
    189 / 200,
    199 / 200,
  ])
  expect(summary).toMatchObject({
    runCount: 200,
    worstSchedule: 'random 199',
    acceptedCount: 200 * one.acceptedCount,
  })
})
