import { expect, test } from 'vitest'
import { officialSchedules } from './official-schedules.ts'
import { activeVus } from './ramp.ts'
import { durationMs, type Schedule } from './schedule.ts'

const { preview, final } = officialSchedules

test.each([
  ['preview', preview, 0, 1],
  ['preview', preview, 120, 1],
  ['preview', preview, 121, 2],
  ['preview', preview, 30_000, 250],
  ['preview', preview, 59_999, 499],
  ['preview', preview, 60_000, 0],
  ['final', final, 150_000, 302],
  ['final', final, 299_999, 602],
] as const)('%s has the users of k6 at %#', (_name, schedule, atMs, vus) => {
  expect(activeVus(schedule.ramp, schedule.vusMax, atMs)).toBe(vus)
})

test('the official ramps offer the payments that were published', () => {
  expect(postsOf(preview, 550)).toBeGreaterThan(16_700)
  expect(postsOf(preview, 550)).toBeLessThan(16_800)
  expect(postsOf(final, 603)).toBeGreaterThan(90_500)
  expect(postsOf(final, 603)).toBeLessThan(90_900)
})

test('any ramp may rise, stay, fall and jump', () => {
  const ramp = [
    { atMs: 0, part: 0.5 },
    { atMs: 1000, part: 1 },
    { atMs: 2000, part: 1 },
    { atMs: 2000, part: 0.1 },
    { atMs: 4000, part: 0 },
  ]
  const at = (atMs: number) => activeVus(ramp, 100, atMs)
  expect([at(0), at(500), at(1000), at(1999), at(2000), at(3000), at(3999), at(4000)]).toEqual([
    50, 75, 100, 100, 10, 5, 1, 0,
  ])
})

/** Each user from its start to the end, once in 1.002 s. */
function postsOf(schedule: Schedule, vusMax: number): number {
  const endMs = durationMs(schedule)
  let posts = 0
  let users = 0
  for (let atMs = 0; atMs < endMs; atMs += 1) {
    for (; users < activeVus(schedule.ramp, vusMax, atMs); users += 1)
      posts += Math.ceil((endMs - atMs) / 1002)
  }
  return posts
}
