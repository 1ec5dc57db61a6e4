import { everyNoiseAtOnce, type ProcessorNoise } from '@rinha/processor-model'
import { expect, test } from 'vitest'
import { noiseSchedule, steadyNoise } from './noise-schedule.ts'
import { isUsable } from './schedule.ts'

const schedules = Array.from({ length: 500 }, (_, index) => noiseSchedule(1 + index))
const behaviours = schedules.flatMap(({ stages }) => stages.flatMap(({ processors }) => processors))
const noises = behaviours.flatMap(({ noise }) => noise ?? [])
/** Those that a processor has for itself. */
const own = noises.filter(({ pushBackShare }) => pushBackShare < 0.1)
const shareOf = (of: (noise: ProcessorNoise) => boolean) => own.filter(of).length / own.length

test('a seed gives the same schedule always, and another seed another', () => {
  expect(noiseSchedule(5)).toEqual(noiseSchedule(5))
  expect(noiseSchedule(5).stages).not.toEqual(noiseSchedule(6).stages)
  expect(noiseSchedule(5, 3).feesBps).toHaveLength(3)
})

test('everything is in its range, and whatever came last can still settle', () => {
  for (const { durationMs, rampMs = 0, settleMs, usersMax, audit, stages } of schedules) {
    expect(durationMs >= 40_000 && durationMs <= 90_000 && usersMax >= 300 && usersMax <= 600).toBe(true)
    expect([1000, durationMs]).toContain(rampMs)
    expect(settleMs).toBe(10_000)
    expect([0, 1500, 2000]).toContain(audit.guardMs)
    expect(stages[0]?.atMs).toBe(1000)
    expect(stages.at(-1)?.processors.some(stage => isUsable(stage, audit.guardMs))).toBe(true)
    const starts = stages.map(({ atMs }) => atMs)
    expect(starts).toEqual([...new Set(starts)].sort((one, other) => one - other))
  }
  for (const noise of noises) {
    const { tailMsMin, tailMsMax, resetBeforeShare, resetAfterShare, failAfterShare, pushBackShare } = noise
    expect(tailMsMin <= tailMsMax && tailMsMax <= 10_000).toBe(true)
    expect(Math.max(resetBeforeShare, resetAfterShare) <= 0.05 && failAfterShare <= 0.01).toBe(true)
    expect(pushBackShare <= 0.1 && noise.loadMs <= 1 && noise.slowStartMs <= 1000).toBe(true)
  }
})

test('every kind of noise is played, as often as it says', () => {
  for (const kind of ['none', 'uniform', 'logNormal', 'pareto'])
    expect(shareOf(({ tailKind }) => tailKind === kind)).toBeCloseTo(0.25, 1)
  expect(shareOf(({ tailAfterInsert }) => tailAfterInsert)).toBeGreaterThan(0.3)
  expect(shareOf(({ resetBeforeShare }) => resetBeforeShare > 0)).toBeCloseTo(0.5, 1)
  expect(shareOf(({ resetAfterShare }) => resetAfterShare > 0)).toBeCloseTo(0.5, 1)
  expect(shareOf(({ failAfterShare }) => failAfterShare > 0)).toBeCloseTo(0.5, 1)
  expect(shareOf(({ pushBackShare }) => pushBackShare > 0)).toBeCloseTo(0.5, 1)
  expect(shareOf(({ perSecondMax }) => perSecondMax > 0)).toBeCloseTo(0.1, 1)
  expect(shareOf(({ loadMs }) => loadMs > 0)).toBeCloseTo(0.15, 1)
  expect(shareOf(({ slowStartMs }) => slowStartMs > 0)).toBeCloseTo(0.15, 1)
})

test('both processors go wrong together for some seconds, more often than chance has it', () => {
  const shared = schedules.flatMap(({ stages }) =>
    stages.flatMap(({ atMs, processors }, index) => {
      const lengthMs = (stages[index + 1]?.atMs ?? Number.POSITIVE_INFINITY) - atMs
      return lengthMs < 10_000 && processors[0]?.failing === processors[1]?.failing ? [processors] : []
    }),
  )
  const bothFail = shared.filter(processors => processors.every(({ failing }) => failing))
  const bothNoisy = shared.filter(processors =>
    processors.every(({ noise }) => noise?.resetAfterShare === 0.05),
  )
  expect(bothFail.length).toBeGreaterThan(schedules.length / 4)
  expect(bothNoisy.length).toBeGreaterThan(schedules.length / 4)
})

test('every noise at once is the same for both processors, at a steady load', () => {
  const { stages, usersMax, rampMs, durationMs, audit } = steadyNoise(300, 1500)
  expect([usersMax, rampMs, durationMs, audit.guardMs, stages.length]).toEqual([300, 1000, 60_000, 1500, 1])
  const [cheapest, other] = stages[0]?.processors ?? []
  expect(cheapest).toEqual(other)
  expect(cheapest?.noise).toBe(everyNoiseAtOnce)
})
