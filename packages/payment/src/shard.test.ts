import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { parseCorrelationId } from './correlation-id.ts'
import { shardCountMax, shardOf } from './shard.ts'

const idOf = (uuid: string) => parseCorrelationId(uuid) ?? new Uint8Array()

// Journals in the field are divided like this. Who has to change a number here has broken them.
test.each([
  ['00000000-0000-0000-0000-000000000000', 1, 0, 3, 11, 59],
  ['00000000-0000-0000-0000-000000000001', 1, 1, 1, 5, 21],
  ['4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3', 0, 0, 2, 2, 34],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff', 0, 0, 2, 6, 6],
  ['0190163d-8694-739b-aea5-966c26f8ad91', 0, 0, 0, 8, 24],
])('%s has its shard of 2, 3, 4, 16 and 64 for ever', (uuid, ...shards) => {
  expect([2, 3, 4, 16, shardCountMax].map(count => shardOf(idOf(uuid), count))).toEqual(shards)
  expect(shardOf(idOf(uuid), 1)).toBe(0)
})

test('an id inside a record has the same shard', () => {
  const id = idOf('4a7901b8-7d26-4d9d-aa19-4dc1c7cf60b3')
  const records = new Uint8Array(48)
  records.set(id, 24)
  expect(shardOf(records, 64, 24)).toBe(34)
})

const random = new Prng(1)
const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
const digits = (count: number) => Array.from({ length: count }, () => hex(random.integer(0, 15), 1)).join('')

test.each([
  ['of random digits', () => `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`],
  ['that differ in their last digits', (index: number) => `4a7901b8-7d26-4d9d-aa19-4dc1${hex(index, 8)}`],
  ['that differ in their first digits', (index: number) => `${hex(index, 8)}-7d26-4d9d-aa19-4dc1c7cf60b3`],
  [
    'of version 7, twenty in a millisecond',
    (index: number) => `0190163d-${hex(Math.floor(index / 20), 4)}-7${digits(3)}-8${digits(3)}-${digits(12)}`,
  ],
])('ids %s are spread evenly', (_, uuidOf) => {
  for (const shardCount of [2, 3, 4, 7, 64]) {
    const expected = 500
    const counts = new Array<number>(shardCount).fill(0)
    for (let index = 0; index < expected * shardCount; index += 1) {
      const shard = shardOf(idOf(uuidOf(index)), shardCount)
      counts[shard] = (counts[shard] ?? 0) + 1
    }
    // Five standard deviations of what chance would give.
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected))
  }
})
