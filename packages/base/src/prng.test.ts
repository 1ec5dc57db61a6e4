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

test('a stored seed gives in every later version what it gives now: a failing run can be played again', () => {
  const prng = new Prng(20_251_125)
  expect([prng.uint32(), prng.uint32(), prng.uint32()]).toEqual([137394639, 3636038047, 4142843509])
})

test('a unit is in [0, 1), and its tenths are about equally full', () => {
  const prng = new Prng(5)
  const counts = new Array<number>(10).fill(0)
  for (let draw = 0; draw < 10_000; draw += 1) {
    const unit = prng.unit()
    expect(unit >= 0 && unit < 1).toBe(true)
    const tenth = Math.floor(unit * 10)
    counts[tenth] = (counts[tenth] ?? 0) + 1
  }
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('a chance comes true about as often as it says', () => {
  const prng = new Prng(9)
  let trueCount = 0
  for (let draw = 0; draw < 10_000; draw += 1) if (prng.chance(0.3)) trueCount += 1
  expect(Math.abs(trueCount - 3000)).toBeLessThan(200)
})

test('a wrong seed and a wrong range are programmer errors', () => {
  expect(() => new Prng(0.5)).toThrow('a seed is a safe integer')
  expect(() => new Prng(2 ** 53)).toThrow('a seed is a safe integer')
  const prng = new Prng(1)
  expect(() => prng.integer(2, 1)).toThrow('ordered integers')
  expect(() => prng.integer(0, 1.5)).toThrow('ordered integers')
  expect(prng.integer(7, 7)).toBe(7)
})
