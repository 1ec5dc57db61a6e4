import { expect, test } from 'vitest'
import { RecordRun } from './record-run.ts'

test('a run of records goes on until a minute passes without one', () => {
  const run = new RecordRun()
  expect([run.sinceMs, run.lastAtMs]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
  run.recorded(5)
  run.recorded(60_004)
  run.recorded(120_003)
  expect([run.sinceMs, run.lastAtMs]).toEqual([5, 120_003])
  run.recorded(180_003)
  expect([run.sinceMs, run.lastAtMs]).toEqual([180_003, 180_003])
})
