import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LatencyColumn, percentile } from './percentile.ts'

test.each([
  [[], 0.99, 0],
  [[7], 0.99, 7],
  [[1, 2], 0.5, 1.5],
  [[1, 2, 3, 4], 0.99, 3.97],
  [[0, 10, 20, 30, 40], 0.9, 36],
  [[1, 2, 3], 0, 1],
  [[1, 2, 3], 1, 3],
])('of %j at %s is %s', (values, part, expected) => {
  expect(percentile(Float64Array.from(values), part)).toBeCloseTo(expected, 12)
})

test('it lies between two neighbours by rank, never outside the values', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(5000), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, part) => {
        const sorted = Float64Array.from(values).sort()
        const found = percentile(sorted, part)
        const rank = part * (sorted.length - 1)
        expect(found).toBeGreaterThanOrEqual(sorted[Math.floor(rank)] ?? Number.NaN)
        expect(found).toBeLessThanOrEqual(sorted[Math.ceil(rank)] ?? Number.NaN)
      },
    ),
  )
})

test('a column keeps every latency as it grows, and hands them out once', () => {
  const column = new LatencyColumn(2)
  for (let value = 99; value >= 0; value -= 1) column.push(value)
  column.pushAll(Float64Array.from([100]))
  expect(column.count).toBe(101)
  expect(column.percentile(0.99)).toBe(99)
  expect(column.percentile(0.5)).toBe(50)
  expect(column.take()).toHaveLength(101)
  expect(column.count).toBe(0)
  column.push(5)
  expect([...column.take()]).toEqual([5])
})
