import { correlationIdBytes } from '@rinha/payment'

/**
 * HalfSipHash-1-3 (Aumasson and Bernstein, 2012; the variant Linux uses for its hash tables) of the 16 bytes of an id,
 * as an unsigned 32-bit number.
 *
 * Ids are chosen by clients. With a hash that anyone can compute, a client picks a hundred thousand ids that all fall
 * into one slot, and every look-up walks them: one sender stops the whole cluster. (Multiplying and xoring with a seed is
 * not enough: for such mixers sets of ids are known that collide under every seed.) SipHash is made for exactly this:
 * without the key, collisions cannot be found quicker than by chance. The key is drawn by the shell at start.
 *
 * Alternatives: full SipHash needs 64-bit arithmetic, which JavaScript only has as BigInt, a hundred times slower; a
 * balanced tree needs no hash, but costs four times the memory accesses for each of a million look-ups.
 */
export function hashId(ids: Uint8Array, offset: number, keyLow: number, keyHigh: number): number {
  let v0 = keyLow
  let v1 = keyHigh
  let v2 = 0x6c796765 ^ keyLow
  let v3 = 0x74656462 ^ keyHigh
  for (let round = 0; round < roundCount; round += 1) {
    const word = round < wordCount ? readWord(ids, offset + round * 4) : round === wordCount ? lengthWord : 0
    v3 ^= word
    if (round === wordCount + 1) v2 ^= 0xff
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return (v1 ^ v3) >>> 0
}

const wordCount = correlationIdBytes / 4
/** One round for each word and for the length, three to finish. */
const roundCount = wordCount + 1 + 3
const lengthWord = correlationIdBytes << 24

function readWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}
