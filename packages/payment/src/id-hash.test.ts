import { Prng } from '@rinha/base'
import { expect, test } from 'vitest'
import { hashId } from './id-hash.ts'

/** HalfSipHash-c-d word for word as its authors describe it, slow and for any number of rounds. */
function reference(compressRounds: number, finishRounds: number, bytes: Uint8Array, key: Uint8Array): number {
  const word = (from: Uint8Array, at: number) => new DataView(from.buffer).getUint32(at, true)
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by))
  let v: [number, number, number, number] = [
    word(key, 0),
    word(key, 4),
    0x6c796765 ^ word(key, 0),
    0x74656462 ^ word(key, 4),
  ]
  const sipRounds = (count: number) => {
    for (let round = 0; round < count; round += 1) {
      let [v0, v1, v2, v3] = v
      v0 = (v0 + v1) | 0
      v2 = (v2 + v3) | 0
      v1 = rotate(v1, 5) ^ v0
      v3 = rotate(v3, 8) ^ v2
      v0 = (rotate(v0, 16) + v3) | 0
      v2 = (v2 + v1) | 0
      v3 = rotate(v3, 7) ^ v0
      v1 = rotate(v1, 13) ^ v2
      v = [v0, v1, rotate(v2, 16), v3]
    }
  }
  for (let at = 0; at <= bytes.length; at += 4) {
    const message = at < bytes.length ? word(bytes, at) : bytes.length << 24
    v[3] ^= message
    sipRounds(compressRounds)
    v[0] ^= message
  }
  v[2] ^= 0xff
  sipRounds(finishRounds)
  return (v[1] ^ v[3]) >>> 0
}

const upTo = (count: number) => Uint8Array.from({ length: count }, (_, index) => index)

test('the reference in this file gives the published vector of HalfSipHash-2-4', () => {
  // The entry for 16 bytes among the authors' vectors_hsip32.
  expect(reference(2, 4, upTo(16), upTo(8))).toBe(0x84acb5d9)
})

test('the hash is HalfSipHash-1-3', () => {
  const prng = new Prng(2)
  for (let draw = 0; draw < 200; draw += 1) {
    const bytes = Uint8Array.from({ length: 20 }, () => prng.integer(0, 255))
    const key = Uint8Array.from({ length: 8 }, () => prng.integer(0, 255))
    const view = new DataView(key.buffer)
    const hash = hashId(bytes, 4, view.getInt32(0, true), view.getInt32(4, true))
    expect(hash).toBe(reference(1, 3, bytes.slice(4), key))
  }
})

/** Ids that differ in few bits, as a client that counts or copies would send. */
const families: Record<string, (number: number) => Uint8Array> = {
  'that count in the first bytes': number => idWith([0], number),
  'that count in the last bytes': number => idWith([12], number),
  'with the same words': number => idWith([0, 4, 8, 12], number),
  'that are multiples of a power of two': number => idWith([4], number * 65_536),
}

function idWith(offsets: readonly number[], number: number): Uint8Array {
  const id = new Uint8Array(16)
  for (const at of offsets) new DataView(id.buffer).setUint32(at, number)
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
