import { expect, test } from 'vitest'
import { Ages } from './ages.ts'

test('percentiles are of all accepted payments, and what has not settled is as old as it is', () => {
  const ages = new Ages(100)
  // The first ten never settle, and are the oldest.
  for (let row = 0; row < 100; row += 1) ages.accepted(row < 10 ? 1000 : 19_000)
  for (let row = 10; row < 100; row += 1) ages.settled(row, 19_000 + 100)
  expect(ages.percentileMs(0.9, 21_000)).toBe(100)
  expect(ages.percentileMs(0.91, 21_000)).toBe(20_000)
  expect(() => ages.settled(10, 22_000)).toThrow('settles once')
  expect(() => ages.accepted(22_000)).toThrow('no more payments')
})

test('the percentile without ages is 0', () => {
  expect(new Ages(1).percentileMs(0.95, 1000)).toBe(0)
})
