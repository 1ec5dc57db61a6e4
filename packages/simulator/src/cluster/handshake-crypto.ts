import type { Prng } from '@rinha/base'
import { type HandshakeCrypto, nonceBytes, proofBytes } from '@rinha/channel'

/**
 * The handshake's three functions without a platform: nonces from the seed, and in place of HMAC-SHA256 a mixing of
 * secret and transcript that is a function of every byte, as the state machines need it. It has no security.
 */
export function simulatedCrypto(secret: number, prng: Prng): HandshakeCrypto {
  return {
    nonce: () => randomBytes(prng, nonceBytes),
    hmac: transcript => {
      const proof = new Uint8Array(proofBytes)
      for (let block = 0; block < proofBytes; block += 4) {
        let hash = (secret ^ Math.imul(block + 1, 0x9e3779b1)) | 0
        for (const byte of transcript) hash = Math.imul(hash ^ byte, 0x01000193) ^ (hash >>> 15)
        for (let byte = 0; byte < 4; byte += 1) proof[block + byte] = hash >>> (byte * 8)
      }
      return proof
    },
    equal: (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]),
  }
}

export function randomBytes(prng: Prng, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  for (let index = 0; index < count; index += 1) bytes[index] = prng.uint32()
  return bytes
}
