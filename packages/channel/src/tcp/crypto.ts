import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { HandshakeCrypto } from '../handshake.ts'
import { nonceBytes } from '../limits.ts'

/** The handshake's three functions over one shared secret. The secret stays in here. */
export function handshakeCrypto(secret: string): HandshakeCrypto {
  return {
    nonce: () => new Uint8Array(randomBytes(nonceBytes)),
    hmac: transcript => new Uint8Array(createHmac('sha256', secret).update(transcript).digest()),
    // Lengths are no secret, and the platform's comparison insists on equal ones.
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  }
}
