import { expect, test } from 'vitest'
import { ProbeClock } from './probe-clock.ts'

/** The instants of the first probes of a lane that gets no payments since 1000. */
function probes(isGuarded: boolean, count: number): readonly number[] {
  const clock = new ProbeClock()
  const found: number[] = []
  for (let nowMs = 1000; found.length < count; nowMs += 50) {
    clock.look(true, isGuarded, nowMs)
    if (!clock.isDue(nowMs)) continue
    clock.started(nowMs)
    found.push(nowMs)
  }
  return found
}

test('the pause between probes doubles up to a second; under a guard it begins with a longer one', () => {
  expect(probes(false, 6)).toEqual([1100, 1300, 1700, 2500, 3500, 4500])
  expect(probes(true, 4)).toEqual([1400, 2200, 3200, 4200])
})

test('none is due while the lane gets payments, and afterwards the first pause is the short one again', () => {
  const clock = new ProbeClock()
  clock.look(true, false, 0)
  clock.started(100)
  clock.look(false, false, 200)
  expect(clock.isDue(10_000)).toBe(false)
  clock.look(true, false, 10_000)
  expect([clock.isDue(10_099), clock.isDue(10_100)]).toEqual([false, true])
})
