import { correlationIdBytes } from './correlation-id.ts'

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
 *
 * Its eight rounds are written out: as a loop they cost twice as much.
 */
export function hashId(ids: Uint8Array, offset: number, keyLow: number, keyHigh: number): number {
  const [w0, w1] = [readWord(ids, offset), readWord(ids, offset + 4)]
  const [w2, w3] = [readWord(ids, offset + 8), readWord(ids, offset + 12)]
  return halfSipHash(w0, w1, w2, w3, keyLow, keyHigh)
}

/**
 * A round for each word and for the length, and three to finish. A word goes into v3 before its round and into v0 after it. The last
 * turn of v2 in a round is done by the round after it.
 */
function halfSipHash(w0: number, w1: number, w2: number, w3: number, k0: number, k1: number): number {
  let v1 = k1
  let v3 = 0x74656462 ^ k1 ^ w0
  let v0 = (k0 + v1) | 0
  let v2 = ((0x6c796765 ^ k0) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0 ^ w1
  v0 = ((v0 ^ w0) + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0 ^ w2
  v0 = ((v0 ^ w1) + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0 ^ w3
  v0 = ((v0 ^ w2) + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0 ^ lengthWord
  v0 = ((v0 ^ w3) + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0
  v0 = ((v0 ^ lengthWord) + v1) | 0
  v2 = ((turn(v2, 16) ^ 0xff) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0
  v0 = (v0 + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  v1 = turn(v1, 13) ^ v2
  v3 = turn(v3, 7) ^ v0
  v0 = (v0 + v1) | 0
  v2 = (turn(v2, 16) + v3) | 0
  v1 = turn(v1, 5) ^ v0
  v3 = turn(v3, 8) ^ v2
  v0 = (turn(v0, 16) + v3) | 0
  v2 = (v2 + v1) | 0
  return (turn(v1, 13) ^ v2 ^ turn(v3, 7) ^ v0) >>> 0
}

const lengthWord = correlationIdBytes << 24

function turn(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function readWord(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) |
    ((bytes[at + 1] ?? 0) << 8) |
    ((bytes[at + 2] ?? 0) << 16) |
    ((bytes[at + 3] ?? 0) << 24)
  )
}
