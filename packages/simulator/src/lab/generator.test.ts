import { expect, test } from 'vitest'
import { randomSchedule } from './generator.ts'

const schedules = Array.from({ length: 1000 }, (_, index) => randomSchedule(1 + index))
const behaviours = (rank: 0 | 1) =>
  schedules.flatMap(({ stages }) => stages.flatMap(({ processors }) => processors[rank] ?? []))

test('a seed gives the same schedule always, and another seed another', () => {
  expect(randomSchedule(5)).toEqual(randomSchedule(5))
  expect(randomSchedule(5).stages).not.toEqual(randomSchedule(6).stages)
})

test('everything is in its range', () => {
  for (const { durationMs, usersMax, feesBps, audit, stages } of schedules) {
    expect(durationMs >= 30_000 && durationMs <= 300_000 && usersMax >= 100 && usersMax <= 600).toBe(true)
    const [cheapest = 0, dearest = 0] = feesBps
    expect(cheapest >= 100 && cheapest < dearest && dearest <= 2000).toBe(true)
    expect([0, 1500, 2000]).toContain(audit.guardMs)
    expect(stages[0]?.atMs).toBe(1000)
    expect(stages.at(-1)?.atMs).toBeLessThan(durationMs)
    for (const [index, { atMs, processors }] of stages.entries()) {
      const lengthMs = (stages[index + 1]?.atMs ?? atMs + 10_000) - atMs
      expect(lengthMs >= 10_000 && lengthMs <= 30_000).toBe(true)
      for (const { delayMs } of processors) {
        expect(delayMs <= 150 || (delayMs >= 500 && delayMs <= 5000)).toBe(true)
      }
    }
    expect(stages.some(({ processors }) => processors.some(({ failing }) => !failing))).toBe(true)
  }
})

test('shares are the official ones', () => {
  const share = (rank: 0 | 1, of: (behaviour: { delayMs: number; failing: boolean }) => boolean) =>
    behaviours(rank).filter(of).length / behaviours(rank).length
  expect(share(0, ({ failing }) => failing)).toBeCloseTo(0.25, 1)
  expect(share(1, ({ failing }) => failing)).toBeCloseTo(0.125, 1)
  expect(share(0, ({ delayMs }) => delayMs >= 500)).toBeCloseTo(0.35, 1)
  expect(share(1, ({ delayMs }) => delayMs >= 500)).toBeCloseTo(0.2, 1)
  const both = schedules.filter(({ stages }) =>
    stages.some(({ processors }) => processors.every(one => one.failing)),
  )
  expect(both.length).toBeGreaterThan(50)
})

test('guards are drawn evenly, or as asked for', () => {
  for (const guardMs of [0, 1500, 2000])
    expect(schedules.filter(({ audit }) => audit.guardMs === guardMs).length).toBeGreaterThan(280)
  const asked = randomSchedule(5, { processorCount: 2, guardMs: 500 })
  expect(asked).toEqual({ ...randomSchedule(5), audit: { ...randomSchedule(5).audit, guardMs: 500 } })
})

test('one processor and three have fees and stages of their own', () => {
  for (const processorCount of [1, 3]) {
    const { feesBps, stages } = randomSchedule(5, { processorCount })
    expect(feesBps).toHaveLength(processorCount)
    expect(stages.every(({ processors }) => processors.length === processorCount)).toBe(true)
  }
})
