import type { QueueStatus } from '@rinha/engine'
import { expect, test } from 'vitest'
import { Sampler } from './sampler.ts'

const statusOf = (acceptedCount: number) => ({ acceptedCount, processors: [] }) as unknown as QueueStatus

test.each([-3_600_000, -1000, 3_600_000])('a wall clock that is set by %i ms changes no rate', stepMs => {
  const sampler = new Sampler([])
  sampler.sample(statusOf(100), { nowMs: 0, wallMs: 0 })
  const sample = sampler.sample(statusOf(150), { nowMs: 1000, wallMs: 1000 + stepMs })
  expect(sample[sampler.columns.indexOf('acceptedPerSecond')]).toBe(50)
  expect(sample[sampler.columns.indexOf('atMs')]).toBe(1000 + stepMs)
})
