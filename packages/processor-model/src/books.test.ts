import { Prng } from '@rinha/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Books } from './books.ts'

function id(number: number): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(number % 2 === 0 ? 12 : 0, number)
  return bytes
}

test('B1: an id is recorded once, and what was recorded first stays', () => {
  const books = new Books()
  expect(books.record(id(1), 1990, 5000)).toBe('recorded')
  expect(books.record(id(1), 2005, 6000)).toBe('duplicate')
  const row = books.find(id(1))
  expect([books.rowAmountCents(row), books.requestedAtMs(row), books.correlationId(row)]).toEqual([
    1990,
    5000,
    id(1),
  ])
  expect(books.find(id(2))).toBe(-1)
  expect(books.total).toEqual({ count: 1, amountCents: 1990 })
  books.clear()
  expect([books.find(id(1)), books.count, books.sum(0, 9000).count]).toEqual([-1, 0, 0])
  expect(() => books.requestedAtMs(0)).toThrow('the row exists')
})

test('B2: the sum of any window is that of a plain filter, both ends included', () => {
  const times = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 1500 })
  fc.assert(
    fc.property(
      times,
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 50 }),
      (all, fromMs, toMs) => {
        const books = new Books()
        // Sorted for the first half, so that whole zones lie inside a window, and not for the second.
        const half = all.length >> 1
        const rows = [...all.slice(0, half).sort((one, other) => one - other), ...all.slice(half)]
        for (const [index, atMs] of rows.entries()) books.record(id(index), index + 1, atMs)
        const inside = [...rows.entries()].filter(([, atMs]) => atMs >= fromMs && atMs <= toMs)
        const amountCents = inside.reduce((sum, [index]) => sum + index + 1, 0)
        expect(books.sum(fromMs, toMs)).toEqual({ count: inside.length, amountCents })
      },
    ),
    { seed: 4, numRuns: 60 },
  )
})

test('full books take no more, a duplicate stays a duplicate, and clearing makes room', () => {
  const books = new Books(2)
  for (const number of [1, 2]) books.record(id(number), 1, 0)
  expect([books.record(id(3), 1, 0), books.record(id(1), 1, 0)]).toEqual(['full', 'duplicate'])
  books.clear()
  expect(books.record(id(3), 1, 0)).toBe('recorded')
})

test('B3: a sum that would not be exact is refused, negative amounts included', () => {
  const books = new Books()
  expect(books.record(id(1), -Number.MAX_SAFE_INTEGER, 0)).toBe('recorded')
  expect([books.record(id(2), 1, 0), new Books().record(id(1), 1e300, 0)]).toEqual(['full', 'full'])
})

test('ten thousand ids are found again after the table has grown', () => {
  const books = new Books()
  const prng = new Prng(1)
  for (let number = 0; number < 10_000; number += 1) books.record(id(number), 1 + prng.integer(0, 9), number)
  for (let number = 0; number < 10_000; number += 1) expect(books.find(id(number))).toBe(number)
  expect(books.find(id(10_000))).toBe(-1)
})

test('B2: a zone that only touches an end of the window counts there', () => {
  const books = new Books()
  // Zones are 256 rows: each has one requestedAt of its own here.
  for (let number = 0; number < 768; number += 1) books.record(id(number), 1, Math.floor(number / 256))
  expect([0, 1, 2].map(atMs => books.sum(atMs, atMs).count)).toEqual([256, 256, 256])
  expect([books.sum(0, 1).count, books.sum(1, 2).count, books.sum(3, 9).count]).toEqual([512, 512, 0])
})

test('B1: a removed record is gone, and every other one stays where it was', () => {
  const books = new Books()
  for (let number = 0; number < 600; number += 1) books.record(id(number), number + 1, number)
  expect([books.remove(id(300)), books.remove(id(300))]).toEqual([true, false])
  expect([books.find(id(300)), books.find(id(299)), books.find(id(301))]).toEqual([-1, 299, 300])
  expect(books.sum(299, 301)).toEqual({ count: 2, amountCents: 300 + 302 })
  expect(books.total).toEqual({ count: 599, amountCents: (600 * 601) / 2 - 301 })
  expect(books.record(id(300), 7, 300)).toBe('recorded')
})
