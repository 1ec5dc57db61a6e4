import { expect, test } from 'vitest'
import { deathCountMax, deathsWithinMs, Restarts } from './restarts.ts'

test('the pause grows with each death, and at the last there is none', () => {
  const restarts = new Restarts()
  const pauses = Array.from(
    { length: deathCountMax },
    (_, index) => restarts.died('a', index * 1000)?.pauseMs,
  )
  expect(pauses).toEqual([250, 500, 1000, 2000, undefined])
})

test('old deaths no longer count, and deaths of another process never count', () => {
  const restarts = new Restarts()
  for (let index = 0; index < 20; index += 1) {
    expect(restarts.died('a', index * deathsWithinMs)?.pauseMs).toBe(250)
    if (index < deathCountMax - 1) restarts.died('b', index)
  }
})
