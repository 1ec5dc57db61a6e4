import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile } from './percentile.ts'

test.each([
  [[], 0.99, 0],
  [[7], 0.99, 7],
  [[1, 2], 0.5, 1.5],
  [[1, 2, 3, 4], 0.99, 3.97],
  [[0, 10, 20, 30, 40], 0.9, 36],
  [[1, 2, 3], 0, 1],
  [[1, 2, 3], 1, 3],
])('of %j at %s is %s', (values, part, expected) => {
  expect(percentile(values, part)).toBeCloseTo(expected, 12)
})

test('a percentile lies between two neighbours by rank, never outside the values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5000), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, part) => {
        const sorted = Float64Array.from(values).sort()
        const found = percentile(values, part)
        const rank = part * (sorted.length - 1)
        expect(found).toBeGreaterThanOrEqual(sorted[Math.floor(rank)] ?? Number.NaN)
        expect(found).toBeLessThanOrEqual(sorted[Math.ceil(rank)] ?? Number.NaN)
      },
    ),
  )
})
