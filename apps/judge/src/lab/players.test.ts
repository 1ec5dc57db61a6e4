import { createCandidate, randomSchedule } from '@rinha/simulator'
import { expect, test } from 'vitest'
import type { Job } from './plan.ts'
import { playAll } from './players.ts'

test('results stand in the order of the jobs, though a later one is played sooner', async () => {
  const candidate = createCandidate('always-cheapest')
  if (typeof candidate === 'string') throw new Error(candidate)
  const small = { ...randomSchedule(13_384), stages: [] }
  const job = (name: string, durationMs: number, usersMax: number): Job => ({
    set: 'tuning',
    schedule: { ...small, name, durationMs, usersMax },
    candidate,
  })
  const jobs = [job('long', 240_000, 400), job('short', 2000, 5), job('shorter', 1000, 5)]
  const finished: string[] = []
  const results = await playAll(jobs, 2, (_, { schedule }) => finished.push(schedule))
  expect(finished.at(-1)).toBe('long')
  expect(results.map(({ schedule }) => schedule)).toEqual(['long', 'short', 'shorter'])
})
