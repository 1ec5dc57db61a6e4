import { Prng } from '@rinha/base'
import { amountCentsMax } from '@rinha/payment'
import { expect, test } from 'vitest'
import { ArchivedSums } from './archived-sums.ts'
import { chunkSecondCount } from './limits.ts'

type Settlement = readonly [timeMs: number, amountCents: number]

function naive(settlements: readonly Settlement[], fromMs: number | null, toMs: number | null) {
  const inside = settlements.filter(
    ([timeMs]) => (fromMs === null || timeMs >= fromMs) && (toMs === null || timeMs <= toMs),
  )
  return { count: inside.length, amountCents: inside.reduce((sum, [, cents]) => sum + cents, 0) }
}

/** Seconds in which settlements may come; each is one for the n-th. */
const orders: Record<string, (index: number, prng: Prng) => number> = {
  'one after the other': index => index,
  'mostly late': (_, prng) => prng.integer(0, 5000),
  backwards: index => 9000 - index,
  'hours apart': index => index * 10_000,
  'hours apart, at random': (_, prng) => prng.integer(0, 3000) * 10_000,
  'few different ones': (_, prng) => prng.integer(0, 5),
}

test.each(Object.keys(orders))('windows with ends at whole seconds are exact: seconds %s', order => {
  const prng = new Prng(3)
  const count = 4 * chunkSecondCount + 5
  const sums = new ArchivedSums()
  const settlements: Settlement[] = []
  for (let index = 0; index < count; index += 1) {
    const timeMs = (orders[order]?.(index, prng) ?? 0) * 1000 + prng.pick([0, 0, 1, 500, 999])
    const amountCents = prng.integer(1, amountCentsMax)
    sums.add(timeMs, amountCents)
    settlements.push([timeMs, amountCents])
  }
  const copy = new ArchivedSums()
  for (const piece of sums.image(0)) copy.restore(piece)
  const whole = (ms: number, ends: readonly number[]) => Math.floor(ms / 1000) * 1000 + prng.pick(ends)
  for (const each of [sums, copy]) {
    each.checkInvariants()
    expect(each.total(null, null)).toEqual(naive(settlements, null, null))
    for (let draw = 0; draw < 100; draw += 1) {
      const from = prng.pick(settlements)[0]
      const fromMs = prng.chance(0.1) ? null : whole(from, [0, 1])
      const toMs = prng.chance(0.1) ? null : Math.max(from, whole(prng.pick(settlements)[0], [0, 999]))
      const ends = [fromMs, toMs === null || toMs % 1000 === 0 ? toMs : whole(toMs, [999])] as const
      expect(each.total(...ends)).toEqual(naive(settlements, ...ends))
    }
  }
})

test('two windows that meet within a second count each settlement once', () => {
  const sums = new ArchivedSums()
  for (const timeMs of [5000, 5001, 5400, 5999, 6000]) sums.add(timeMs, 1)
  const counts = [5400, 5401, 5001].map(atMs => [
    sums.total(null, atMs - 1).count,
    sums.total(atMs, null).count,
  ])
  expect(counts.map(([before = 0, after = 0]) => before + after)).toEqual([5, 5, 5])
})

test('an image does not change when a settlement comes later', () => {
  const sums = new ArchivedSums()
  sums.add(5000, 10)
  sums.add(7000, 20)
  const [image] = sums.image(1)
  const copy = structuredClone(image)
  for (const timeMs of [5000, 6000, 9000]) sums.add(timeMs, 1)
  expect(image).toEqual(copy)
  expect(sums.total(null, null)).toEqual({ count: 5, amountCents: 33 })
})
