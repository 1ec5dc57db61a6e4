import { expect, test } from 'vitest'
import { officialSchedules } from './official-schedules.ts'
import { scaleSchedule } from './scale.ts'
import { durationMs } from './schedule.ts'

const { preview, final } = officialSchedules

test('ramp, stages and the time between audits are scaled, and all other times are not', () => {
  const short = scaleSchedule(preview, 0.2)
  expect(durationMs(short)).toBe(12_000)
  expect(short.stages.map(stage => stage.atMs)).toEqual([200, 2000, 4000, 6000, 8000, 10_000])
  expect(short.audit).toEqual({ ...preview.audit, everyMs: 2000 })
  expect(short.stages.map(stage => stage.behaviour)).toEqual(preview.stages.map(stage => stage.behaviour))
  const { ramp: _ramp, stages: _stages, audit: _audit, ...rest } = preview
  expect(short).toMatchObject(rest)
})

test('scaled by 1 it is the same schedule', () => {
  expect(scaleSchedule(final, 1)).toBe(final)
})

test('the auditor never becomes a load of its own', () => {
  expect(scaleSchedule({ ...final, audit: { ...final.audit, everyMs: 1000 } }, 0.05).audit.everyMs).toBe(250)
})
