import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RingQueue } from './ring-queue.ts'

test('values leave in the order they came, across growth and wrap-around', () => {
  const queue = new RingQueue(1000, 4)
  for (let value = 0; value < 3; value += 1) queue.push(value)
  expect([queue.shift(), queue.shift()]).toEqual([0, 1])
  for (let value = 3; value < 20; value += 1) queue.push(value)
  const drained: number[] = []
  for (let value = queue.shift(); value !== undefined; value = queue.shift()) drained.push(value)
  expect(drained).toEqual(Array.from({ length: 18 }, (_, index) => index + 2))
})

test('the queue behaves like an array under any mix of push, unshift, shift, peek and clear', () => {
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('push'), value: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('unshift'), value: fc.nat() }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('shift'), value: fc.constant(0) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear'), value: fc.constant(0) }) },
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200, size: 'max' }), operations => {
      const queue = new RingQueue(50, 2)
      const model: number[] = []
      for (const { kind, value } of operations) {
        if (kind === 'push' && !queue.full) {
          queue.push(value)
          model.push(value)
        } else if (kind === 'unshift' && !queue.full) {
          queue.unshift(value)
          model.unshift(value)
        } else if (kind === 'shift') expect(queue.shift()).toBe(model.shift())
        else if (kind === 'clear') {
          queue.clear()
          model.length = 0
        }
        expect(queue.count).toBe(model.length)
        expect(queue.peek()).toBe(model[0])
        expect(queue.full).toBe(model.length >= 50)
      }
    }),
  )
})

test('a push past countMax is a programmer error, not a silent drop', () => {
  const queue = new RingQueue(2)
  queue.push(1)
  queue.push(2)
  expect(queue.full).toBe(true)
  expect(() => queue.push(3)).toThrow('full queue')
  expect(() => queue.unshift(3)).toThrow('full queue')
})

test('a value is read by its distance from the head, across growth and wrap-around', () => {
  const queue = new RingQueue(100, 4)
  for (let value = 0; value < 3; value += 1) queue.push(value)
  queue.shift()
  queue.shift()
  for (let value = 3; value < 12; value += 1) queue.push(value)
  queue.unshift(1)
  expect(Array.from({ length: queue.count }, (_, index) => queue.at(index))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
  ])
  expect(() => queue.at(-1)).toThrow('the place is in the queue')
  expect(() => queue.at(queue.count)).toThrow('the place is in the queue')
})

test('a queue holds rows past 32 bits, and fractions of milliseconds', () => {
  const queue = new RingQueue(4)
  queue.push(2 ** 48)
  queue.push(1_754_774_396_123.5)
  expect([queue.shift(), queue.shift()]).toEqual([2 ** 48, 1_754_774_396_123.5])
})

test.each([0, -1, 1.5, Number.POSITIVE_INFINITY])('a countMax of %s is a programmer error', countMax => {
  expect(() => new RingQueue(countMax)).toThrow('countMax is a positive integer')
})
