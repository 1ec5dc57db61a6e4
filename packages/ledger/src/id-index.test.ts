import { Prng } from '@rinha/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Columns } from './columns.ts'
import { hashId } from './id-hash.ts'
import { IdIndex } from './id-index.ts'

function makeIndex(seed = 1): { index: IdIndex; columns: Columns; add: (id: Uint8Array) => number } {
  const columns = new Columns()
  const index = new IdIndex(columns, seed)
  const add = (id: Uint8Array) => {
    const row = columns.append(id, 0)
    index.insert(row)
    return row
  }
  return { index, columns, add }
}

test('every id is found at its row and no other id is found', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.uint8Array({ minLength: 16, maxLength: 16 }), { selector: String, maxLength: 100 }),
      fc.maxSafeInteger(),
      (ids, seed) => {
        const { index, add } = makeIndex(seed)
        const kept = ids.filter((_, at) => at % 2 === 0)
        for (const id of kept) add(id)
        for (const [row, id] of kept.entries()) expect(index.find(id, 0)).toBe(row)
        for (const id of ids.filter((_, at) => at % 2 === 1)) expect(index.find(id, 0)).toBe(-1)
        index.checkInvariants()
      },
    ),
  )
})

test('it grows through many doublings and forgets all on clear', () => {
  const { index, columns, add } = makeIndex()
  const id = new Uint8Array(16)
  const view = new DataView(id.buffer)
  for (let number = 0; number < 100_000; number += 1) {
    view.setUint32(0, number)
    expect(index.find(id, 0)).toBe(-1)
    add(id)
  }
  index.checkInvariants()
  columns.clear()
  index.clear()
  expect(index.find(id, 0)).toBe(-1)
  index.checkInvariants()
})

/** Ids that differ in few bits, as a client that counts or copies would send. */
const families: Record<string, (number: number) => Uint8Array> = {
  'counting in the first bytes': number => idWith(0, number),
  'counting in the last bytes': number => idWith(12, number),
  'the same in every word': number => {
    const id = new Uint8Array(16)
    const view = new DataView(id.buffer)
    for (const at of [0, 4, 8, 12]) view.setUint32(at, number)
    return id
  },
  'multiples of a power of two': number => idWith(4, number * 65_536),
}

function idWith(at: number, number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(at, number)
  return id
}

test.each(Object.keys(families))('hashes of ids %s spread as chance would', family => {
  const bucketCount = 256
  const perBucket = 64
  for (const shift of [0, 8, 16, 24]) {
    const counts = new Uint32Array(bucketCount)
    for (let number = 0; number < bucketCount * perBucket; number += 1) {
      const hash = hashId(families[family]?.(number) ?? new Uint8Array(16), 0, 123, 456)
      const bucket = (hash >>> shift) & 0xff
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
    // χ² with 255 degrees of freedom: mean 255, standard deviation 22.6. Five deviations, either way.
    const chi = counts.reduce((sum, count) => sum + (count - perBucket) ** 2 / perBucket, 0)
    expect(chi).toBeGreaterThan(255 - 5 * 22.6)
    expect(chi).toBeLessThan(255 + 5 * 22.6)
  }
})

test('ids that collide under one key do not under another', () => {
  const prng = new Prng(9)
  const colliding: Uint8Array[] = []
  while (colliding.length < 40) {
    const id = new Uint8Array(16)
    const view = new DataView(id.buffer)
    for (const at of [0, 4, 8, 12]) view.setUint32(at, prng.uint32())
    if (hashId(id, 0, 1, 2) % 1024 === 0) colliding.push(id)
  }
  const slots = new Set(colliding.map(id => hashId(id, 0, 1, 3) % 1024))
  expect(slots.size).toBeGreaterThan(30)
})
