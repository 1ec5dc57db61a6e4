import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { Shift } from './shift.ts'

/** The number of bad events in a row that makes a shift. */
function badUntilSeen(shift: Shift): number {
  for (let count = 1; count <= 1000; count += 1) {
    shift.bad()
    if (shift.isSeen) return count
  }
  return Number.POSITIVE_INFINITY
}

/** Plays random events of which `badShare` are bad. Returns the number of shifts seen. Each shift is taken back. */
function play(shift: Shift, badShare: number, count: number, prng = new Prng(7)): number {
  let seenCount = 0
  for (let event = 0; event < count; event += 1) {
    if (prng.chance(badShare)) shift.bad()
    else shift.good()
    if (!shift.isSeen) continue
    seenCount += 1
    shift.reset()
  }
  return seenCount
}

test.each([1, 3, 5])('when bad events are rare, %i in a row are a shift, and one fewer is none', badCount => {
  expect(badUntilSeen(new Shift(badCount))).toBe(badCount)
})

test('one bad event in a hundred makes no shift in a hundred thousand events', () => {
  expect(play(new Shift(3), 0.01, 100_000)).toBeLessThan(3)
})

test.each([
  [0.1, 5, 9],
  [0.3, 9, 20],
])('where a share of %f is usual it takes from %i to %i in a row', (share, least, most) => {
  const shift = new Shift(3)
  play(shift, share, 5000)
  for (let event = 0; event < 3; event += 1) shift.good()
  const count = badUntilSeen(shift)
  expect(count).toBeGreaterThanOrEqual(least)
  expect(count).toBeLessThanOrEqual(most)
})

test('events that are half bad are taken for a shift a few times, and then no more', () => {
  const shift = new Shift(3)
  const prng = new Prng(3)
  expect(play(shift, 0.5, 1000, prng)).toBeGreaterThan(0)
  expect(play(shift, 0.5, 10_000, prng)).toBeLessThan(5)
})

test('good events take a shift back, and a hundred of them restore what is usual', () => {
  const shift = new Shift(3)
  for (let event = 0; event < 3; event += 1) shift.bad()
  expect(shift.isSeen).toBe(true)
  shift.good()
  expect(shift.isSeen).toBe(false)
  for (let event = 0; event < 300; event += 1) shift.good()
  expect(badUntilSeen(shift)).toBe(3)
})

test('during a trial the next bad event is a shift, unless good ones come first', () => {
  const shift = new Shift(3)
  shift.onTrial()
  expect(badUntilSeen(shift)).toBe(1)
  shift.reset()
  shift.onTrial()
  for (let event = 0; event < 10; event += 1) shift.good()
  expect(badUntilSeen(shift)).toBeGreaterThan(1)
})
