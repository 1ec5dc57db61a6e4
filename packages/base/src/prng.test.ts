import { expect, test } from 'vitest'
import { Prng } from './prng.ts'

test('the same seed gives the same numbers and another seed gives others', () => {
  const draw = (seed: number) => {
    const prng = new Prng(seed)
    return Array.from({ length: 8 }, () => prng.uint32())
  }
  expect(draw(7)).toEqual(draw(7))
  expect(draw(7)).not.toEqual(draw(8))
  expect(draw(2 ** 40)).not.toEqual(draw(0))
})

test('integers cover their range, both ends included, about evenly', () => {
  const prng = new Prng(1)
  const counts = new Map<number, number>()
  for (let draw = 0; draw < 6000; draw += 1) {
    const value = prng.integer(-1, 4)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3, 4])
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('chance is never true at 0 and always true at 1', () => {
  const prng = new Prng(3)
  for (let draw = 0; draw < 100; draw += 1) {
    expect(prng.chance(0)).toBe(false)
    expect(prng.chance(1)).toBe(true)
  }
})
