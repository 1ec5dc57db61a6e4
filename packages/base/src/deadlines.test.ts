import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deadlines } from './deadlines.ts'

test('no value comes out before it is due', () => {
  const deadlines = new Deadlines<string>()
  expect(deadlines.nextMs).toBe(Number.POSITIVE_INFINITY)
  deadlines.push(100, 'later')
  deadlines.push(50, 'sooner')
  expect(deadlines.nextMs).toBe(50)
  expect(deadlines.popDue(49)).toBeUndefined()
  expect(deadlines.popDue(50)).toBe('sooner')
  expect(deadlines.popDue(99)).toBeUndefined()
  expect(deadlines.popDue(1000)).toBe('later')
  expect(deadlines.count).toBe(0)
})

test('values come out by time, and in the order they were pushed where times are equal', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 100, size: 'max' }), times => {
      const deadlines = new Deadlines<number>()
      times.forEach((dueMs, index) => {
        deadlines.push(dueMs, index)
      })
      const expected = times
        .map((dueMs, index) => ({ dueMs, index }))
        .sort((a, b) => a.dueMs - b.dueMs || a.index - b.index)
        .map(({ index }) => index)
      const popped: number[] = []
      for (let value = deadlines.popDue(20); value !== undefined; value = deadlines.popDue(20))
        popped.push(value)
      expect(popped).toEqual(expected)
    }),
  )
})
