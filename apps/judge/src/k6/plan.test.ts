import { expect, test } from 'vitest'
import { officialSchedules } from '../score/official-schedules.ts'
import { planOf } from './plan.ts'

const origins = { backend: 'http://a:1', default: 'http://b:2', fallback: 'http://c:3' }

test("the final is the official script's one ramp from 1 user, and its stages, and counts the processors", () => {
  expect(planOf(officialSchedules.final, origins, 't', 'abc')).toMatchObject({
    origins,
    token: 't',
    amountText: '20.05',
    startVus: 1,
    ramp: [{ durationMs: 300_000, targetVus: 603 }],
    durationMs: 300_000,
    run: 'abc',
    // Of 91,000 payments at the most one in ten.
    noteEvery: 10,
    thinkTimeMs: 1000,
    clientTimeoutMs: 1500,
    audit: { everyMs: 10_000, lookBackMs: 15_000, guardMs: 2000 },
    totals: { source: 'processors', lookBackMs: 360_000 },
    stages: officialSchedules.final.stages,
  })
})

test('the preview counts the backend', () => {
  const plan = planOf(officialSchedules.preview, origins, 't', 'abc')
  expect([plan.amountText, plan.totals]).toEqual(['19.9', { source: 'backend', lookBackMs: 70_000 }])
})

test('points of a ramp become stages from one to the next, a jump one of no length, and a user is always left', () => {
  const ramp = [
    { atMs: 0, part: 0.5 },
    { atMs: 2000, part: 1 },
    { atMs: 2000, part: 0.2 },
    { atMs: 5000, part: 0 },
  ]
  const plan = planOf({ ...officialSchedules.preview, vusMax: 10, ramp }, origins, 't', 'abc')
  expect(plan.startVus).toBe(5)
  expect(plan.ramp).toEqual([
    { durationMs: 2000, targetVus: 10 },
    { durationMs: 0, targetVus: 2 },
    { durationMs: 3000, targetVus: 1 },
  ])
  expect(plan.durationMs).toBe(5000)
})
