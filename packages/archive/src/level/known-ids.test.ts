import { Prng } from '@rinha/base'
import { temporaryDirectory } from '@rinha/testing'
import { expect, test } from 'vitest'
import { KnownIds } from './known-ids.ts'

const idsOf = (seed: number, count: number) => {
  const prng = new Prng(seed)
  return Array.from({ length: count }, () => Uint8Array.from({ length: 16 }, () => prng.integer(0, 255)))
}

test('every id that was added is known, and of others less than one in a hundred', async () => {
  const path = temporaryDirectory()
  // Filters for 1024, 2048 and 4096 ids, all full.
  const ids = idsOf(1, 7168)
  const first = new KnownIds(path, 1024)
  expect(first.openExisting(0)).toBe(true)
  for (const [index, id] of ids.entries()) first.add(id, index)
  await first.sync()
  first.close()
  const known = new KnownIds(path, 1024)
  expect(known.openExisting(ids.length)).toBe(true)
  expect(ids.every(id => known.has(id, 0))).toBe(true)
  expect(idsOf(2, 10_000).filter(id => known.has(id, 0)).length).toBeLessThan(100)
  known.close()
})

test('an id is read from where it stands', () => {
  const known = new KnownIds(temporaryDirectory(), 32)
  const [id = new Uint8Array(16)] = idsOf(3, 1)
  const ids = new Uint8Array(40)
  ids.set(id, 9)
  known.add(id, 0)
  expect([known.has(ids, 9), known.has(ids, 0)]).toEqual([true, false])
  known.close()
})

test('a filter that lacks a file is not opened', () => {
  const path = temporaryDirectory()
  const known = new KnownIds(path, 32)
  known.add(new Uint8Array(16), 31)
  known.close()
  expect([new KnownIds(path, 32).openExisting(32), new KnownIds(path, 32).openExisting(33)]).toEqual([
    true,
    false,
  ])
})
