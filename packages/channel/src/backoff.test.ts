import { expect, test } from 'vitest'
import { backoffDelayMs } from './backoff.ts'

test('the ceiling doubles from its minimum to its maximum, and chance picks below it', () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 1000].map(attempt => backoffDelayMs(attempt, 20, 500, 0.999999))
  expect(ceilings).toEqual([19, 39, 79, 159, 319, 499, 499])
  expect(backoffDelayMs(5, 20, 500, 0)).toBe(0)
  expect(backoffDelayMs(5, 20, 500, 0.5)).toBe(250)
})
