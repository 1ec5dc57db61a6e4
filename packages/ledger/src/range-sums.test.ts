import { Prng } from '@rinha/base'
import { amountCentsMax } from '@rinha/payment'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafEntryCount } from './limits.ts'
import { RangeSums } from './range-sums.ts'

type Settlement = readonly [timeMs: number, amountCents: number]

function naive(settlements: readonly Settlement[], fromMs: number | null, toMs: number | null) {
  const inside = settlements.filter(
    ([timeMs]) => (fromMs === null || timeMs >= fromMs) && (toMs === null || timeMs <= toMs),
  )
  return { count: inside.length, amountCents: inside.reduce((sum, [, cents]) => sum + cents, 0) }
}

/** Orders in which settlements may come; each is a time for the n-th of `count`. */
const orders: Record<string, (index: number, count: number, prng: Prng) => number> = {
  ascending: index => index,
  descending: (index, count) => count - index,
  'all at one time': () => 500,
  'nearly ascending': (index, _, prng) => index - prng.integer(0, 40),
  random: (_, count, prng) => prng.integer(0, count),
  'few different times': (_, __, prng) => prng.integer(0, 5) * 100,
}

test.each(Object.keys(orders))('windows are right when times come %s, across many leaves', order => {
  const prng = new Prng(3)
  const count = 12 * leafEntryCount + 5
  const sums = new RangeSums()
  const settlements: Settlement[] = []
  for (let index = 0; index < count; index += 1) {
    const timeMs = orders[order]?.(index, count, prng) ?? 0
    const amountCents = prng.integer(1, amountCentsMax)
    sums.insert(timeMs, amountCents)
    settlements.push([timeMs, amountCents])
  }
  sums.checkInvariants()
  expect(sums.total(null, null)).toEqual(naive(settlements, null, null))
  for (let draw = 0; draw < 60; draw += 1) {
    // An exclusive bound would show at ends that are times of settlements.
    const fromMs = prng.chance(0.1) ? null : (settlements[prng.integer(0, count - 1)]?.[0] ?? 0)
    const toMs = prng.chance(0.1) ? null : fromMs === null ? 500 : fromMs + prng.integer(-5, 2000)
    expect(sums.total(fromMs, toMs)).toEqual(naive(settlements, fromMs, toMs))
  }
})

test('windows are right after any inserts', () => {
  const settlement = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 99 }))
  const end = fc.option(fc.integer({ min: -55, max: 55 }))
  fc.assert(
    fc.property(fc.array(settlement, { maxLength: 200 }), end, end, (settlements, fromMs, toMs) => {
      const sums = new RangeSums()
      for (const [timeMs, amountCents] of settlements) sums.insert(timeMs, amountCents)
      expect(sums.total(fromMs, toMs)).toEqual(naive(settlements, fromMs, toMs))
      expect(sums.count).toBe(settlements.length)
    }),
  )
})

test('the sums of an empty store, and of a window whose ends are swapped, are 0', () => {
  const sums = new RangeSums()
  expect(sums.total(null, null)).toEqual({ count: 0, amountCents: 0 })
  expect(sums.total(1, 2)).toEqual({ count: 0, amountCents: 0 })
  sums.insert(5, 100)
  expect(sums.total(9, 1)).toEqual({ count: 0, amountCents: 0 })
  sums.clear()
  expect(sums.total(null, null)).toEqual({ count: 0, amountCents: 0 })
  sums.insert(6, 1)
  expect(sums.total(6, 6)).toEqual({ count: 1, amountCents: 1 })
  sums.checkInvariants()
})

test.each([
  ['ascending', 0.99],
  ['nearly ascending', 0.85],
  ['random', 0.5],
])('leaves stay full when times come %s', (order, filledMin) => {
  const prng = new Prng(5)
  const sums = new RangeSums()
  const count = 200 * leafEntryCount
  for (let index = 0; index < count; index += 1) sums.insert(orders[order]?.(index, count, prng) ?? 0, 1)
  expect(count / (sums.leafCount * leafEntryCount)).toBeGreaterThan(filledMin)
})

test('a fraction of a millisecond is a programmer error', () => {
  const sums = new RangeSums()
  expect(() => sums.insert(1.5, 100)).toThrow('whole')
  expect(() => sums.total(0.5, null)).toThrow('whole')
})
